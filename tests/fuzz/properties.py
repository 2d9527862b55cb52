"""What must hold for any bytes whatever in the place of a spec file."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from typing import Any

import yaml

from controller.cli.diagnostics import FORMATS
from controller.spec.codes import Code
from controller.spec.compile import SpecSet, compile_specs
from controller.spec.diagnostics import Diagnostic
from controller.spec.nodes import is_null, plain
from controller.spec.source import SourceFile
from controller.spec.syntax import Composed, compose
from controller.spec.text import MAX_BYTES, split_lines

MAX_SECONDS = 2.0
"""CPU for one input: compiled, and told in four formats."""
_OF_THE_FILE = frozenset({Code.FILE_TOO_LARGE, Code.EMPTY_DOCUMENT})
"""What is said of a file as a whole has no line."""
_FILE = "any.yaml"


def compiled(content: bytes) -> SpecSet:
    return compile_specs([SourceFile(_FILE, content)])


def judge(content: bytes) -> SpecSet:
    """Raise ``AssertionError`` with a sentence unless every property holds that is cheap to look at."""
    began = time.process_time()
    specs = compiled(content)
    shown = {name: render(specs.diagnostics) for name, render in FORMATS.items()}
    took = time.process_time() - began
    assert took <= MAX_SECONDS, f"takes too long: {took:.2f} s"
    assert bool(specs.broken) == bool(specs.errors), "broken without an error, or the reverse"
    _told_in_every_format(specs, shown)
    lines = split_lines(content.decode("utf-8", "replace").removeprefix("\ufeff"))
    for diagnostic in specs.diagnostics:
        _inside(diagnostic, lines)
    is_unknown = any(broken.group_id is None for broken in specs.broken)
    if specs.errors and len(content) <= MAX_BYTES and (specs.fleets or not is_unknown):
        _no_fleet_beside_its_error(specs, content, is_unknown=is_unknown)
    if specs.fleets and not specs.errors:
        _same_when_written_anew(content, specs)
    return specs


def judge_by_both_parsers(content: bytes) -> None:
    """PyYAML's parser in Python, thirty times slower, reads the same where both of them read at all."""
    text = _text(content)
    if text is not None and len(content) < MAX_BYTES / 8:
        _same_to_both_parsers(text)


def _text(content: bytes) -> str | None:
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def _told_in_every_format(specs: SpecSet, shown: dict[str, str]) -> None:
    count = len(specs.diagnostics)
    assert len(json.loads(shown["json"])["diagnostics"]) == count, "JSON leaves something out"
    results = json.loads(shown["sarif"])["runs"][0]["results"]
    assert len(results) == count, "SARIF leaves something out"
    github = shown["github"]
    assert github.count("\n") + 1 == count if count else github == "", "an annotation is torn"
    assert "\x1b" not in shown["text"], "the text steers the terminal"
    for region in _regions(results):
        assert 1 <= region["startColumn"] < region["endColumn"], f"SARIF region {region}"


def _regions(results: list[Any]) -> Iterator[dict[str, int]]:
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        if "region" in place:
            yield place["region"]


def _inside(diagnostic: Diagnostic, lines: list[str]) -> None:
    """The place lies in the text: on its line, or right behind what stands there."""
    place = f"{diagnostic.code} at {diagnostic.line}:{diagnostic.column}-{diagnostic.end_column}"
    if diagnostic.line == 0:
        assert diagnostic.code in _OF_THE_FILE, f"no line: {place}"
        return
    assert 1 <= diagnostic.line <= len(lines), f"line outside of the text: {place}"
    width = len(lines[diagnostic.line - 1])
    assert 1 <= diagnostic.column <= width + 1, f"column outside of its line: {place}"
    assert diagnostic.column < diagnostic.end_column, f"empty place: {place}"
    assert diagnostic.end_column <= width + 2, f"end outside of its line: {place}"


def _no_fleet_beside_its_error(specs: SpecSet, content: bytes, *, is_unknown: bool) -> None:
    text = _text(content)
    assert text is not None or not specs.fleets, "a fleet of a file that is not UTF-8"
    composed = compose(text or "")
    starts = [document.line for document in composed.documents]
    for fleet in specs.fleets:
        line = int(fleet.source.rpartition(":")[2])
        end = next((start for start in starts if start > line), math.inf)
        inside = [error for error in specs.errors if line <= error.line < end]
        assert not inside, f"a fleet although its document has an error: {inside[0].code}"
    is_told = is_unknown or not composed.ended_early
    assert is_told, "the text broke off, and nothing says that there may be more fleets"


def _same_when_written_anew(content: bytes, specs: SpecSet) -> None:
    composed = compose(content.decode("utf-8").removeprefix("\ufeff"))
    roots = [d.root for d in composed.documents if d.root is not None and not is_null(d.root)]
    text = "\n---\n".join(json.dumps(plain(root), ensure_ascii=False) for root in roots)
    if len(text.encode()) > MAX_BYTES:
        return
    again = compiled(text.encode())
    assert not again.errors, f"refused when written anew: {again.errors[0].message}"
    digests = [[fleet.spec_digest for fleet in side.fleets] for side in (specs, again)]
    assert digests[0] == digests[1], "another digest when written anew"


def _same_to_both_parsers(text: str) -> None:
    fast, pure = (compose(text, loader=one) for one in (yaml.CSafeLoader, yaml.SafeLoader))
    if not fast.problems and not pure.problems:
        assert _values(fast) == _values(pure), "the two parsers read different values"


def _values(composed: Composed) -> list[str]:
    roots = [document.root for document in composed.documents]
    return [json.dumps(None if root is None else plain(root)) for root in roots]
