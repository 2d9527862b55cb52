"""What libyaml and PyYAML say about broken text, said so that it helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from controller.spec.codes import Code
from controller.spec.diagnostics import Span
from controller.spec.source import Problem
from controller.spec.text import split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

_REMEDIES: Sequence[tuple[str, str]] = (
    ("mapping values are not allowed", "quote a value that holds `: `, or check the indentation"),
    ("did not find expected key", "check the indentation of this line and the one before it"),
    ("expected <block end>", "check the indentation of this line and the one before it"),
    ("did not find expected '-' indicator", "start each entry of the list with `- `"),
    ("did not find expected ',' or", "close the bracket or brace, or put a comma between entries"),
    ("expected ',' or", "close the bracket or brace, or put a comma between entries"),
    ("<document start>", "remove it, or put `---` on a line of its own before a further document"),
    ("found unexpected end of stream", "close the quote"),
    ("while scanning a quoted scalar", "close the quote"),
    ("could not find expected ':'", "put `: ` (colon and space) after the key"),
    ("found unknown escape character", "use single quotes, or write the backslash twice"),
    ("cannot start any token", "quote the value"),
)


def explain(error: yaml.YAMLError, text: str) -> Problem:
    """Turn the parser's complaint into a problem at its place in ``text``."""
    lines = split_lines(text)
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(Code.YAML_SYNTAX, "the text is not YAML", Span(1, 1, 2))
    unfinished_key = "could not find expected ':'" in (error.problem or "")
    mark = (unfinished_key and error.context_mark) or error.problem_mark or error.context_mark
    if mark is None:
        return Problem(Code.YAML_SYNTAX, "the text is not YAML", Span(1, 1, 2))
    line, column = mark.line + 1, mark.column + 1
    while line > 1 and (line > len(lines) or not lines[line - 1].strip()):
        line -= 1
        column = len(lines[line - 1].rstrip()) + 1 if line <= len(lines) else 1
    said = " ".join(part for part in (error.problem, error.context) if part)
    on_line = lines[line - 1] if line <= len(lines) else ""
    return Problem(
        Code.YAML_SYNTAX,
        _sentence(error),
        Span(line, column, column + 1),
        help=_remedy(said, on_line),
    )


def _sentence(error: yaml.MarkedYAMLError) -> str:
    said = error.problem or "unexpected text"
    began = error.context_mark.line if error.context_mark is not None else None
    ended = error.problem_mark.line if error.problem_mark is not None else None
    unfinished_key = "simple key" in (error.context or "")
    if error.context and began is not None and began != ended and not unfinished_key:
        return f"not YAML: {said} ({error.context} that began at line {began + 1})"
    return f"not YAML: {said}"


def _remedy(said: str, line: str) -> str:
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation or "'\\t'" in said:
        return "YAML does not allow tabs for indentation; use spaces"
    for fragment, remedy in _REMEDIES:
        if fragment in said:
            return remedy
    return "check quotes, brackets and indentation around this place"
