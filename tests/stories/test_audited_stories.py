"""Every change of every story is on record, once, with its reason: nothing happens that is not explained."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from controller.core.chain import walk
from controller.engine.audit import Trail
from controller.engine.audited import audited, context_of
from controller.engine.reconcile import Between
from controller.engine.trail_files import lines_of, read_head
from tests.crash import When
from tests.shell.trails import a_trail, bodies
from tests.stories.book import BOOK
from tests.stories.teller import Cut, Story, Way, tell

ACTOR = "a test"


def through(trail: Trail) -> Between:
    """What stands between a planned pass and the cloud."""
    return lambda fleet, planned, provider: audited(
        provider, trail, context_of(fleet, planned, ACTOR), trail.now
    )


def intents_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in records if one["kind"] == "intent"]


def unexplained(intent: dict[str, Any]) -> list[str]:
    """What an intent should say and does not."""
    because = intent["because"]
    wrong = [key for key in ("scaleSet", "actor", "spec", "pass", "at") if not intent[key]]
    wrong += [] if str(intent["plan"]).startswith("sha256:") else ["plan"]
    wrong += [] if because else ["because"]
    for one in because:
        if one["reason"] == "Unplanned" or len(one["why"]) < 5:
            wrong.append(f"{intent['call']} {one['target']}: {one['reason']} {one['why']}")
    names = [one["target"] for one in because if one["target"]]
    return wrong + ([] if names == intent["targets"] else ["targets"])


@pytest.mark.parametrize("story", BOOK, ids=lambda story: story.slug)
def test_story_is_explained(story: Story, tmp_path: Path) -> None:
    """Each mutating call of a story has exactly one intent with reason, plan and actor, and one result after it."""
    trail = a_trail(tmp_path / "audit.jsonl")
    told = tell(story, Way(between=through(trail)))
    trail.close()
    assert not told.faults(story)
    if not told.tally.number:
        assert not trail.path.exists()
        return
    records = bodies(trail.path)
    intents = intents_of(records)
    calls = Counter(one["call"] for one in intents)
    assert calls == told.tally.calls
    assert [wrong for one in intents for wrong in unexplained(one)] == []
    ends = Counter(one["intent"] for one in records if one["kind"] == "result")
    assert ends == Counter(one["seq"] for one in intents)
    assert all(one["intent"] < one["seq"] for one in records if one["kind"] == "result")
    found = walk(lines_of(trail.path))
    assert (found.breaks, found.last) == ((), read_head(trail.path))


@pytest.mark.parametrize("when", list(When))
def test_death_leaves_an_open_intent(when: When, tmp_path: Path) -> None:
    """A process that dies at a call leaves its intent, whether the call was sent or not; the chain is whole."""
    story = next(one for one in BOOK if tell(one).tally.number > 3)
    trail = a_trail(tmp_path / "audit.jsonl")
    told = tell(story, Way(between=through(trail), cut=Cut(3, when)))
    trail.close()
    records = bodies(trail.path)
    ends = {one["intent"]: one["outcome"] for one in records if one["kind"] == "result"}
    intents = intents_of(records)
    calls = Counter(one["call"] for one in intents)
    assert all(calls[call] >= number for call, number in told.tally.calls.items())
    assert "unknown" in [ends[one["seq"]] for one in intents]
    assert walk(lines_of(trail.path)).breaks == ()


def test_installation_is_on_record_by_name(tmp_path: Path) -> None:
    """The record of an installation names the extension and tells nothing of its settings."""
    (story,) = [one for one in BOOK if one.slug == "extensions-come-one-by-one"]
    trail = a_trail(tmp_path / "audit.jsonl")
    tell(story, Way(between=through(trail)))
    trail.close()
    installs = [one for one in intents_of(bodies(trail.path)) if one["call"] == "operate"]
    assert [one["request"] for one in installs] == [
        {"operation": "installExtension", "extension": name}
        for name in ["agent"] * 3 + ["probe"] * 3
    ]
    assert {because["reason"] for one in installs for because in one["because"]} == {
        "ExtensionMissing"
    }
    assert "Example.Agents" not in trail.path.read_text()
