"""Specs in memory, and the careless hands that edit them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from controller.sources.compiling import compile_whole, to_snapshot
from controller.sources.snapshot import Revision, Snapshot, SourceTrouble, TroubleCode
from controller.spec.compile import CompileMemory, SpecSet
from controller.spec.source import FileRefusedError, SourceFile
from controller.spec.values import DeletionMode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from controller.spec.values import Fleet

GUID = "00000000-0000-0000-0000-000000000000"
SUBNET = (
    f"/subscriptions/{GUID}/resourceGroups/sim-rg/providers/Microsoft.Network"
    "/virtualNetworks/sim/subnets/sim"
)
HOLD_MINUTES = 10

_TEXT = """\
apiVersion: evenkeel/v1alpha1
kind: Fleet
metadata:
  name: {name}
  annotations: {{team: "{word}"{approval}}}
spec:
  azure:
    subscription: {guid}
    resourceGroup: sim-rg
    location: westeurope
    scaleSet: {scale_set}
  {state}replicas: {replicas}
  placement:
    zones: ["1", "2", "3"]
  sizes: [Standard_D2s_v5, Standard_D2as_v5]
{spot}  deletion: {deletion}
  deletionPolicy: Delete
  deletionHoldMinutes: {hold}
  template:
    os: Linux
    image: {{publisher: Canonical, offer: ubuntu-24_04-lts, sku: server}}
    sshPublicKeys: ["ssh-ed25519 AAAA ops"]
    osDisk: {{storageAccountType: Premium_LRS, sizeGiB: 64}}
    network:
      subnet: {subnet}
      outbound: natGateway
