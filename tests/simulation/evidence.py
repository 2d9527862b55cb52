"""What the audit trails of a world say, read as they grow: by the judge, from the files themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.engine.trail_files import parts_of
from controller.engine.trail_reading import examine
from controller.spec.values import Fleet
from providers.base import GroupRef


@dataclass(frozen=True, slots=True)
class Intent:
    """One recorded intent. ``fleet`` is what its spec means, if any commit ever held that spec."""

    seq: int
    host: str
    call: str
    key: str
    targets: tuple[str, ...]
    reasons: dict[str, str]
    revision: str
    plan: str
    actor: str
    fleet: Fleet | None


@dataclass(slots=True)
class Evidence:
    """The trail of one host. ``known`` are specs by their digests."""

    path: Path
    host: str
    known: dict[str, Fleet]
    _at: int = 0
    _parts: int = 0
    _open: dict[int, Intent] = field(default_factory=dict)

    def take(self, call: str, names: tuple[str, ...], ref: GroupRef) -> Intent | None:
        """The intent that stands for a change, which no other change may stand for."""
        self._read()
        targets = tuple(name.rpartition("/")[2] for name in names)
        for seq, intent in self._open.items():
            if (intent.call, intent.targets, intent.key) == (call, targets, ref.id.lower()):
                return self._open.pop(seq)
            if call == "operate" and intent.targets == targets and intent.key == ref.id.lower():
                return self._open.pop(seq)
        return None

    def forget(self) -> None:
        """The process is gone: what it meant to do stands for nothing that another one does."""
        if self.path.exists():
            self._read()
        self._open.clear()

    def break_in_chain(self) -> str:
        """Where the trail is not as it was written; empty if it is. A last line may be torn."""
        if not self.path.exists():
            return ""
        found = examine(self.path)
        return found.breaks[0].sentence if found.breaks else ""

    def _read(self) -> None:
        """Read on. A file that was closed is read to its end under its new name before the next one."""
        turned = self.path.stat().st_size < self._at
        for path in [*(parts_of(self.path)[self._parts :] if turned else ()), self.path]:
            with path.open("rb") as file:
                file.seek(self._at)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._at += len(line)
                    self._note(json.loads(line))
            if path != self.path:
                self._parts, self._at = self._parts + 1, 0

    def _note(self, body: dict[str, Any]) -> None:
        if body.get("kind") == "result":
            self._open.pop(int(body["intent"]), None)
        if body.get("kind") != "intent":
            return
        self._open[int(body["seq"])] = Intent(
            seq=int(body["seq"]),
            host=self.host,
            call=str(body["call"]),
            key=str(body["scaleSet"]),
            targets=tuple(body["targets"]),
            reasons={row["target"]: row["reason"] for row in body["because"]},
            revision=str(body["revision"]),
            plan=str(body["plan"]),
            actor=str(body["actor"]),
            fleet=self.known.get(str(body["spec"])),
        )
