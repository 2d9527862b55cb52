"""What must not be shown of a spec's text: values whose keys say that they are secrets, and first-boot data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MASK = "***"

_WORDS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "accountkey",
    "accesskey",
    "sharedkey",
    "privatekey",
    "apikey",
    "connectionstring",
    "authorization",
    "userdata",
    "customdata",
    "protectedsettings",
    "sasuri",
    "sasurl",
    "certificatedata",
    "unattendcontent",
)
"""Parts of keys, without regard to case, hyphens and underscores."""

_HARMLESS = frozenset(
    {"secretname", "secreturl", "azuretokencredentials", "protectedsettingsfromkeyvault"}
)
"""Keys that only name where a secret is, or how one is obtained."""

_KEY = re.compile(r"([\w.-]+)[\"']?\s*[:=](?:\s|$|[\"'])")
_UNFINISHED_KEY = re.compile(r"([\w.-]+)[\"']?\s*[:=]")
_INDENT = re.compile(r"^[\s-]*")
_QUOTED = re.compile(r"`[^`]*`")


def is_secret_key(key: str) -> bool:
    """Whether a key says that its value is not to be shown."""
    folded = re.sub(r"[^a-z0-9]", "", key.lower())
    return folded not in _HARMLESS and any(word in folded for word in _WORDS)


def hidden_from(lines: Sequence[str], number: int) -> int | None:
    """The column, from 1, from which line ``number`` (from 1) is not to be shown; None if it may be shown whole.

    Judged by the text alone, so that also a text which is no YAML gives nothing away: a line is hidden
    behind a secret key, and whole if it stands, by its indentation, below one.
    """
    line = lines[number - 1]
    if _below_secret(lines, number):
        return 1
    found = next((one for one in _UNFINISHED_KEY.finditer(line) if is_secret_key(one[1])), None)
    return None if found is None else found.end() + 1


def conceal(text: str) -> str:
    """A message about a hidden place without the words that it quotes from there."""
    return _QUOTED.sub(f"`{MASK}`", text)


def _below_secret(lines: Sequence[str], number: int) -> bool:
    """Whether an open key above, with less indentation, is a secret one."""
    depth = _depth(lines[number - 1])
    for line in reversed(lines[: number - 1]):
        if not line.strip():
            continue
        here = _depth(line)
        if here < depth:
            depth = here
            key = _KEY.search(line)
            if key is not None and is_secret_key(key[1]):
                return True
        if depth == 0:
            return False
    return False


def _depth(line: str) -> int:
    """Indentation; an empty line belongs to whatever is around it."""
    found = _INDENT.match(line)
    return found.end() if found and line.strip() else len(line) or 1
