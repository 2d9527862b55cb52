"""What ARM sent back: one answer as values, and the error inside it, whatever its shape.

Azure's usual envelope is ``{"error": {"code", "message", "details", "innererror"}}``. Also seen: the same
without the envelope, names in capitals, HTML, an empty body. None of them may break us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST = 8
_LONGEST_TEXT = 2000
_NESTED = ("error", "innererror", "details")


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response, read whole. Names of headers are in lower case; repeated ones are joined."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether the status says that the request was taken on."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class Words:
    """One level of an error: its code and its text, either of which may be empty."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that is not a success, in Azure's words, the outermost level first."""

    status: int
    levels: tuple[Words, ...]

    @property
    def code(self) -> str:
        """The first code there is, else the status in words: ``ServiceUnavailable``."""
        return next((level.code for level in self.levels if level.code), status_name(self.status))

    @property
    def message(self) -> str:
        """The first text there is, without control characters and cut at 2,000 characters."""
        text = next((level.message for level in self.levels if level.message), "")
        return tidy(text) or f"Azure answered {self.status} without a text."

    @property
    def codes(self) -> frozenset[str]:
        """All codes, at whatever depth."""
        return frozenset(level.code for level in self.levels if level.code)

    @property
    def text(self) -> str:
        """All texts together, in lower case, for looking up a phrase."""
        return "\n".join(level.message for level in self.levels).lower()


def fault_of(answer: Answer) -> Fault:
    """Take the error out of an answer."""
    try:
        document = msgspec.json.decode(answer.body) if answer.body else None
    except msgspec.MsgspecError:
        # HTML from a gateway: its words help a person, its markup nobody.
        return Fault(answer.status, (Words("", ""),))
    return Fault(answer.status, tuple(_levels(document, 0)))


def status_name(status: int) -> str:
    """The name of an HTTP status in Azure's spelling: 503 is ``ServiceUnavailable``."""
    try:
        return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
    except ValueError:
        return f"Http{status}"


def tidy(text: str) -> str:
    """Make a text of the platform safe to print: no control characters but line ends, a bounded length."""
    clean = "".join(char for char in text if char == "\n" or char.isprintable())
    return clean.strip()[:_LONGEST_TEXT]


def _levels(node: object, depth: int) -> Iterator[Words]:
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        for entry in node:
            yield from _levels(entry, depth + 1)
    if not isinstance(node, Mapping):
        return
    folded = {str(name).lower(): value for name, value in node.items()}
    code = folded.get("code") or folded.get("internalerrorcode")
    words = Words(_text(code), _text(folded.get("message")))
    if words.code or words.message:
        yield words
    for name in _NESTED:
        yield from _levels(folded.get(name), depth + 1)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
