"""Words of Azure's closed lists: it takes them in any case, and shows them in its own.

Recorded: az asks for ``fromImage``, ``empty`` and ``manual``, and no answer shows them so.
"""

from __future__ import annotations

from collections.abc import Mapping

_LISTS = {
    "createOption": ("Attach", "Copy", "Empty", "FromImage", "Restore"),
    "caching": ("None", "ReadOnly", "ReadWrite"),
    "deleteOption": ("Delete", "Detach"),
    "evictionPolicy": ("Deallocate", "Delete"),
    "mode": ("Automatic", "Manual", "Rolling"),
    "priority": ("Low", "Regular", "Spot"),
}
_SPELLED = {name: {word.lower(): word for word in words} for name, words in _LISTS.items()}


def spelled(body: Mapping[str, object]) -> dict[str, object]:
    """A copy of a body in which such words are spelled as Azure spells them; others are left as they are."""
    return {name: _value(name, value) for name, value in body.items()}


def _value(name: str, value: object) -> object:
    if isinstance(value, str):
        return _SPELLED.get(name, {}).get(value.lower(), value)
    if isinstance(value, Mapping):
        return spelled(value)
    if isinstance(value, list):
        return [_value("", entry) for entry in value]
    return value
