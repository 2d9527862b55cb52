"""Texts that were saved and come back changed: readers raise their own error with a sentence, and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from random import Random

import pytest

from controller.cli.audit_text import change_document, change_lines, examination_text
from controller.cli.screen import Screen
from controller.core.chain import NOTHING, Anchor, link, read_record
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.engine.trail_files import Seen, beside, read_head
from controller.engine.trail_reading import Examination, examine
from controller.formats.observation import observation_document, read_observation
from controller.formats.plan_document import plan_document
from controller.formats.reading import DocumentError
from controller.formats.saved_plan import read_plan, what_moved
from controller.formats.text import json_text
from providers.base import Json
from tests.builders import NOW, a_catalog, members_in, observed
from tests.formats.documents import web
from tests.fuzz.mutations import mutate
from tests.shell.trails import written

SEED = int(os.environ.get("EVENKEEL_SEED", "20261125"))
SECONDS = 2.0
CURRENT = plan(web(), observed(), Memory(), NOW)
OBSERVATION = observation_document(
    NOW, {"web": observed(members_in({"1": 2, "2": 1}), catalog=a_catalog())}
)
DOCUMENTS = [
    json_text(document).encode() for document in (OBSERVATION, plan_document([CURRENT], {}))
]
ODD = {
    "not a number": b'{"hash":"b","prev":"a","seq":1,"x":NaN}\n',
    "half a character": b'{"hash":"b","prev":"a","seq":1,"x":"\\ud800"}\n',
    "deep": b'{"hash":"b","prev":"a","seq":1,"x":' + b"[" * 900 + b"]" * 900 + b"}\n",
    "long number": b'{"hash":"b","prev":"a","seq":' + b"9" * 4300 + b"}\n",
    "number zero": b'{"hash":"b","prev":"a","seq":0}\n',
}


def read_all(text: str) -> None:
    """Read as an observation and as a plan, and use what comes out of it."""
    with contextlib.suppress(DocumentError):
        for look in read_observation(text, "seen.json", [web()]).values():
            assert plan(web(), look, Memory(), look.observed_at).desired == 6
    with contextlib.suppress(DocumentError):
        for saved in read_plan(text, "plan.json").values():
            what_moved(saved, CURRENT)


def shown(found: Examination) -> str:
    screen = Screen(width=100)
    documents = [str(change_document(one)) for one in found.changes]
    return "\n".join(
        [examination_text(found, screen), *change_lines(found.changes, screen), *documents]
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_mutated_documents(number: int) -> None:
    """An observation or plan that was changed in any way is used, or refused with a sentence."""
    print(f"EVENKEEL_SEED={SEED}")
    random, count, end = Random(SEED), 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        read_all(mutate(DOCUMENTS[number], random).decode("utf-8", "surrogateescape"))
        count += 1
    assert count > 100


@pytest.mark.slow
def test_mutated_trails(tmp_path: Path) -> None:
    """A trail and its anchor that were changed in any way are examined, told of and shown."""
    print(f"EVENKEEL_SEED={SEED}")
    path = written(tmp_path / "audit.jsonl")
    files = {one: one.read_bytes() for one in (path, beside(path, "head"))}
    random, count, end = Random(SEED), 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        for one, content in files.items():
            one.write_bytes(mutate(content, random) if random.random() < 0.6 else content)
        assert shown(examine(path))
        assert Seen.of(path).number >= 0
        count += 1
    assert count > 100


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_odd_records_are_told(line: bytes) -> None:
    """JSON that Python reads and no record holds is a broken line and not an exception."""
    assert isinstance(read_record(line), str)


@pytest.mark.parametrize(
    "text", [b'{"seq": Infinity, "hash": ""}', b"[" * 100_000, b'{"seq": 1e999}', b"\xff", b"[]"]
)
def test_odd_anchor_is_none(tmp_path: Path, text: bytes) -> None:
    """An anchor that holds no number is no anchor."""
    path = tmp_path / "audit.jsonl"
    beside(path, "head").write_bytes(text)
    assert read_head(path) is None


@pytest.mark.parametrize(
    "over",
    [{"targets": 3}, {"targets": [3]}, {"because": {}}, {"because": ["x"]}, {"because": [{}]}],
    ids=json.dumps,
)
def test_illegible_intents_are_told(tmp_path: Path, over: dict[str, Json]) -> None:
    """An intent with a right hash and a shape that is not ours is told of, and breaks no listing."""
    path = tmp_path / "audit.jsonl"
    header = link({"kind": "header", "part": "first"}, NOTHING)
    intent = link({"kind": "intent", **over}, header.anchor)
    path.write_bytes(header.line + intent.line)
    beside(path, "head").write_text(json.dumps({"seq": 2, "hash": intent.hash}))
    found = examine(path)
    assert [one.sentence for one in found.breaks] == ["record 2 does not say what was meant"]
    assert (found.last, Seen.of(path).number) == (Anchor(2, intent.hash), 1)
    assert shown(found)
