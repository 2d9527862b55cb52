"""Pages as text: the board's view put into templates. Everything that is not ours is escaped.

The only module that knows Jinja.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from controller.formats.age import age, human_duration
from controller.formats.failures import explain_failure
from controller.formats.instances import deletable_words, instances_of
from controller.formats.redact import redact_text
from controller.formats.rows import PlanView, blocked_sentences, rows_of, spread_sentence
from controller.formats.words import UNMANAGED, place_of
from controller.web import drawing
from controller.web.cards import Card, Cards, headline, sighting_of, troubled
from controller.web.cells import WORDS, Kind, kinds_in
from controller.web.verdicts import SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from controller.core.eventlog import Logged
    from controller.engine.board import View
    from controller.formats.instances import InstanceFacts

EVENTS_SHOWN, EVENTS_OF_ALL = 50, 15
"""On the page of one fleet or instance, and below the cards of all fleets, where cards come first."""

PIXELS = 16
"""In a rem, as drawings are scaled; on a large screen a rem is more, and drawings grow with it."""

NAMED_AT_MOST = 8
"""Troubled fleets that are named below the heading; more would push their cards off the screen."""

_HIDDEN = "\u2066\u2067\u2068\u202a\u202b\u202d\u202e"


class NoSuchPageError(LookupError):
    """There is no such fleet or instance. The text says what there is."""


class Pages:
    """Renders pages. It keeps compiled templates, and pictures of what has not changed.

    ``pace``: seconds on the clock of the pages for each second of the reader's, for their countdowns.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self._pace = pace
        self._cards = Cards()

    @cached_property
    def _templates(self) -> Environment:
        environment = Environment(
            loader=PackageLoader("controller.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(
            plain=plain,
            stamp=stamp,
            clock=lambda when: f"{when:%H:%M:%S}",
            signed=lambda tone: SIGNS[tone],
            number=lambda value: f"{value:g}",
            rem=lambda units, scale: f"{units * scale / PIXELS:.4g}rem",
        )
        environment.globals.update(
            age=age,
            duration=human_duration,
            place_of=place_of,
            symbol=drawing.symbol,
            words=WORDS,
            pace=self._pace,
            may_go=may_go,
        )
        return environment

    def index(self, view: View, now: datetime, query: str = "") -> str:
        """All fleets, the worst first; with a ``query`` those whose card says it."""
        cards = self._cards.of(view)
        found = [card for card in cards if _says(card, query)]
        return self._render(
            "index.html",
            view,
            now,
            title=headline(cards),
            cards=found,
            total=len(cards),
            query=query,
            kinds=_legend(found),
            worst=troubled(cards)[:NAMED_AT_MOST],
            unnamed=max(0, len(troubled(cards)) - NAMED_AT_MOST),
            events=_newest(view.log.events, EVENTS_OF_ALL),
        )

    def fleet(self, view: View, now: datetime, name: str, query: str = "") -> str:
        """One fleet whole; with a ``query`` the instances that say it. Raises ``NoSuchPageError``."""
        card = self._find(view, name)
        sighting = sighting_of(card.state)
        instances = instances_of(sighting) if sighting else ()
        return self._render(
            "fleet.html",
            view,
            now,
            title=f"{card.name}: {card.verdict.word}",
            card=card,
            kinds=_legend([card]),
            rows=rows_of(PlanView(card.plan, sighting)) if card.plan else (),
            blocked=blocked_sentences(card.plan) if card.plan else (),
            spread=spread_sentence(card.plan.spread) if card.plan else "",
            query=query,
            total=len(instances),
            instances=[one for one in instances if _fits(one, query)],
            events=_newest(view.log.of(card.name)),
        )

    def instance(self, view: View, now: datetime, name: str, instance: str) -> str:
        """One instance, explained in full. Raises ``NoSuchPageError``."""
        card = self._find(view, name)
        sighting = sighting_of(card.state)
        wanted = instance.lower()
        known = instances_of(sighting) if sighting else ()
        facts = next((one for one in known if one.name.lower() == wanted), None)
        rows = rows_of(PlanView(card.plan, sighting)) if card.plan else ()
        row = next((one for one in rows if one.name.lower() == wanted), None)
        if facts is None and row is None:
            raise NoSuchPageError(f"{card.name} has no instance {instance}")
        shown = facts.name if facts else instance
        return self._render(
            "instance.html",
            view,
            now,
            title=shown,
            card=card,
            name=shown,
            facts=facts,
            row=row,
            rule=deletable_words(facts) if facts else "it does not exist yet",
            failure=_failure(facts),
            events=_newest(one for one in view.log.of(card.name) if one.event.subject == shown),
        )

    def missing(self, view: View, now: datetime, why: str) -> str:
        """The page for an address that leads nowhere."""
        return self._render("missing.html", view, now, title="Not found", why=why)

    def _find(self, view: View, name: str) -> Card:
        state = view.fleet(name)
        if state is None:
            raise NoSuchPageError(f"there is no fleet {name}")
        return self._cards.of_fleet(state)

    def _render(self, template: str, view: View, now: datetime, **values: object) -> str:
        return self._templates.get_template(template).render(view=view, now=now, **values)


def plain(text: object) -> str:
    """Text of others without secrets, and without characters that change how the text around them is read."""
    return "".join(
        letter if letter.isprintable() and letter not in _HIDDEN else "\ufffd"
        for letter in redact_text(str(text))
    )


def stamp(when: datetime) -> str:
    """A time for machines, to the second: ``2026-11-21T12:00:00Z``."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _legend(cards: Sequence[Card]) -> tuple[Kind, ...]:
    return kinds_in(lane for card in cards for lane in card.lanes)


def _says(card: Card, query: str) -> bool:
    labels = card.state.standing.fleet.labels if card.state.standing.fleet else {}
    told = [card.name, card.verdict.word, card.verdict.why, card.state.key, card.state.holder or ""]
    told += [f"{key}={value}" for key, value in labels.items()]
    return _found(query, told)


def _fits(one: InstanceFacts, query: str) -> bool:
    """Whether the row of an instance says it, as the script of the page would find."""
    place, lock = place_of(one.zone, one.fault_domain), may_go(one)
    return _found(query, (one.name, place, one.size, one.priority, str(one.phase), lock))


def _found(query: str, told: Iterable[str]) -> bool:
    text = " ".join(told).lower()
    return all(word in text for word in query.lower().split())


def may_go(one: InstanceFacts) -> str:
    """Whether an instance may be deleted, in a word or two."""
    if not one.owned:
        return UNMANAGED
    return f"no: {one.obstacle.reason}" if one.obstacle else "yes"


def _newest(events: Iterable[Logged], most: int = EVENTS_SHOWN) -> tuple[Logged, ...]:
    found = sorted(events, key=lambda one: one.last, reverse=True)
    return tuple(found[:most])


def _failure(facts: InstanceFacts | None) -> tuple[str, ...]:
    if facts is None or facts.failure is None:
        return ()
    return tuple(explain_failure(facts.failure.code, facts.failure.message))
