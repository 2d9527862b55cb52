"""Pages as text: one word for each fleet, everything of others escaped, nothing left out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from controller.core.standings import Freeze, FreezeReason, key_of
from controller.engine.report import Incident
from controller.web.cards import Cards, headline
from controller.web.cells import Kind
from controller.web.pages import NoSuchPageError, Pages
from controller.web.verdicts import Tone
from providers.base import LockLevel
from providers.errors import Forbidden, Throttled
from tests.builders import NOW
from tests.web.scene import Scene, named, troubled

PAGES = Pages()


def at_peace(*names: str) -> Scene:
    scene = Scene()
    for name in names:
        fleet = named(name, 3)
        scene.settle(fleet)
        scene.show(fleet)
    return scene


def test_each_fleet_has_one_word() -> None:
    """Frozen stands over what was seen, then what waits for a yes, what is prevented, what moves, what is well."""
    words = {card.name: card.verdict.word for card in Cards().of(troubled().board.view())}
    assert words == {
        "ledger": "Frozen",
        "web": "Needs approval",
        "queue": "Blocked",
        "search": "Reconciling",
        "workers": "Reconciling",
        "gateway": "Ready",
        "mail": "Ready",
    }


def test_trouble_says_what_comes_next() -> None:
    """Each fleet in trouble says what the daemon does next, and what a person may do about it."""
    told = {card.name: card.verdict for card in Cards().of(troubled().board.view())}
    assert told["ledger"].then == "nothing is changed until that is over"
    assert told["ledger"].todo.startswith("mend the spec")
    assert told["web"].then == "nothing of it is deleted before that"
    assert "evenkeel/approve" in told["web"].todo
    assert told["queue"].then == "6 to delete"
    assert told["queue"].todo == "remove the lock, if it is yours to remove"
    assert (told["mail"].then, told["mail"].todo) == ("", "")


def test_stalled_fleet_names_its_remedy() -> None:
    """A fleet in which everything that is wanted is locked says who ends that: nobody but a person."""
    scene = at_peace("web")
    for number in (1, 2, 3):
        scope = named("web").ref.instance_id(f"web-00000{number}")
        scene.provider.region.add_lock(LockLevel.CAN_NOT_DELETE, scope)
    scene.show(named("web", 2))
    verdict = Cards().of_fleet(scene.board.view().fleets[0]).verdict
    assert (verdict.word, verdict.tone) == ("Stalled", Tone.ALARM)
    assert verdict.todo == "remove the lock, if it is yours to remove"
    assert verdict.then == "nothing moves until somebody has helped"


def test_first_glance_names_the_troubled() -> None:
    """Below the heading stand the fleets in trouble, the worst first, as links to their cards, and no other."""
    page = PAGES.index(troubled().board.view(), NOW)
    nav = page.partition('<nav class="worst"')[2].partition("</nav>")[0]
    assert re.findall(r'href="#fleet-(\w+)">(\w+: [\w ]+)<', nav) == [
        ("ledger", "ledger: Frozen"),
        ("web", "web: Needs approval"),
        ("queue", "queue: Blocked"),
    ]
    assert '<nav class="worst"' not in PAGES.index(at_peace("web").board.view(), NOW)


def test_many_troubled_are_counted() -> None:
    """Of a hundred frozen fleets eight are named and the others counted: their cards are to stay in sight."""
    scene = Scene()
    for number in range(100):
        scene.stand(named(f"fleet{number:02d}"), Freeze(FreezeReason.SPEC_BROKEN, "a mistake"))
    page = PAGES.index(scene.board.view(), NOW)
    nav = page.partition('<nav class="worst"')[2].partition("</nav>")[0]
    assert nav.count("<a ") == 8
    assert "and 92 more" in nav


def test_failed_looks_are_told_apart() -> None:
    """A look that was refused is an alarm; one that has to wait is only a wait; a mistake of ours is an alarm."""
    scene = at_peace("web")
    state = scene.board.view().fleets[0]
    assert state.report is not None
    blind = replace(state.report, plan=None, status=None, observed=None)
    refused = replace(blind, error=Forbidden("AuthorizationFailed", "no permission"))
    throttled = replace(blind, error=Throttled("TooManyRequests", "wait", until=NOW))
    mistaken = replace(blind, incident=Incident("4711", "internal error", ""))
    tones = [
        Cards().of_fleet(replace(state, report=report)).verdict.tone
        for report in (refused, throttled, mistaken)
    ]
    assert tones == [Tone.ALARM, Tone.WAITING, Tone.ALARM]
    unseen = Cards().of_fleet(replace(state, report=None)).verdict
    assert (unseen.tone, unseen.word) == (Tone.UNKNOWN, "Not seen yet")


@pytest.mark.parametrize(
    ("scene", "sentence"),
    [
        (Scene, "No fleets yet"),
        (lambda: at_peace("web"), "The fleet is as its spec says"),
        (lambda: at_peace("web", "mail"), "All 2 fleets are as their specs say"),
        (troubled, "2 of 7 fleets need somebody, 1 is held up"),
    ],
)
def test_first_sentence_is_the_truth(scene: type[Scene], sentence: str) -> None:
    """The heading says in one sentence whether anybody is needed."""
    assert headline(Cards().of(scene().board.view())) == sentence


def test_hostile_text_stays_text() -> None:
    """Markup, quotes and characters that turn the direction of text come out as harmless text."""
    scene = at_peace("web")
    hostile = "<script>alert(1)</script>\"' onload=x \u202eevil\x1b[31m"
    fleet = named("web", 3)
    scene.show(fleet, Freeze(FreezeReason.SPEC_BROKEN, hostile))
    view = scene.board.view()
    for text in (
        PAGES.index(view, NOW),
        PAGES.index(view, NOW, query=hostile),
        PAGES.fleet(view, NOW, "web"),
        PAGES.instance(view, NOW, "web", "web-000001"),
        PAGES.missing(view, NOW, hostile),
    ):
        assert text.count("<script") == 1
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert not re.search(r"""=\s*["'][^"'<>]*["'] onload=""", text)


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("unknown field `replica`; mend it", "unknown field <code>replica</code>; mend it</p>"),
        ("a `lonely one", "a `lonely one</p>"),
        ("`<b>` & `i`", "<code>&lt;b&gt;</code> &amp; <code>i</code></p>"),
    ],
)
def test_backticks_are_code(detail: str, shown: str) -> None:
    """What stands between backticks in a sentence is shown as code, and stays text."""
    scene = at_peace("web")
    scene.show(named("web", 3), Freeze(FreezeReason.SPEC_BROKEN, detail))
    assert f'<p class="why">SpecBroken: {shown}' in PAGES.index(scene.board.view(), NOW)


def test_what_is_begun_is_not_planned() -> None:
    """A creation that Azure has accepted is shown as under way, and no longer as something to come."""
    scene = at_peace("web")
    scene.show(named("web", 5), wet=True)
    card = Cards().of_fleet(scene.board.view().fleets[0])
    assert card.verdict.why == "2 being created"
    kinds = [cell.kind for lane in card.lanes for cell in lane.cells]
    assert kinds.count(Kind.NEW_REGULAR) == 2
    assert Kind.PLANNED not in kinds


def test_search_takes_words_states_and_labels() -> None:
    """Every word of a search has to be somewhere on the card."""
    view = troubled().board.view()
    assert "fleet-search" in PAGES.index(view, NOW, query="RECONCILING sear")
    assert "fleet-mail" not in PAGES.index(view, NOW, query="RECONCILING sear")
    assert "No fleet says that" in PAGES.index(view, NOW, query="nothing at all")


def test_instances_are_searched() -> None:
    """On a fleet's page every word of a search has to be somewhere in the row of an instance."""
    view = troubled().board.view()
    page = PAGES.fleet(view, NOW, "queue", query="zone 2 locked")
    assert re.findall(r'<tr data-text="([\w-]+)', page) == [
        "queue-000002",
        "queue-000005",
        "queue-000008",
    ]
    assert "3 of 9" in page
    assert "No instance says that" in PAGES.fleet(view, NOW, "queue", query="spot")


