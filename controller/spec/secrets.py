"""What must not be shown of a spec's text: values whose keys say that they are secrets, and first-boot data."""

from __future__ import annotations

import re
from functools import cached_property
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

# Begun only where a word begins, and never taken back: else a line of 20,000 letters costs four seconds.
_KEY = re.compile(r"(?<![\w.-])([\w.-]++)[\"']?\s*+[:=](?:\s|$|[\"'])")
_UNFINISHED_KEY = re.compile(r"(?<![\w.-])([\w.-]++)[\"']?\s*+[:=]")
_INDENT = re.compile(r"^[\s-]*")
_QUOTED = re.compile(r"`[^`]*`")


def is_secret_key(key: str) -> bool:
    """Whether a key says that its value is not to be shown."""
    folded = re.sub(r"[^a-z0-9]", "", key.lower())
    return folded not in _HARMLESS and any(word in folded for word in _WORDS)


class SpecLines:
    """The lines of a spec file, and from where each of them is not to be shown.

    Judged by the text alone, so that also a text which is no YAML gives nothing away: a line is hidden
    behind a secret key, and whole if it stands, by its indentation, below one. Judged once for all lines:
    a file may have a quarter of a million of them and thousands of mistakes.
    """

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self.lines = lines
        self._found: dict[int, int | None] = {}

    def hidden_from(self, number: int) -> int | None:
        """The column, from 1, from which line ``number`` (from 1) is not to be shown; None if it may be shown whole."""
        if number not in self._found:
            self._found[number] = self._judge(number)
        return self._found[number]

    def _judge(self, number: int) -> int | None:
        if self._below_secret[number - 1]:
            return 1
        keys = _UNFINISHED_KEY.finditer(self.lines[number - 1])
        found = next((one for one in keys if is_secret_key(one[1])), None)
        return None if found is None else found.end() + 1

    @cached_property
    def _below_secret(self) -> bytearray:
        """Whether an open key above a line, with less indentation, is a secret one: for all lines."""
        below = bytearray(len(self.lines))
        above: list[
            tuple[int, bool]
        ] = []  # indentation of what is open, and whether it is secret or below
        for at, line in enumerate(self.lines):
            is_blank = not line.strip()
            depth = _depth(line)
            if not is_blank:
                while above and above[-1][0] >= depth:
                    above.pop()
            below[at] = _is_secret_above(above, depth)
            if not is_blank:
                key = _KEY.search(line)
                is_secret = key is not None and is_secret_key(key[1])
                above.append((depth, is_secret or bool(below[at])))
        return below


def conceal(text: str) -> str:
    """A message about a hidden place without the words that it quotes from there."""
    return _QUOTED.sub(f"`{MASK}`", text)


def _is_secret_above(above: Sequence[tuple[int, bool]], depth: int) -> bool:
    return next((is_secret for open_at, is_secret in reversed(above) if open_at < depth), False)


def _depth(line: str) -> int:
    """Indentation; an empty line belongs to whatever is around it."""
    found = _INDENT.match(line)
    return found.end() if found and line.strip() else len(line) or 1
