"""All spec files of one look at once: the fleets they describe, those they break, and every mistake.

A document with a mistake freezes its own fleet and no other. Which fleet that is, is read from whatever
can be read of it. What two documents claim is refused to both: nobody can know who is right.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from controller.spec.codes import Code
from controller.spec.diagnostics import Diagnostic, Severity, in_order
from controller.spec.examine import examine, is_other_document, place_finding, text_at
from controller.spec.nodes import Path, is_null, plain, value_span
from controller.spec.payload import load_payloads
from controller.spec.resolve import Origin, resolve
from controller.spec.secrets import SpecLines
from controller.spec.source import (
    FileRefusedError,
    Problem,
    ReadFile,
    SourceFile,
    to_diagnostic,
)
from controller.spec.syntax import Document, compose
from controller.spec.text import decode, forbidden_characters, split_lines
from providers.base import GroupRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from controller.spec.model.fleet import FleetDocument
    from controller.spec.nodes import Node
    from controller.spec.values import Fleet
    from providers.base import Document as JsonDocument

MAX_TOLD = 100
"""Problems told of one document; who has more will not read them all, and words cost time."""
_NAME: Path = ("metadata", "name")
_SCALE_SET: Path = ("spec", "azure", "scaleSet")


@dataclass(frozen=True, slots=True)
class BrokenSpec:
    """A document that must not be acted upon. What could not be read of it is None.

    ``group_id`` is the scale set's ARM id in lower case. A broken spec without a ``group_id`` may be any
    fleet's: while there is one, the absence of a spec means nothing.
    """

    name: str | None
    group_id: str | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class SpecSet:
    """What a set of files says. ``fleets`` and ``broken`` are in the order of files and lines."""

    fleets: tuple[Fleet, ...]
    broken: tuple[BrokenSpec, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that break something."""
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.is_error)


@dataclass(slots=True)
class _Draft:
    """One document on its way to a fleet."""

    file: str
    text: SpecLines
    line: int
    root: Node | None
    name: str | None
    group_id: str | None
    problems: list[Problem] = field(default_factory=list)
    model: FleetDocument | None = None
    payloads: dict[Path, str] = field(default_factory=dict)

    @property
    def broken(self) -> bool:
        return self.model is None or any(
            problem.severity is Severity.ERROR for problem in self.problems
        )


@dataclass(frozen=True, slots=True)
class _Examined:
    """One file as it was examined, with what the files that it refers to held or why they were refused."""

    source: SourceFile
    read: Mapping[str, bytes | str]
    drafts: tuple[_Draft, ...]
    loose: tuple[Diagnostic, ...]


class CompileMemory:
    """Files as they were examined last. One that has not changed, nor what it refers to, is not examined again.

    That saves most of the time when one of many specs has been edited. What comes out is the same.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Examined] = {}

    def drafts(
        self, source: SourceFile, read: ReadFile | None
    ) -> tuple[list[_Draft], list[Diagnostic]]:
        """Examine a file, or remember what came out; the drafts are the caller's own."""
        known = self._known.get(source.path)
        if known is None or known.source != source or not _reads_the_same(known, read):
            answers: dict[str, bytes | str] = {}
            drafts, loose = _drafts(source, _recording(read, answers) if read else None)
            known = _Examined(source, answers, tuple(drafts), tuple(loose))
            self._known[source.path] = known
        own = [replace(draft, problems=list(draft.problems)) for draft in known.drafts]
        return own, list(known.loose)

    def forget_all_but(self, paths: Iterable[str]) -> None:
        """Forget files that are not there any more."""
        self._known = {path: self._known[path] for path in paths if path in self._known}


def _reads_the_same(known: _Examined, read: ReadFile | None) -> bool:
    if read is None:
        return not known.read
    return all(_answer(read, known.source, name) == answer for name, answer in known.read.items())


def _recording(read: ReadFile, answers: dict[str, bytes | str]) -> ReadFile:
    def recording(source: SourceFile, relative: str) -> bytes:
        answer = answers[relative] = _answer(read, source, relative)
        if isinstance(answer, str):
            raise FileRefusedError(answer)
        return answer

    return recording


def _answer(read: ReadFile, source: SourceFile, relative: str) -> bytes | str:
    try:
        return read(source, relative)
    except FileRefusedError as refused:
        return str(refused)


def compile_specs(
    files: Sequence[SourceFile],
    read_file: ReadFile | None = None,
    *,
    memory: CompileMemory | None = None,
) -> SpecSet:
    """Read all documents of ``files``. Never raises for any content.

    ``read_file`` reads a file that a spec refers to and raises ``FileRefusedError``; without it such a
    reference is a mistake. ``memory`` is that of an earlier call, for who compiles much the same again.
    """
    drafts: list[_Draft] = []
    diagnostics: list[Diagnostic] = []
    examine_file = _drafts if memory is None else memory.drafts
    for source in files:
        found, loose = examine_file(source, read_file)
        drafts += found
        diagnostics += loose
    if memory is not None:
        memory.forget_all_but(source.path for source in files)
    _claims(drafts)
    for draft in drafts:
        diagnostics += (
            to_diagnostic(problem, draft.file, draft.text) for problem in _told(draft.problems)
        )
    return SpecSet(
        fleets=tuple(_fleet(draft) for draft in drafts if not draft.broken),
        broken=tuple(
            BrokenSpec(draft.name, draft.group_id, draft.file, draft.line)
            for draft in drafts
            if draft.broken
        ),
        diagnostics=in_order(diagnostics),
    )


