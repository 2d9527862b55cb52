"""Specs behind links that are swapped: each reading is of one target, and a new target counts at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from controller.sources.link import ATTEMPTS, LinkSource, _Look, _Way
from controller.sources.plain import ROUNDS
from controller.sources.snapshot import TroubleCode
from tests.intake.places import Meanwhile, replicas, snapshot, spec, swap, trouble, write
from tests.specs.spec_texts import WEB


def config_map(path: Path, **fleets: int) -> Path:
    """A mounted ConfigMap: files are links into the directory that ``..data`` leads to."""
    path.mkdir(parents=True)
    turn(path, **fleets)
    for name in fleets:
        (path / f"{name}.yaml").symlink_to(f"..data/{name}.yaml")
    return path


def turn(path: Path, **fleets: int) -> None:
    """Give a ConfigMap new content, as the kubelet does."""
    fresh = f"..2026_11_25_{len(list(path.iterdir()))}"
    for name, number in fleets.items():
        write(path / fresh / f"{name}.yaml", spec(name, number))
    swap(path / "..data", fresh)


def synced(path: Path, commit: str, **fleets: int) -> Path:
    """What git-sync keeps: a link to a tree that is named by its commit."""
    for name, number in fleets.items():
        write(path / ".worktrees" / commit / "specs" / f"{name}.yaml", spec(name, number))
    swap(path / "current", f".worktrees/{commit}")
    return path / "current" / "specs"


def test_config_map_is_read_once(tmp_path: Path) -> None:
    """Each file of a ConfigMap is read once, and after a swap the new content counts without a pause."""
    mount = config_map(tmp_path / "mount", a=1, b=2)
    clock = Meanwhile()
    source = LinkSource(str(mount), clock)
    assert (replicas(source.read()), len(clock.pauses)) == ({"a": 1, "b": 2}, 1)
    turn(mount, a=3, b=4)
    found = snapshot(source.read())
    assert (replicas(found), len(clock.pauses)) == ({"a": 3, "b": 4}, 1)
    assert [one.path for one in found.files] == [str(mount / "a.yaml"), str(mount / "b.yaml")]


def test_file_of_a_config_map(tmp_path: Path) -> None:
    """One file of a ConfigMap may be the source."""
    mount = config_map(tmp_path / "mount", a=1, b=2)
    source = LinkSource(str(mount / "a.yaml"), Meanwhile())
    assert replicas(source.read()) == {"a": 1}
    turn(mount, a=3, b=4)
    assert replicas(source.read()) == {"a": 3}


def test_git_sync_swap_counts_at_once(tmp_path: Path) -> None:
    """A link that leads to another tree is read at once; the revision names the tree."""
    clock = Meanwhile()
    source = LinkSource(str(synced(tmp_path, "aaaa", a=1)), clock)
    source.read()
    synced(tmp_path, "bbbb", a=2)
    found = snapshot(source.read())
    assert (replicas(found), len(clock.pauses)) == ({"a": 2}, 1)
    assert found.revision.id.startswith("bbbb@")


def test_swap_while_reading_gives_one_tree(tmp_path: Path) -> None:
    """A swap and a removal of the old tree between two readings leave nothing of the old one."""
    root = synced(tmp_path, "aaaa", a=1, b=1)

    def happens() -> None:
        synced(tmp_path, "bbbb", a=2, c=2)
        shutil.rmtree(tmp_path / ".worktrees" / "aaaa")

    assert replicas(LinkSource(str(root), Meanwhile(happens)).read()) == {"a": 2, "c": 2}


def test_edit_behind_the_link_settles(tmp_path: Path) -> None:
    """A known target that is edited in place has to be the same twice, as any directory."""
    root = synced(tmp_path, "aaaa", a=1)
    clock = Meanwhile()
    source = LinkSource(str(root), clock)
    source.read()
    write(root / "a.yaml", spec("a", 5))
    assert (replicas(source.read()), len(clock.pauses)) == ({"a": 5}, 2)
    edits = [lambda n=n: write(root / "a.yaml", spec("a", n)) for n in range(10, 10 + ROUNDS)]
    write(root / "a.yaml", spec("a", 9))
    restless = LinkSource(str(root), Meanwhile(*edits))
    assert trouble(restless.read()).code is TroubleCode.UNSETTLED


def test_directory_made_anew_settles(tmp_path: Path) -> None:
    """A directory that is removed and written again behind an unchanged link is no swap."""
    root = synced(tmp_path, "aaaa", a=1)
    clock = Meanwhile()
    source = LinkSource(str(root), clock)
    source.read()
    # Put aside rather than removed, so that the new directory gets another inode.
    (tmp_path / ".worktrees" / "aaaa").rename(tmp_path / "aside")
    synced(tmp_path, "aaaa", a=2)
    assert (replicas(source.read()), len(clock.pauses)) == ({"a": 2}, 2)


class Overtaken(LinkSource):
    """A link that is swapped when its target has just been read, once for each happening."""

    happenings: tuple[Callable[[], object], ...] = ()

    def _read(self, way: _Way) -> _Look:
        look = super()._read(way)
        if self.happenings:
            happening, *rest = self.happenings
            self.happenings = tuple(rest)
            happening()
        return look


def test_reading_that_is_overtaken_is_discarded(tmp_path: Path) -> None:
    """What was read from a target is worth nothing if the link leads elsewhere by then."""
    source = Overtaken(str(synced(tmp_path, "aaaa", a=1)), Meanwhile())
    source.read()
    synced(tmp_path, "bbbb", a=2)
    source.happenings = (lambda: synced(tmp_path, "cccc", a=3),)
    assert replicas(source.read()) == {"a": 3}
    source.happenings = tuple(
        partial(synced, tmp_path, f"d{number}", a=number) for number in range(ATTEMPTS)
    )
    assert trouble(source.read()).code is TroubleCode.UNSETTLED


def test_referred_file_of_the_same_tree(tmp_path: Path) -> None:
    """First-boot data comes from the tree that the spec comes from."""
    text = WEB.replace("    os: Linux", "    os: Linux\n    userData: {file: boot/first.sh}")
    root = synced(tmp_path, "aaaa", a=1)
    write(root / "web.yaml", text)
    write(root / "boot" / "first.sh", "echo a\n")
    found = snapshot(LinkSource(str(root), Meanwhile()).read())
    synced(tmp_path, "bbbb", a=1)
    assert list(found.beside.values()) == [b"echo a\n"]


@pytest.mark.parametrize("target", ["../../../outside", "/etc", "loop"])
def test_link_out_of_tree_is_refused(tmp_path: Path, target: str) -> None:
    """A link inside the tree that leaves it, or leads in circles, is told and not followed."""
    write(tmp_path / "outside" / "x.yaml", spec("x"))
    root = synced(tmp_path / "git", "aaaa", a=1)
    (root / "loop.yaml").symlink_to("loop.yaml" if target == "loop" else target)
    found = snapshot(LinkSource(str(root), Meanwhile()).read())
    assert [fleet.name for fleet in found.specs.fleets] == ["a"]
    assert len(found.specs.errors) == len(found.specs.broken) == 1


def test_link_to_nowhere(tmp_path: Path) -> None:
    """A link to a tree that is gone, and an empty tree, are errors; what was read before is not repeated."""
    root = synced(tmp_path, "aaaa", a=1)
    source = LinkSource(str(root), Meanwhile())
    source.read()
    shutil.rmtree(tmp_path / ".worktrees" / "aaaa")
    assert trouble(source.read()).code is TroubleCode.MISSING
    (tmp_path / ".worktrees" / "cccc" / "specs").mkdir(parents=True)
    swap(tmp_path / "current", ".worktrees/cccc")
    assert trouble(source.read()).code is TroubleCode.EMPTY
    nowhere = LinkSource(str(tmp_path / "none"), Meanwhile())
    assert trouble(nowhere.read()).code is TroubleCode.MISSING
