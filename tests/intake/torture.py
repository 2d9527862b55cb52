"""Somebody who writes to a source without end, and an account of every state that was whole.

Each state gives every fleet the same number, from 1 on, and has one fleet more or less than the one before:
so a mixture of two states shows as two numbers, or as a set of fleets that no state has.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

from controller.core.acceptance import Accepted, FreezeReason
from tests.intake.places import Repository, spec, swap, write

FLEETS = tuple(f"fleet{number:02}" for number in range(12))
FIRST_DATA = "    os: Linux\n    userData: {{file: boot/{name}.sh}}"


def fleets_of(number: int) -> tuple[str, ...]:
    """The fleets of a state: at least half of all."""
    return tuple(name for at, name in enumerate(FLEETS) if at < 6 or (number >> (at % 4)) & 1)


def fill(directory: Path, number: int, *, step: Callable[[], object] = lambda: None) -> None:
    """Write a state into a directory, file by file; ``step`` is called before each."""
    wanted = fleets_of(number)
    for path in directory.glob("*.yaml"):
        if path.stem not in wanted:
            step()
            path.unlink()
    for name in wanted:
        write(directory / "boot" / f"{name}.sh", f"echo {number}\n")
        step()
        text = spec(name, number).replace("    os: Linux", FIRST_DATA.format(name=name))
        write(directory / f"{name}.yaml", text)


def check_whole(accepted: Accepted) -> int | None:
    """The one number of all fleets that act; None if none does. Raises for any mixture.

    Fleets whose large removal waits for approval belong to the state too, though they do not act.
    """
    acting = [one for one in accepted.standings if one.freeze is None and one.fleet is not None]
    if not acting:
        return None
    numbers = {one.fleet.replicas for one in acting if one.fleet is not None}
    assert len(numbers) == 1, f"a mixture of states: {sorted(numbers)}"
    number = numbers.pop()
    held = {
        one.name
        for one in accepted.standings
        if one.freeze is not None and one.freeze.reason is FreezeReason.LARGE_REMOVAL
    }
    present = {one.name for one in acting} | held
    assert present == set(fleets_of(number)), f"state {number} with fleets {sorted(present)}"
    assert len({one.revision for one in acting}) == 1
    return number


def check_revisions(told: Iterable[Accepted]) -> int:
    """Each fleet that was ever accepted from a revision is the one of that state; returns how many there were.

    That holds for specs that stand frozen as well, and for first-boot data.
    """
    numbers: dict[str, int] = {}
    for one in (one for accepted in told for one in accepted.standings if one.fleet is not None):
        assert one.fleet is not None
        number = numbers.setdefault(one.revision, one.fleet.replicas)
        assert one.fleet.replicas == number, f"{one.revision} has had {number} and {one}"
        assert one.name in fleets_of(number)
        document = one.fleet.pools[0].template.document
        assert document["userData"] == _encoded(number), "first-boot data of another state"
    return len(numbers)


def _encoded(number: int) -> str:
    return base64.b64encode(f"echo {number}\n".encode()).decode()


class GitTorture:
    """Commits, resets, checkouts between branches and forced pushes, one after the other."""

    def __init__(self, path: Path, random: Random) -> None:
        self.specs = path / "work" / "specs"
        self._repository = Repository(path / "work")
        self._other = path / "other"
        self._random = random
        self._number = 0
        self._commit()
        self._repository.git("branch", "side")
        for _times in range(3):
            self._commit()
        self._repository.git("clone", "--quiet", ".", str(self._other))

    def turn(self) -> str:
        """Do one thing, and return what it was."""
        what = self._random.choice(("commit", "commit", "reset", "checkout", "push", "rebase"))
        {
            "commit": self._commit,
            "reset": self._reset,
            "checkout": self._checkout,
            "push": self._push,
            "rebase": self._amend,
        }[what]()
        return what

    def number(self) -> int:
        text = self._repository.git("show", f"HEAD:specs/{FLEETS[0]}.yaml")
        return int(text.partition("replicas: ")[2].split()[0])

    def _commit(self) -> None:
        self._number += 1
        fill(self.specs, self._number)
        self._repository.commit()

    def _reset(self) -> None:
        back = self._repository.git("rev-list", "--max-count=4", "HEAD").splitlines()[-1]
        self._repository.git("reset", "--quiet", "--hard", back)

    def _checkout(self) -> None:
        here = self._repository.git("rev-parse", "--abbrev-ref", "HEAD")
        self._repository.git("checkout", "--quiet", "side" if here == "main" else "main")

    def _push(self) -> None:
        """Somebody else rewrites the branch and pushes it by force into this repository."""
        here = self._repository.git("rev-parse", "--abbrev-ref", "HEAD")
        other = Repository(self._other)
        other.git("fetch", "--quiet", "origin")
        other.git("checkout", "--quiet", "--detach", f"origin/{here}")
        self._number += 1
        fill(self._other / "specs", self._number)
        other.git("add", "--all")
        other.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "rewritten")
        self._repository.git("config", "receive.denyCurrentBranch", "updateInstead")
        other.git("push", "--quiet", "--force", "origin", f"HEAD:{here}")

    def _amend(self) -> None:
        self._number += 1
        fill(self.specs, self._number)
        self._repository.git("add", "--all")
        self._repository.git("commit", "--quiet", "--amend", "--message", "amended")


class SwapTorture:
    """Trees that are written beside and swapped in by a link, the old ones removed at once or later."""

    def __init__(self, path: Path, random: Random, pause: Callable[[float], None]) -> None:
        self.specs = path / "current" / "specs"
        self._path = path
        self._pause = pause
        self._random = random
        self._number = 0
        self.turn()

    def turn(self) -> str:
        self._number += 1
        fill(self._path / ".worktrees" / f"{self._number}" / "specs", self._number)
        swap(self._path / "current", f".worktrees/{self._number}")
        for old in list((self._path / ".worktrees").iterdir()):
            if int(old.name) < self._number and self._random.random() < 0.7:
                shutil.rmtree(old)
        self._pause(self._random.choice((0.0, 0.0, 0.3)))
        return "swap"

    def number(self) -> int:
        return self._number


class PlainTorture:
    """Copies file by file, editors' ways to save, and a volume that is emptied, removed and mounted again."""

    def __init__(self, path: Path, random: Random, pause: Callable[[float], None]) -> None:
        self.specs = path / "specs"
        self._random = random
        self._pause = pause
        self._number = 1
        fill(self.specs, 1)

    def turn(self) -> str:
        what = self._random.choice(("copy", "copy", "save", "empty", "remove"))
        if what in {"empty", "remove"}:
            for path in self.specs.rglob("*.*"):
                path.unlink()
                self._stall()
            if what == "remove":
                shutil.rmtree(self.specs)
            self._stall()
        self._number += 1
        fill(self.specs, self._number, step=self._stall)
        if what == "save":
            self._save(self._random.choice(fleets_of(self._number)))
        self._pause(self._random.choice((0.0, 0.3, 1.5)))
        return what

    def number(self) -> int:
        return self._number

    def _save(self, name: str) -> None:
        """Write one file anew as editors do: truncated and written in parts, or beside and renamed."""
        path = self.specs / f"{name}.yaml"
        text = path.read_text()
        if self._random.random() < 0.5:
            with path.open("w") as stream:
                for start in range(0, len(text), 200):
                    stream.write(text[start : start + 200])
                    stream.flush()
                    self._stall()
        else:
            path.rename(path.with_suffix(".yaml~"))
            self._stall()
            write(self.specs / f".{name}.yaml.swp", text).replace(path)
            path.with_suffix(".yaml~").unlink()

    def _stall(self) -> None:
        """Sometimes a copy stands still for a while, though far less long than a state takes to settle.

        Nobody can tell a copy that stands still for longer from one that is complete.
        """
        if self._random.random() < 0.1:
            self._pause(self._random.random() * 0.2)
