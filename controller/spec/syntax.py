"""From YAML text to nodes with places, in one run over the parser's events.

Limits are checked on each event before anything is built from it, so neither deep nesting nor an alias
bomb costs memory, time or the process (libyaml's composer overflows the C stack at some 30,000 ``[``).
Nothing is constructed by PyYAML: this module refuses what specs do not need (anchors, aliases, tags,
merge keys, keys that are not text, duplicate keys) and ``scalars`` says what a value means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from controller.spec.codes import Code
from controller.spec.diagnostics import Span
from controller.spec.nodes import Listing, Node, Scalar, Table
from controller.spec.scalars import resolve
from controller.spec.source import Problem
from controller.spec.text import FORBIDDEN, character_name
from controller.spec.yamlerrors import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 32
MAX_EVENTS = 20_000
MAX_DOCUMENTS = 64


@dataclass(slots=True)
class Document:
    """One YAML document.

    ``whole`` is False when something inside stopped the reading: ``root`` then holds what came before.
    ``sound`` is False when anything in it was refused, even if all of it could be read.
    """

    root: Node | None
    line: int
    whole: bool = True
    sound: bool = True


@dataclass(slots=True)
class Composed:
    """What one text yielded: its documents in order, and what is wrong with them.

    ``ended_early``: the rest of the text could not be read, so there may be documents that nobody saw.
    """

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ended_early: bool = False


class _RefusedError(Exception):
    """The rest of the document is not looked at."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _StopError(_RefusedError):
    """The rest of the text is not looked at."""


