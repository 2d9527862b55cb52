"""What ``wait`` waits for, and how far a fleet is from it. Pure: from documents of fleets to words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core.conditions import TYPES
from controller.formats.jsonpath import JsonPathError, parse_path, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.formats.jsonpath import Path
    from providers.base import Json

_JSONPATH = re.compile(r"jsonpath=\{([^{}]*)\}(?:=(.*))?", re.DOTALL)
_STALLED = "Stalled"
_ENDED_BY_PEOPLE = frozenset({_STALLED, "Frozen", "SpecValid", "Locked"})
_STATUSES = {"true": "True", "false": "False", "unknown": "Unknown"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of this type with this status."""

    type: str
    status: str

    @property
    def words(self) -> str:
        """As it was asked for."""
        return self.type if self.status == "True" else f"{self.type}={self.status}"

    @property
    def wish(self) -> str:
        """What a fleet is to be, behind ``not``."""
        return self.words

    def met(self, fleet: Mapping[str, Json]) -> bool:
        """Whether the fleet is in it now."""
        found = _condition(fleet, self.type)
        return found is not None and found.get("status") == self.status

    def now(self, fleet: Mapping[str, Json]) -> str:
        """How it is with the fleet instead."""
        return _told(_condition(fleet, self.type), self.type)


@dataclass(frozen=True, slots=True)
class Value:
    """A path that leads to this value; ``wanted`` None: to any value at all."""

    text: str
    path: Path
    wanted: str | None

    @property
    def words(self) -> str:
        """As it was asked for."""
        return self.text

    @property
    def wish(self) -> str:
        """What a fleet is to be, behind ``not``."""
        return self.text

    def met(self, fleet: Mapping[str, Json]) -> bool:
        """Whether the fleet's document has it now."""
        found = [value for value in self.path.find(dict(fleet)) if value is not None]
        if self.wanted is None:
            return bool(found)
        return any(value_text(value) == self.wanted for value in found)

    def now(self, fleet: Mapping[str, Json]) -> str:
        """What the document has instead."""
        found = self.path.find(dict(fleet))
        return f"it is {', '.join(map(value_text, found))}" if found else "there is no such value"


@dataclass(frozen=True, slots=True)
class Existence:
    """The fleet's scale set is there, or is not there any more; ``words`` is kubectl's word for it.

    A fleet that could not be seen is neither: unknown is not gone.
    """

    words: str
    exists: bool

    @property
    def wish(self) -> str:
        """What a fleet is to be, behind ``not``."""
        return "there" if self.exists else "gone"

    def met(self, fleet: Mapping[str, Json]) -> bool:
        """Whether the last look showed it so."""
        return fleet.get("exists") is self.exists

    def now(self, fleet: Mapping[str, Json]) -> str:
        """How it is instead."""
        if fleet.get("exists") is None:
            return "nobody has seen whether its scale set is there"
        return "its scale set is " + ("there" if fleet.get("exists") else "not there")


Goal = Condition | Value | Existence
EXISTENCES = {"create": True, "delete": False}


def parse_goal(text: str) -> Goal:
    """Read ``create``, ``delete``, ``condition=TYPE[=STATUS]`` or ``jsonpath={PATH}[=VALUE]``.

    Raises ValueError with a sentence.
    """
    if text in EXISTENCES:
        return Existence(text, EXISTENCES[text])
    found = _JSONPATH.fullmatch(text)
    if found is not None:
        try:
            return Value(text, parse_path(found[1]), found[2])
        except JsonPathError as error:
            raise ValueError(str(error)) from error
    kind, _, rest = text.partition("=")
    if kind != "condition" or not rest:
        raise ValueError(
            f"{text!r} is none of condition=TYPE[=STATUS], jsonpath={{PATH}}=VALUE, create and delete"
        )
    name, _, status = rest.partition("=")
    known = {one.lower(): one for one in TYPES}
    if name.lower() not in known:
        raise ValueError(f"there is no condition {name!r}; there are {', '.join(TYPES)}")
    if (status or "true").lower() not in _STATUSES:
        raise ValueError(f"a condition is true, false or unknown, not {status!r}")
    return Condition(known[name.lower()], _STATUSES[(status or "true").lower()])


def hopeless(goal: Goal, fleet: Mapping[str, Json]) -> str:
    """Why waiting cannot help a fleet, or nothing: it is stalled, which only a person can end.

    Who waits for the end of just that is not told so: a person is at work.
    """
    if isinstance(goal, Condition) and goal.type in _ENDED_BY_PEOPLE:
        return ""
    found = _condition(fleet, _STALLED)
    if found is None or found.get("status") != "True":
        return ""
    return f"{found.get('reason')}: {found.get('message')}"


def _condition(fleet: Mapping[str, Json], name: str) -> Mapping[str, Json] | None:
    conditions = fleet.get("conditions")
    for one in conditions if isinstance(conditions, list | tuple) else ():
        if isinstance(one, dict) and one.get("type") == name:
            return one
    return None


def _told(condition: Mapping[str, Json] | None, name: str) -> str:
    if condition is None:
        return f"nothing is said of {name} yet"
    status, reason = condition.get("status"), condition.get("reason")
    return f"{name} is {status}: {reason}: {condition.get('message')}"
