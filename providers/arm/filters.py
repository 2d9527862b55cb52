"""``$filter`` of ARM's lists, as far as clients use it: ``a eq 'b'`` joined by ``and``, and these by ``or``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.simulated.documents import mapping_in

if TYPE_CHECKING:
    from collections.abc import Mapping

_TERM = re.compile(r"'?(?P<name>[A-Za-z/]+)'?\s+eq\s+'(?P<value>(?:[^']|'')*)'", re.IGNORECASE)
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


def alternatives(text: str) -> list[dict[str, str]]:
    """The parts of a filter between ``or``, each as ``parsed`` gives it. Raises ``Refusal`` (400)."""
    return [parsed(part) for part in _OR.split(text)]


def parsed(text: str) -> dict[str, str]:
    """The names and values of a filter; names in lower case. Raises ``Refusal`` (400) for other forms."""
    found = {}
    for term in _AND.split(text.strip()) if text.strip() else ():
        match = _TERM.fullmatch(term.strip())
        if match is None:
            why = f"Invalid $filter '{text}' specified in the query string."
            raise Refusal(400, "InvalidFilterInQueryString", why, gateway=True)
        found[match["name"].lower()] = match["value"].replace("''", "'")
    return found


def matches(document: Mapping[str, object], wanted: Mapping[str, str]) -> bool:
    """Whether a resource has all that a filter asks for; without regard to case."""
    tags = {name.lower(): str(value) for name, value in mapping_in(document, "tags").items()}
    shown = {
        "resourcetype": str(document.get("type", "")),
        "name": str(document.get("name", "")),
        "location": str(document.get("location", "")),
        "resourcegroup": str(document.get("id", "")).split("/")[4:5],
    }
    for name, value in wanted.items():
        if name == "tagname":
            fits = value.lower() in tags
        elif name == "tagvalue":
            fits = tags.get(wanted.get("tagname", "").lower()) == value
        elif name == "resourcegroup":
            fits = [part.lower() for part in shown[name]] == [value.lower()]
        else:
            fits = str(shown.get(name, "")).lower() == value.lower()
        if not fits:
            return False
    return True
