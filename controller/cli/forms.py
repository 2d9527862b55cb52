"""The formats of ``-o`` that kubectl's users know: words, and ``jsonpath=`` and ``custom-columns=`` with a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.formats.jsonpath import Path, Template

JSONPATH = "jsonpath"
COLUMNS = "custom-columns"
_ALIASES = {"table": "text"}


@dataclass(frozen=True, slots=True)
class Form:
    """One format. ``template`` is that of ``jsonpath=``, ``columns`` are those of ``custom-columns=``."""

    word: str
    template: Template | None = None
    columns: tuple[tuple[str, Path], ...] = ()


if TYPE_CHECKING:
    _FormParameter = click.ParamType[Form]
else:
    # Generic for the type checker only: click 8.2 knows nothing of it.
    _FormParameter = click.ParamType


class FormType(_FormParameter):
    """Reads ``-o``; a template is parsed here, so that a mistake in it is wrong usage."""

    name = "form"

    def __init__(self, words: Sequence[str], *, columns: bool = False) -> None:
        self._words = tuple(words)
        self._columns = columns

    @property
    def words(self) -> str:
        """All formats, for a help line."""
        *most, last = self._names()
        return f"{', '.join(most)} or {last}"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Form:
        """Read one value. Fails as click's own types do."""
        if isinstance(value, Form):
            return value
        word, _, argument = str(value).partition("=")
        try:
            if word == JSONPATH:
                return Form(word, template=_template(argument))
            if word == COLUMNS and self._columns:
                return Form(word, columns=_columns(argument))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        word = _ALIASES.get(word, word)
        if word not in self._words or argument:
            self.fail(f"{str(value)!r} is not {self.words}", param, ctx)
        return Form(word)

    def _names(self) -> list[str]:
        more = [f"{JSONPATH}=TEMPLATE", *([f"{COLUMNS}=SPEC"] if self._columns else [])]
        return [*self._words, *more]


def _template(text: str) -> Template:
    from controller.formats.jsonpath import parse_template

    return parse_template(text)


def _columns(text: str) -> tuple[tuple[str, Path], ...]:
    from controller.formats.jsonpath import parse_path

    columns = []
    for one in text.split(","):
        header, _, path = one.partition(":")
        if not header or not path:
            raise ValueError(f"`{one}` is no column such as NAME:.name")
        columns.append((header, parse_path(path.strip().strip("{}"))))
    return tuple(columns)