def test_instance_is_explained() -> None:
    """An instance's page says whether it may be deleted, by which rule, and what the plan does with it."""
    view = troubled().board.view()
    locked = PAGES.instance(view, NOW, "queue", "QUEUE-000002")
    assert "no: Locked: CanNotDelete on the instance" in locked
    victim = PAGES.instance(view, NOW, "queue", "queue-000003")
    assert "- ScaleIn: zone 1 holds the most members" in victim
    planned = PAGES.instance(view, NOW, "search", "search-000013")
    assert "it does not exist yet" in planned


def test_fleet_goes_by_name_or_key() -> None:
    """A fleet's page is found by its name or by its scale set's id, and nothing else."""
    view = troubled().board.view()
    by_name = PAGES.fleet(view, NOW, "web")
    assert PAGES.fleet(view, NOW, key_of(named("web"))) == by_name
    with pytest.raises(NoSuchPageError, match="there is no fleet nobody"):
        PAGES.fleet(view, NOW, "nobody")
    with pytest.raises(NoSuchPageError, match="web has no instance web-999999"):
        PAGES.instance(view, NOW, "web", "web-999999")


def test_fifty_fleets_of_a_hundred_are_small() -> None:
    """Five thousand instances on one page are less than 200 kB of text."""
    scene = Scene()
    fleet = named("web", 100)
    scene.settle(fleet)
    scene.show(fleet)
    report = scene.board.view().fleets[0].report
    for number in range(49):
        other = named(f"fleet{number:02d}", 100)
        scene.stand(other)
        scene.board.note(key_of(other), report=report, seen=report)
    assert len(PAGES.index(scene.board.view(), NOW).encode()) < 200_000
