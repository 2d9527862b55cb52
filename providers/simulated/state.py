"""The whole region as one JSON file between commands: locked while in use, replaced atomically.

A file that is not understood is never touched: it is reported, and whoever owns it decides.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from providers.simulated.clock import VirtualClock
from providers.simulated.dice import Dice
from providers.simulated.region import SimulatedRegion
from providers.simulated.saved import INSTANCE, REST, Saved
from providers.simulated.scenario_file import from_document, to_document
from providers.simulated.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from providers.simulated.records import InstanceRecord

FORMAT = "evenkeel-region"
VERSION = 1


class RegionFileError(Exception):
    """A region file cannot be used: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, where: object, remedy: str) -> None:
        super().__init__(f"{where}: {what}; {remedy}")
        self.what = what
        self.where = str(where)
        self.remedy = remedy


class Encoder:
    """Writes a region as text, one VM to a line, and reuses the lines of VMs that have not changed."""

    def __init__(self) -> None:
        self._lines: dict[str, tuple[InstanceRecord, str]] = {}

    def encode(self, region: SimulatedRegion) -> str:
        """The region as a JSON document. The same region gives the same text."""
        world = region.world
        head = {
            "format": FORMAT,
            "version": VERSION,
            "start": world.clock.start.isoformat(),
            "scenario": to_document(world.scenario),
            "region": REST.dump_python(_saved(world), mode="json"),
        }
        lines = {record.key: (record, self._line(record)) for record in world.roster}
        self._lines = lines
        listed = ",\n".join(line for _, line in lines.values())
        return f'{json.dumps(head)[:-1]}, "instances": [\n{listed}\n]}}\n'

    def _line(self, record: InstanceRecord) -> str:
        known = self._lines.get(record.key)
        if known is not None and known[0] is record:
            return known[1]
        return json.dumps(INSTANCE.dump_python(record, mode="json"))


def encode(region: SimulatedRegion) -> str:
    """The region as a JSON document, once."""
    return Encoder().encode(region)


def decode(text: str, where: object = "<text>") -> SimulatedRegion:
    """Build the region from its document; raises ``RegionFileError``."""
    remedy = "move the file away or name another one with --state"
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RegionFileError(f"not JSON ({error})", where, remedy) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise RegionFileError("not a file of a simulated region", where, remedy)
    if document.get("version") != VERSION:
        what = (
            f"written in version {document.get('version')!r} of the format, and {VERSION} is needed"
        )
        raise RegionFileError(what, where, remedy)
    try:
        return _region(document)
    except (ValueError, LookupError, TypeError) as error:
        first = str(error).splitlines()[0]
        raise RegionFileError(f"damaged ({first})", where, remedy) from error


@contextmanager
def opened(path: Path) -> Iterator[RegionFile]:
    """Hold a region file for one command.

    Raises ``RegionFileError`` if another command holds it or the directory cannot be written.
    """
    lock = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        remedy = "choose a place that can be written with --state"
        raise RegionFileError(error.strerror or "not writable", lock, remedy) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = _named(descriptor)
        os.close(descriptor)
        remedy = "wait until it has ended or name another file with --state"
        raise RegionFileError(f"in use by another command{holder}", path, remedy) from error
    _name(descriptor)
    try:
        yield RegionFile(path)
    finally:
        os.close(descriptor)


def _name(descriptor: int) -> None:
    """Say in the lock file who holds it; on a full disk it is held all the same."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _named(descriptor: int) -> str:
    try:
        found = os.pread(descriptor, 20, 0).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" (process {found})" if found.isdigit() else ""


class RegionFile:
    """A region file that this process holds; see ``opened``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._encoder = Encoder()

    def load(self) -> SimulatedRegion | None:
        """Read the region; None if there is no file yet. Raises ``RegionFileError``."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            remedy = "move the file away or name another one with --state"
            raise RegionFileError(f"cannot be read ({error})", self.path, remedy) from error
        return decode(text, self.path)

    def save(self, region: SimulatedRegion) -> None:
        """Replace the file as a whole: whoever reads it sees the old region or the new one."""
        text = self._encoder.encode(region)
        fresh = self.path.with_name(f"{self.path.name}.new")
        try:
            with fresh.open("w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(self.path)
        except OSError as error:
            why = error.strerror or "cannot be written"
            raise RegionFileError(why, self.path, "make room or permit writing there") from error


def _saved(world: World) -> Saved:
    return Saved(
        elapsed=world.clock.elapsed,
        seed=world.dice.seed,
        drawn=world.dice.drawn,
        turn=world.turn,
        changes=world.changes,
        sets=tuple(world.sets.values()),
        ghosts=tuple(world.ghosts),
        leftovers=tuple(world.leftovers.values()),
        locks=tuple(world.own_locks),
        calls=tuple(world.faults.calls),
        creations=tuple(world.faults.creations),
        pending=tuple(world.pending),
        waiting=tuple(world.waiting),
        documents=world.documents,
        installations=tuple(world.faults.installations),
        deletions=tuple(world.faults.deletions),
    )


def _region(document: dict[str, object]) -> SimulatedRegion:
    saved = REST.validate_python(document["region"])
    scenario_document, listed = document["scenario"], document["instances"]
    if not isinstance(scenario_document, dict) or not isinstance(listed, list):
        raise TypeError("scenario or instances have the wrong shape")
    clock = VirtualClock(datetime.fromisoformat(str(document["start"])), saved.elapsed)
    world = World(clock, Dice(saved.seed, saved.drawn), from_document(scenario_document))
    world.restore(saved, [INSTANCE.validate_python(entry) for entry in listed])
    return SimulatedRegion(world)