def best_loader() -> type:
    """Choose libyaml's parser, or the one in Python where PyYAML was built without libyaml."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(text: str, *, loader: type | None = None) -> Composed:
    """Compose all documents of ``text``. Never raises for any text."""
    composer = _Composer()
    try:
        for event in _events(text, loader or best_loader()):
            composer.take(event)
    except _StopError as stop:
        composer.stop(stop.problem)
    except yaml.YAMLError as error:
        composer.break_off(explain(error, text))
    return composer.composed


def _events(text: str, loader: type) -> Iterator[yaml.Event]:
    for number, event in enumerate(yaml.parse(text, Loader=loader), start=1):
        if number > MAX_EVENTS:
            raise _StopError(
                Problem(
                    Code.TOO_MANY_EVENTS,
                    f"the file holds more than {MAX_EVENTS:,} YAML events",
                    _span(event),
                    help="put each fleet into a file of its own",
                )
            )
        yield event


def _span(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:  # the classes allow it; neither parser does it
        return Span(1, 1, 2)
    column = start.column + 1
    past = end.column + 1 if end.line == start.line else column + 1
    return Span(start.line + 1, column, max(past, column + 1))


class _Composer:
    """Builds nodes from events on an explicit stack, so that depth is a number and not a call stack."""

    def __init__(self) -> None:
        self.composed = Composed()
        self._stack: list[Table | Listing] = []
        self._keys: list[tuple[str, Span] | None] = []
        self._document: Document | None = None
        self._unended: Document | None = None
        self._skipped_depth = 0

    def take(self, event: yaml.Event) -> None:
        """Build on with one event."""
        skipped = self._document is not None and not self._document.whole
        if skipped and not isinstance(event, yaml.DocumentEndEvent):
            self._skip(event)
            return
        try:
            self._act(event)
        except _StopError:
            raise
        except _RefusedError as refused:
            self._abandon(refused.problem)

    def _skip(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.CollectionStartEvent):
            self._skipped_depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            self._skipped_depth -= 1
        if self._skipped_depth > MAX_DEPTH:
            raise _StopError(_too_deep(_span(event)))

    def _act(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(event, Table(_span(event)))
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(event, Listing(_span(event)))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._stack.pop()
            self._keys.pop()
        elif isinstance(event, yaml.AliasEvent):
            raise _RefusedError(_anchor_problem(_span(event), f"alias `*{event.anchor}`"))
        elif isinstance(event, yaml.DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, yaml.DocumentEndEvent):
            self._end_document(event)

    def break_off(self, problem: Problem) -> None:
        """What follows is no YAML. Where nothing ended the document before, it stands in that document.

        ``{kind: Fleet, ...} ]`` is one document with a bracket too many, and not a fleet and some noise.
        """
        if self._document is None:
            self._document = self._unended
        self.stop(problem)

    def stop(self, problem: Problem) -> None:
        """Keep what is complete; mark the document in which the text broke off."""
        self.composed.ended_early = True
        if self._document is None:
            self._document = Document(None, max(problem.span.line, 1))
            self.composed.documents.append(self._document)
        self._abandon(problem)

    def _abandon(self, problem: Problem) -> None:
        if self._document is None or self._document.whole:
            self.composed.problems.append(problem)
        if self._document is not None:
            self._document.whole = self._document.sound = False

    def _start_document(self, event: yaml.DocumentStartEvent) -> None:
        if len(self.composed.documents) >= MAX_DOCUMENTS:
            raise _StopError(
                Problem(
                    Code.TOO_MANY_DOCUMENTS,
                    f"the file holds more than {MAX_DOCUMENTS} documents",
                    _span(event),
                    help="spread the fleets over several files",
                )
            )
        self._document, self._unended = Document(None, _span(event).line), None
        self.composed.documents.append(self._document)

    def _end_document(self, event: yaml.DocumentEndEvent) -> None:
        self._unended = None if event.explicit else self._document
        self._document = None
        self._stack.clear()
        self._keys.clear()
        self._skipped_depth = 0

    def _open(self, event: yaml.CollectionStartEvent, node: Table | Listing) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise _StopError(_too_deep(_span(event)))
        self._check_anchor(event)
        self._check_tag(event)
        self._place(node)
        self._stack.append(node)
        self._keys.append(None)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._check_anchor(event)
        self._check_tag(event)
        span = _span(event)
        plain = not event.style
        text: str = event.value
        value = resolve(text) if plain else text
        if isinstance(value, Problem):
            self._refuse(value, span)
            value = text
        elif not plain:
            self._check_escapes(text, span)
        self._place(Scalar(value, text, plain, span))

    def _place(self, node: Node) -> None:
        if not self._stack:
            if self._document is not None:
                self._document.root = node
            return
        parent = self._stack[-1]
        if isinstance(parent, Listing):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = self._key(parent, node)
            return
        name, span = key
        self._keys[-1] = None
        if name not in parent.entries:
            parent.entries[name] = node
            parent.keys[name] = span

    def _key(self, parent: Table, node: Node) -> tuple[str, Span]:
        if not isinstance(node, Scalar):
            raise _RefusedError(_at(_COLLECTION_KEY, node.span))
        if not isinstance(node.value, str):
            self._refuse(_key_problem(node), node.span)
            return (node.text, node.span)
        if node.plain and node.text == "<<":
            raise _RefusedError(_merge_problem(node.span))
        first = parent.keys.get(node.value)
        if first is not None:
            problem = Problem(
                Code.DUPLICATE_KEY,
                f"`{node.value}` stands twice in this mapping",
                label="again",
                help="keep one of the two",
                notes=(f"it stands first at line {first.line}, column {first.column}",),
            )
            self._refuse(problem, node.span)
        return (node.value, node.span)

    def _refuse(self, problem: Problem, span: Span) -> None:
        self.composed.problems.append(_at(problem, span))
        if self._document is not None:
            self._document.sound = False

    def _check_anchor(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            raise _RefusedError(_anchor_problem(_span(event), f"anchor `&{event.anchor}`"))

    def _check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            problem = Problem(
                Code.TAG,
                f"tag `{event.tag}` is not allowed in a spec",
                help="remove it; quote a value that is to be text",
            )
            raise _RefusedError(_at(problem, _span(event)))

    def _check_escapes(self, text: str, span: Span) -> None:
        match = FORBIDDEN.search(text)
        if match is not None:
            problem = Problem(
                Code.FORBIDDEN_CHARACTER,
                f"this text holds {character_name(match[0])}, written as an escape",
                help="remove the escape",
            )
            self._refuse(problem, span)


def _at(problem: Problem, span: Span) -> Problem:
    return Problem(problem.code, problem.message, span, problem.label, problem.help, problem.notes)


def _too_deep(span: Span) -> Problem:
    return Problem(
        Code.TOO_DEEP,
        f"lists and mappings are nested more than {MAX_DEPTH} deep",
        span,
        help="a spec is at most some ten levels deep; look for a bracket too many",
    )


def _anchor_problem(span: Span, what: str) -> Problem:
    return Problem(
        Code.ANCHOR,
        f"{what} is not allowed in a spec",
        span,
        help="write the value out; a spec says everything where it is read",
        notes=("aliases let a small file grow without bounds, so they are refused altogether",),
    )


def _merge_problem(span: Span) -> Problem:
    return Problem(
        Code.MERGE_KEY,
        "merge key `<<` is not allowed in a spec",
        span,
        help="write the fields out; YAML 1.2 has no merge keys",
    )


_COLLECTION_KEY = Problem(
    Code.KEY_NOT_TEXT,
    "a list or mapping cannot be a key",
    help="quote the value if it holds braces or brackets, such as `{name}`",
)


def _key_problem(key: Scalar) -> Problem:
    if not key.text:
        return Problem(
            Code.KEY_NOT_TEXT,
            "a key is missing before the colon",
            help="write the field's name",
        )
    return Problem(
        Code.KEY_NOT_TEXT, f"key `{key.text}` is not text", help=f'quote it: `"{key.text}":`'
    )
