"""Expressions of ARM templates, ``[concat('web', copyIndex())]``, taken apart.

Grammar: a text in single quotes (a quote inside is doubled), a number, or a call; behind it any number of
``.name`` and ``[index]``. A text that begins with ``[[`` is no expression: it loses one bracket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from providers.arm.errors import Refusal

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_][\w]*)|(?P<mark>[()\[\],.]))"
)
# Ours: deep enough for what people write, and far from the interpreter's limit.
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments; the name is as written."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """What stands behind a dot or in brackets."""

    base: Node
    key: Node


Node: TypeAlias = Literal | Call | Member


def parsed_expression(text: object) -> Node | None:
    """The expression in a text; None if the text is only a text. Raises ``Refusal`` (400) if it is broken."""
    if not isinstance(text, str) or not text.startswith("[") or not text.endswith("]"):
        return None
    if text.startswith("[["):
        return Literal(text[1:])
    reader = _Reader(text[1:-1])
    node = reader.value(0)
    if not reader.at_end():
        raise broken(text[1:-1], "there is something behind its end")
    return node


def broken(text: str, why: str) -> Refusal:
    """An expression or template that cannot be understood."""
    return Refusal(
        400,
        "InvalidTemplate",
        f"Unable to process template language expressions in '{text}': '{why}.'. Please see "
        "https://aka.ms/arm-functions for usage details.",
        gateway=True,
    )


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)
        self._at = 0

    def value(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise broken(self._text[:80], f"it is nested more than {_DEEPEST} deep")
        kind, word = self._next()
        if kind == "text":
            node: Node = Literal(word[1:-1].replace("''", "'"))
        elif kind == "number":
            node = Literal(int(word))
        elif kind == "name":
            node = self._call(word, depth)
        else:
            raise broken(self._text, f"'{word}' stands where a value is expected")
        return self._members(node, depth)

    def at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def _call(self, name: str, depth: int) -> Call:
        self._expect("(")
        arguments: list[Node] = []
        while self._peek() != ")":
            if arguments:
                self._expect(",")
            arguments.append(self.value(depth + 1))
        self._expect(")")
        return Call(name, tuple(arguments))

    def _members(self, node: Node, depth: int) -> Node:
        while self._peek() in {".", "["}:
            if self._next()[1] == ".":
                kind, word = self._next()
                if kind != "name":
                    raise broken(self._text, f"'{word}' stands where a name is expected")
                node = Member(node, Literal(word))
            else:
                node = Member(node, self.value(depth + 1))
                self._expect("]")
        return node

    def _expect(self, mark: str) -> None:
        word = self._next()[1]
        if word != mark:
            raise broken(self._text, f"'{word}' stands where '{mark}' is expected")

    def _peek(self) -> str:
        return "" if self.at_end() else self._tokens[self._at][1]

    def _next(self) -> tuple[str, str]:
        if self.at_end():
            raise broken(self._text, "it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    @staticmethod
    def _split(text: str) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise broken(text, f"'{text[at]}' is not understood")
            tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        return tokens