"""

_SPOT = """\
  spot:
    baseRegular: 1
    regularPercentageAboveBase: 50
    evictionPolicy: {policy}
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a spec file wants. ``approval`` is a token, ``word`` changes the text and nothing else."""

    name: str
    scale_set: str
    replicas: int
    deletion: DeletionMode = DeletionMode.BATCH
    spot: str = ""
    absent: bool = False
    approval: str = ""
    word: str = ""

    @property
    def text(self) -> bytes:
        """The spec as it is written."""
        return _TEXT.format(
            name=self.name,
            scale_set=self.scale_set,
            guid=GUID,
            subnet=SUBNET,
            replicas=self.replicas,
            deletion="Batch" if self.deletion is DeletionMode.BATCH else "Single",
            spot=_SPOT.format(policy=self.spot) if self.spot else "",
            state="state: Absent\n  " if self.absent else "",
            approval=f', "evenkeel/approve": "{self.approval}"' if self.approval else "",
            hold=HOLD_MINUTES,
            word=self.word,
        ).encode()


@dataclass(frozen=True, slots=True)
class Commit:
    """One state of all files. It descends from all commits below ``floor``, and from those in ``after``."""

    number: int
    files: dict[str, bytes]
    floor: int
    after: frozenset[int]
    at: float

    def follows(self, number: int) -> bool:
        """Whether it descends from the commit of a number."""
        return number < self.floor or number in self.after

    @property
    def revision(self) -> Revision:
        """Its name."""
        return Revision("git", f"{self.number:040x}")


@dataclass(slots=True)
class Desk:
    """The specs, with their history. Whoever edits makes a commit; ``trouble`` hides all of it."""

    commits: list[Commit] = field(default_factory=list)
    head: int = -1
    trouble: TroubleCode | None = None
    known: dict[str, Fleet] = field(default_factory=dict)
    oldest: int = 0
    _memory: CompileMemory = field(default_factory=CompileMemory)
    _meanings: dict[int, SpecSet] = field(default_factory=dict)

    @property
    def now(self) -> Commit:
        """The commit that readers see."""
        return self.commits[self.head]

    def commit(self, files: dict[str, bytes], at: float) -> Commit:
        """Go on from the present commit."""
        number, floor, after = len(self.commits), 0, frozenset[int]()
        if self.commits:
            floor, after = self.now.floor, self.now.after | {self.now.number}
        self.commits.append(Commit(number, dict(files), floor, after, at))
        self.head = number
        self._learn(self.now)
        return self.now

    def push_back(self, number: int) -> None:
        """Put an old commit in place of the present one, as a forced push does."""
        self.head = number

    def mend(self, files: dict[str, bytes], at: float) -> Commit:
        """Make a commit that follows upon every other one, and let it be read."""
        self.trouble = None
        number = len(self.commits)
        self.commits.append(Commit(number, dict(files), number, frozenset(), at))
        self.head = number
        self._learn(self.now)
        return self.now

    def forget_the_past(self) -> None:
        """Forget what older commits held, when nobody acts upon them any more: a long life has thousands."""
        now = self.now
        for number in range(self.oldest, now.number):
            self.commits[number] = replace(self.commits[number], files={})
        self.oldest = now.number
        self._meanings = {now.number: self.specs_of(now)}
        self.known = {fleet.spec_digest: fleet for fleet in self.specs_of(now).fleets}

    def _learn(self, commit: Commit) -> None:
        """Remember what each valid spec means, by its digest."""
        for fleet in self.specs_of(commit).fleets:
            self.known[fleet.spec_digest] = fleet

    def once_wanted(self, fingerprint: str) -> bool:
        """Whether a committed spec asked for another template than now: a text cut off in its last word is a spec, too."""
        now = [one.template.document for f in self.specs_of(self.now).fleets for one in f.pools]
        templates = [one.template for fleet in self.known.values() for one in fleet.pools]
        return any(one.fingerprint == fingerprint and one.document not in now for one in templates)

    def specs_of(self, commit: Commit) -> SpecSet:
        """What a commit means. It never changes, so it is compiled once for everybody."""
        if commit.number not in self._meanings:
            self._meanings[commit.number] = compiled(commit, self._memory)
        return self._meanings[commit.number]


def compiled(commit: Commit, memory: CompileMemory) -> SpecSet:
    """What all files of a commit mean."""
    return compile_whole(_files(commit), (), _nothing_beside, memory)


def _files(commit: Commit) -> list[SourceFile]:
    return [SourceFile(name, commit.files[name]) for name in sorted(commit.files)]


def _nothing_beside(_source: SourceFile, _relative: str) -> bytes:
    raise FileRefusedError("there are no files beside specs here")


class MemorySource:
    """One process's view of the desk; it keeps nothing but the last answer. ``on_read`` hears each commit."""

    def __init__(self, desk: Desk, on_read: Callable[[Commit], None]) -> None:
        self._desk = desk
        self._on_read = on_read
        self._last: tuple[int, Snapshot | SourceTrouble] | None = None

    @property
    def root(self) -> str:
        """The path as it was named."""
        return "specs"

    def read(self) -> Snapshot | SourceTrouble:
        """Read the present commit as a whole, or say why not."""
        desk = self._desk
        if desk.trouble is not None:
            return SourceTrouble(self.root, desk.trouble, "specs cannot be read: somebody is at it")
        if self._last is None or self._last[0] != desk.now.number:
            commit = desk.now
            specs = desk.specs_of(commit)
            found = to_snapshot(self.root, commit.revision, _files(commit), specs, {})
            self._last = (commit.number, found)
            self._on_read(commit)
        return self._last[1]

    def watched(self) -> tuple[Path, ...]:
        """Nothing: hints come from the world."""
        return ()

    def descends(self, older: Revision, newer: Revision) -> bool | None:
        """Whether one commit follows upon another."""
        if older == newer:
            return True
        return self._desk.commits[int(newer.id, 16)].follows(int(older.id, 16))


def edited(wish: Wish, **changes: object) -> Wish:
    """The wish with some of it changed."""
    return replace(wish, **changes)  # type: ignore[arg-type]  # names are the wish's own fields