def _drafts(source: SourceFile, read: ReadFile | None) -> tuple[list[_Draft], list[Diagnostic]]:
    text = decode(source.content)
    if isinstance(text, Problem):
        shown = source.content.decode("utf-8", "replace").removeprefix("\ufeff")
        return _unreadable(source, [text], SpecLines(split_lines(shown)))
    lines = SpecLines(split_lines(text))
    forbidden = list(forbidden_characters(lines.lines))
    if forbidden:
        return _unreadable(source, forbidden, lines)
    composed = compose(text)
    documents = [d for d in composed.documents if not (d.sound and _is_empty(d.root))]
    if not documents:
        empty = Problem(
            Code.EMPTY_DOCUMENT,
            "the file holds no document",
            help="describe a fleet in it, or remove the file",
        )
        return _unreadable(source, [empty], lines)
    if not composed.problems and all(is_other_document(d.root) for d in documents):
        return [], []
    fleets = [d for d in documents if not is_other_document(d.root) or not d.sound]
    drafts = [_draft(source, lines, document, read) for document in fleets]
    _hand_out(composed.problems, drafts)
    if composed.ended_early and (drafts[-1].name, drafts[-1].group_id) != (None, None):
        drafts.append(_Draft(source.path, lines, drafts[-1].line, None, None, None))
    return drafts, []


def _is_empty(root: Node | None) -> bool:
    return root is not None and is_null(root)


def _unreadable(
    source: SourceFile, problems: list[Problem], lines: SpecLines
) -> tuple[list[_Draft], list[Diagnostic]]:
    draft = _Draft(source.path, lines, 1, None, None, None)
    return [draft], [to_diagnostic(problem, source.path, lines) for problem in problems]


def _draft(
    source: SourceFile, lines: SpecLines, document: Document, read: ReadFile | None
) -> _Draft:
    root = document.root
    draft = _Draft(source.path, lines, document.line, root, text_at(root, _NAME), _claimed_id(root))
    if root is None or not document.whole:
        return draft
    examined = examine(root)
    draft.problems += examined.problems
    draft.model = examined.model
    if examined.model is not None:
        payloads = load_payloads(examined.model, source, read)
        draft.payloads = payloads.texts
        draft.problems += [place_finding(finding, root) for finding in payloads.findings]
    return draft


def _claimed_id(root: Node | None) -> str | None:
    subscription = text_at(root, ("spec", "azure", "subscription"))
    group = text_at(root, ("spec", "azure", "resourceGroup"))
    name = text_at(root, _SCALE_SET) or text_at(root, _NAME)
    if subscription is None or group is None or name is None:
        return None
    return GroupRef(subscription, group, name, "").id.lower()


def _told(problems: list[Problem]) -> list[Problem]:
    """Leave it at the first so many problems of one document, in its order, and say how many follow."""
    if len(problems) <= MAX_TOLD:
        return problems
    ordered = sorted(problems, key=lambda one: (one.severity, one.span.line, one.span.column))
    last = ordered[MAX_TOLD - 1]
    more = f"and {len(problems) - MAX_TOLD:,} more in this document"
    return [*ordered[: MAX_TOLD - 1], replace(last, notes=(*last.notes, more))]


def _hand_out(problems: list[Problem], drafts: list[_Draft]) -> None:
    """Give each problem of the text to its document; there, nothing else is said of the same place."""
    places = {(problem.span.line, problem.span.column) for problem in problems}
    for draft in drafts:
        draft.problems = [
            other for other in draft.problems if (other.span.line, other.span.column) not in places
        ]
    for problem in problems:
        own = next((d for d in reversed(drafts) if d.line <= problem.span.line), drafts[0])
        own.problems.append(problem)


def _claims(drafts: list[_Draft]) -> None:
    sets = Counter(draft.group_id for draft in drafts if draft.group_id is not None)
    names = Counter(draft.name for draft in drafts if draft.name is not None)
    for draft in drafts:
        if draft.group_id is not None and sets[draft.group_id] > 1:
            others = _others(drafts, draft, lambda other: other.group_id)
            draft.problems.append(_claimed_set(draft, others))
        elif draft.name is not None and names[draft.name] > 1:
            others = _others(drafts, draft, lambda other: other.name)
            draft.problems.append(_claimed_name(draft, others))


def _others(
    drafts: Iterable[_Draft], own: _Draft, key: Callable[[_Draft], str | None]
) -> tuple[str, ...]:
    return tuple(
        f"claimed also in {other.file}:{other.line}"
        for other in drafts
        if other is not own and key(other) == key(own)
    )


def _claimed_set(draft: _Draft, others: tuple[str, ...]) -> Problem:
    root = cast("Node", draft.root)
    path = _SCALE_SET if text_at(root, _SCALE_SET) is not None else _NAME
    return Problem(
        Code.SCALE_SET_TWICE,
        f"two documents claim the scale set `{text_at(root, path)}`",
        value_span(root, path),
        help="keep one document for each scale set; until then neither is acted upon",
        notes=others,
    )


def _claimed_name(draft: _Draft, others: tuple[str, ...]) -> Problem:
    return Problem(
        Code.FLEET_NAME_TWICE,
        f"two fleets are called `{draft.name}`",
        value_span(cast("Node", draft.root), _NAME),
        help="give each fleet a name of its own; until then neither is acted upon",
        notes=others,
    )


def _fleet(draft: _Draft) -> Fleet:
    raw = cast("JsonDocument", plain(cast("Node", draft.root)))
    origin = Origin(f"{draft.file}:{draft.line}", raw)
    return resolve(cast("FleetDocument", draft.model), origin, draft.payloads)
