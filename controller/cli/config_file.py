"""The config file: defaults for the options of commands, read with the rules that specs are read by.

A key at the top is a setting of every command that has it; below a command's name it is that command's
alone and stands over the one at the top. Keys are the long options in camelCase. Nothing unknown is passed
over, and a value has to be what its option takes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from controller.cli.settings import Setting, settings_of
from controller.spec.codes import Code
from controller.spec.diagnostics import Diagnostic, Span, in_order
from controller.spec.nodes import Listing, Node, Scalar, Table
from controller.spec.secrets import SpecLines
from controller.spec.source import Problem, to_diagnostic
from controller.spec.suggest import found, meant_field, suggest_value
from controller.spec.syntax import compose
from controller.spec.text import decode, forbidden_characters, split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SYSTEM_FILE = "/etc/evenkeel/config.yaml"
"""The only file that is read without being named: one that an ordinary user cannot put there.

A file of the present directory is never taken by itself. Specs are checked out from places where others
write, and a file beside them must not choose the cloud or the identity.
"""

NO_FILE = "none"


@dataclass(slots=True)
class Config:
    """What a file says. ``defaults`` are by command and option, as click takes them.

    ``places`` tell where each default stands, by command and option.
    """

    defaults: dict[str, Any] = field(default_factory=dict)
    places: dict[tuple[str, ...], str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def read_config(path: Path, program: click.Group) -> Config:
    """Read a config file. Raises OSError; whatever is wrong with what it says is in ``diagnostics``."""
    text = decode(path.read_bytes())
    if isinstance(text, Problem):
        return Config(diagnostics=(to_diagnostic(text, str(path), SpecLines()),))
    lines = split_lines(text)
    composed = compose(text)
    reader = _Reader(str(path), settings_of(program))
    reader.problems += [*forbidden_characters(lines), *composed.problems]
    if len(composed.documents) > 1:
        line = composed.documents[1].line
        words = "a config file is one document"
        reader.problems.append(Problem(Code.TOO_MANY_DOCUMENTS, words, Span(line, 1, 2)))
    elif composed.documents and composed.documents[0].root is not None:
        reader.read(composed.documents[0].root)
    shown = SpecLines(lines)
    found_wrong = in_order(to_diagnostic(one, str(path), shown) for one in reader.problems)
    return Config(reader.defaults, reader.places, found_wrong)


class _Reader:
    """Reads the one table of a config file."""

    def __init__(self, file: str, settings: Sequence[Setting]) -> None:
        self.defaults: dict[str, Any] = {}
        self.places: dict[tuple[str, ...], str] = {}
        self.problems: list[Problem] = []
        self._file = file
        self._settings = settings
        self._commands = {one.path for one in settings}

    def read(self, root: Node) -> None:
        """Read the whole; what belongs to a single command is put over what is said for all."""
        if isinstance(root, Scalar) and root.value is None:
            return
        if not isinstance(root, Table):
            self._wrong(Code.WRONG_TYPE, root, f"a config file is a mapping, not {found(root)}")
            return
        own: list[tuple[tuple[str, ...], Table]] = []
        for key, node in root.entries.items():
            known = [one for one in self._settings if one.key == key]
            if known and not isinstance(node, Table):
                self._take(known, node)
            elif any(path[0] == key for path in self._commands):
                own += self._sections((key,), node)
            else:
                self._unknown(root, key, ())
        for path, table in own:
            self._section(path, table)

    def _sections(self, path: tuple[str, ...], node: Node) -> list[tuple[tuple[str, ...], Table]]:
        if not isinstance(node, Table):
            words = f"`{' '.join(path)}` is a command: its settings stand below it"
            self._wrong(Code.WRONG_TYPE, node, words)
            return []
        if path in self._commands:
            return [(path, node)]
        return [
            section
            for key, inner in node.entries.items()
            for section in self._deeper(path, node, key, inner)
        ]

    def _deeper(
        self, path: tuple[str, ...], table: Table, key: str, node: Node
    ) -> list[tuple[tuple[str, ...], Table]]:
        if any(one[: len(path) + 1] == (*path, key) for one in self._commands):
            return self._sections((*path, key), node)
        self._unknown(table, key, path)
        return []

    def _section(self, path: tuple[str, ...], table: Table) -> None:
        for key, node in table.entries.items():
            known = [one for one in self._settings if one.path == path and one.key == key]
            if known:
                self._take(known, node)
            else:
                self._unknown(table, key, path)

    def _take(self, settings: Sequence[Setting], node: Node) -> None:
        """Set a value for every command that takes it; a command that has another idea of it is told."""
        refused: Counter[str] = Counter()
        for setting in settings:
            try:
                value = _value(setting.option, node)
            except _UnfitError as unfit:
                refused[str(unfit)] += 1
                if refused[str(unfit)] == 1:
                    self._wrong(unfit.code, node, str(unfit), help_line=unfit.remedy)
                continue
            table = self.defaults
            for word in setting.path:
                table = table.setdefault(word, {})
            table[setting.name] = value
            place = f"{self._file}:{node.span.line}:{node.span.column}"
            self.places[*setting.path, setting.name] = place

    def _unknown(self, table: Table, key: str, path: tuple[str, ...]) -> None:
        if path:
            known = [one.key for one in self._settings if one.path == path]
            known += [one[len(path)] for one in self._commands if one[: len(path)] == path != one]
        else:
            known = [one.key for one in self._settings] + [one[0] for one in self._commands]
        names = tuple(dict.fromkeys(known))
        meant = meant_field(key, names)
        remedy = f"did you mean `{meant}`?" if meant else "evenkeel config view lists them all"
        of = f" of `{' '.join(path)}`" if path else ""
        self.problems.append(
            Problem(
                Code.UNKNOWN_FIELD, f"there is no setting `{key}`{of}", table.keys[key], help=remedy
            )
        )

    def _wrong(self, code: Code, node: Node, message: str, *, help_line: str = "") -> None:
        self.problems.append(Problem(code, message, node.span, help=help_line))


class _UnfitError(Exception):
    """A value is not what its option takes. Its text is the sentence."""

    def __init__(self, sentence: str, code: Code = Code.WRONG_TYPE, remedy: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.remedy = remedy


def _value(option: click.Option, node: Node) -> object:
    """The value as click takes it from a map of defaults. Raises ``_UnfitError``."""
    if option.multiple:
        if not isinstance(node, Listing):
            raise _UnfitError(f"a list is needed here, not {found(node)}")
        return [_single(option, item) for item in node.items]
    return _single(option, node)


def _single(option: click.Option, node: Node) -> object:
    if not isinstance(node, Scalar) or node.value is None:
        raise _UnfitError(f"one value is needed here, not {found(node)}")
    wanted, words = _wanted(option)
    if not isinstance(node.value, wanted) or (wanted is not bool and isinstance(node.value, bool)):
        quote = f'quote it: `"{node.text}"`' if wanted is str else ""
        raise _UnfitError(f"{words} is needed here, not {found(node)}", remedy=quote)
    if isinstance(option.type, click.Choice):
        allowed = [str(one) for one in option.type.choices]
        if node.value not in allowed:
            remedy = suggest_value(node.text, allowed)
            raise _UnfitError(f"`{node.text}` is none of the values", Code.UNKNOWN_VALUE, remedy)
    try:
        option.type.convert(node.value, option, None)
    except click.BadParameter as wrong:
        raise _UnfitError(wrong.message, Code.OUT_OF_RANGE) from wrong
    return node.value


def _wanted(option: click.Option) -> tuple[type | tuple[type, ...], str]:
    if option.is_flag:
        return bool, "`true` or `false`"
    if option.count or isinstance(option.type, click.types.IntParamType):
        return int, "a whole number"
    if isinstance(option.type, click.types.FloatParamType):
        return (int, float), "a number"
    return str, "text"
