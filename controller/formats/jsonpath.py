"""Templates of JSONPath in kubectl's dialect: ``{range .items[*]}{.name} is {.status}{end}``.

Text outside of braces stands for itself. Inside them: a path, a quoted text, ``range PATH`` or ``end``. A path
that leads nowhere gives nothing, several values are divided by a blank, as kubectl has it. Nothing here can
run code or take long: a path goes through the document once.
"""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from providers.base import Json

    _Step: TypeAlias = Callable[[Json], Iterator[Json]]

MISSING = "<none>"
"""What a column shows where its path leads nowhere."""

_PIECE = re.compile(r"\{((?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^{}\"'])*)\}")
_PART = re.compile(
    r"""\.\.(?P<deep>\*|(?:[\w/-]|\\.)+)
      | \.(?P<name>\*|(?:[\w/-]|\\.)+)
      | \[\s*(?:
            \?\(\s*(?P<filter>[^()]*?)\s*\)
          | (?P<slice>-?\d*:-?\d*(?::-?\d+)?)
          | (?P<all>\*)
          | (?P<numbers>-?\d+(?:\s*,\s*-?\d+)*)
          | (?P<names>'[^']*'(?:\s*,\s*'[^']*')*|"[^"]*"(?:\s*,\s*"[^"]*")*)
        )\s*\]""",
    re.VERBOSE,
)
_FILTER = re.compile(r"(@[^=!<>]*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+))?")
_COMPARE: Mapping[str, Callable[[Any, Any], object]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class JsonPathError(ValueError):
    """A template or path is written wrongly. Its text is the sentence."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path through a document."""

    steps: tuple[_Step, ...]

    def find(self, document: Json) -> list[Json]:
        """All values to which the path leads, in the document's order."""
        found: list[Json] = [document]
        for step in self.steps:
            found = [value for one in found for value in step(one)]
        return found


@dataclass(frozen=True, slots=True)
class _Loop:
    path: Path
    body: tuple[_Piece, ...]


_Piece: TypeAlias = "str | Path | _Loop"


@dataclass(frozen=True, slots=True)
class Template:
    """A whole template."""

    pieces: tuple[_Piece, ...]

    def render(self, document: Json) -> str:
        """Fill the template in."""
        return _rendered(self.pieces, document)


def parse_template(text: str) -> Template:
    """Read a template; a path without braces is one too. Raises ``JsonPathError``."""
    if "{" not in text:
        return Template((parse_path(text),))
    words = _words(text)
    pieces, ended = _pieces(words)
    if ended:
        raise JsonPathError("`{end}` without `{range ...}`")
    return Template(pieces)


def parse_path(text: str) -> Path:
    """Read a path such as ``.items[*].name``; ``$`` or ``@`` may stand first. Raises ``JsonPathError``."""
    rest = text.strip().removeprefix("$").removeprefix("@")
    if rest and rest[0] not in ".[":
        rest = f".{rest}"
    if rest == ".":
        rest = ""
    steps: list[_Step] = []
    at = 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None:
            raise JsonPathError(f"`{rest[at:]}` is no part of a path, in `{text}`")
        steps.append(_step(part))
        at = part.end()
    return Path(tuple(steps))


def value_text(value: Json) -> str:
    """A value as it is printed: a text as it is, everything else as JSON in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def column_text(path: Path, document: Json) -> str:
    """What a column shows: all values divided by commas, ``<none>`` without any."""
    found = [value for value in path.find(document) if value is not None]
    return ",".join(map(value_text, found)) or MISSING


def _rendered(pieces: Sequence[_Piece], document: Json) -> str:
    parts: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
        elif isinstance(piece, Path):
            parts.append(" ".join(map(value_text, piece.find(document))))
        else:
            parts += [_rendered(piece.body, one) for one in piece.path.find(document)]
    return "".join(parts)


def _words(text: str) -> Iterator[tuple[bool, str]]:
    """The template in pieces: whether each stood in braces, and what."""
    at = 0
    for found in _PIECE.finditer(text):
        yield from _plain(text[at : found.start()])
        yield True, found[1].strip()
        at = found.end()
    yield from _plain(text[at:])


def _plain(text: str) -> Iterator[tuple[bool, str]]:
    if "{" in text or "}" in text:
        raise JsonPathError(f"a brace has no partner in `{text}`")
    if text:
        yield False, text


def _pieces(words: Iterator[tuple[bool, str]]) -> tuple[tuple[_Piece, ...], bool]:
    """Pieces up to the end or to ``{end}``, and whether it was that."""
    found: list[_Piece] = []
    for inside, word in words:
        if not inside:
            found.append(word)
        elif word == "end":
            return tuple(found), True
        elif word.startswith("range "):
            body, ended = _pieces(words)
            if not ended:
                raise JsonPathError("`{range ...}` without `{end}`")
            found.append(_Loop(parse_path(word.removeprefix("range ")), body))
        elif word[:1] in {'"', "'"}:
            found.append(_unquoted(word))
        else:
            found.append(parse_path(word))
    return tuple(found), False


def _unquoted(word: str) -> str:
    if word[0] == "'":
        return word[1:-1]
    try:
        return str(json.loads(word))
    except ValueError as error:
        raise JsonPathError(f"{word} is no text in quotes") from error


def _step(part: re.Match[str]) -> _Step:
    if part["deep"]:
        return _deep(_unescaped(part["deep"]))
    if part["name"] or part["all"]:
        return _children if part["name"] in {"*", None} else _named((_unescaped(part["name"]),))
    if part["names"]:
        return _named(tuple(re.findall(r"'([^']*)'|\"([^\"]*)\"", part["names"])))
    if part["filter"] is not None:
        return _filter(part["filter"])
    return _sliced(part["slice"]) if part["slice"] else _numbered(part["numbers"])


def _unescaped(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)


def _named(names: tuple[str | tuple[str, ...], ...]) -> _Step:
    wanted = ["".join(one) for one in names]

    def step(value: Json) -> Iterator[Json]:
        if isinstance(value, dict):
            yield from (value[name] for name in wanted if name in value)

    return step


def _numbered(text: str) -> _Step:
    numbers = [int(one) for one in text.split(",")]

    def step(value: Json) -> Iterator[Json]:
        if isinstance(value, list):
            yield from (value[one] for one in numbers if -len(value) <= one < len(value))

    return step


def _sliced(text: str) -> _Step:
    bounds = [int(one) if one else None for one in text.split(":")]
    if bounds[2:] == [0]:
        raise JsonPathError(f"the step of `[{text}]` is zero")

    def step(value: Json) -> Iterator[Json]:
        if isinstance(value, list):
            yield from value[slice(*bounds)]

    return step


def _children(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _deep(name: str) -> _Step:
    here = _children if name == "*" else _named((name,))

    def step(value: Json) -> Iterator[Json]:
        yield from here(value)
        for child in _children(value):
            yield from step(child)

    return step


def _filter(text: str) -> _Step:
    parsed = _FILTER.fullmatch(text)
    if parsed is None:
        raise JsonPathError(f'`{text}` is no filter such as `@.status=="Ready"`')
    path = parse_path(parsed[1])
    compare = _COMPARE.get(parsed[2] or "")
    literal = _literal(parsed[3]) if parsed[3] else None

    def passes(value: Json) -> bool:
        found = path.find(value)
        if compare is None:
            return bool(found)
        return bool(found) and _compared(compare, found[0], literal)

    def step(value: Json) -> Iterator[Json]:
        yield from (one for one in _children(value) if passes(one))

    return step


def _compared(compare: Callable[[Any, Any], object], value: Json, literal: object) -> bool:
    try:
        return bool(compare(value, literal))
    except TypeError:
        return False  # A text is neither more nor less than a number.


def _literal(text: str) -> object:
    text = text.strip()
    if text[0] == "'" == text[-1]:
        return text[1:-1]
    try:
        return json.loads(text)
    except ValueError as error:
        raise JsonPathError(f"`{text}` is neither a number nor a text in quotes") from error
