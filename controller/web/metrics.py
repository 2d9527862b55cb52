"""Metrics in Prometheus' form. The only module that knows its library.

Two kinds: what is so now is read off the board at each scrape; what has happened is counted as it happens.
No label names an instance: instances come and go, and every name would be a time series for ever.
"""

from __future__ import annotations

from collections import Counter as Counted
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from controller.core.phase import classify
from controller.core.status import Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client.core import Metric

    from controller.engine.board import FleetState, View
    from controller.engine.report import PassReport

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.02, 0.1, 0.5, 2, 10, 60)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is so at one moment: the board, and how many fleets wait and are worked on."""

    view: View
    waiting: int
    working: int


class Metrics:
    """All metrics of one process, in a registry of its own. ``read`` is asked at each scrape."""

    def __init__(self, version: str, read: Callable[[], Reading]) -> None:
        # Not described by a first scrape: when this is made, there may be no board yet.
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(_Build(version))
        self.registry.register(_Board(read))
        ProcessCollector(registry=self.registry)
        self._passes = Counter(
            "evenkeel_passes",
            "Passes over fleets, by how they went.",
            ["fleet", "result"],
            registry=self.registry,
        )
        self._actions = Counter(
            "evenkeel_actions",
            "Changes that were tried, by verb and by what became of them.",
            ["fleet", "verb", "outcome"],
            registry=self.registry,
        )
        self._calls = Counter(
            "evenkeel_provider_calls",
            "Calls of the provider, by what came back.",
            ["call", "outcome"],
            registry=self.registry,
        )
        self._call_seconds = Histogram(
            "evenkeel_provider_call_duration_seconds",
            "How long calls of the provider took.",
            ["call"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._mistakes = Counter(
            "evenkeel_mistakes",
            "Mistakes of the controller's own: incidents in passes, plans refused by the guard.",
            ["fleet"],
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Everything, as OpenMetrics; ``CONTENT_TYPE`` goes with it."""
        text: bytes = generate_latest(self.registry)  # type: ignore[no-untyped-call]  # the library leaves it out
        return text

    def called(self, call: str, outcome: str, seconds: float) -> None:
        """Count a call of the provider."""
        self._calls.labels(call, outcome).inc()
        self._call_seconds.labels(call).observe(seconds)

    def passed(self, state: FleetState, report: PassReport) -> None:
        """Count a pass and what it did."""
        self._passes.labels(state.name, _word(report.verdict)).inc()
        # A series that begins with its first mistake would show no increase: it begins at zero, with the first pass.
        self._mistakes.labels(state.name).inc(bool(report.incident or report.violations))
        for outcome in report.outcomes:
            became = "accepted" if outcome.accepted else "refused" if outcome.error else "put_off"
            self._actions.labels(state.name, str(outcome.verb), became).inc()

    def forget(self, fleets: Iterable[str]) -> None:
        """Take the counters of fleets away that are not on the board any more."""
        gone = set(fleets)
        for counter in (self._passes, self._actions, self._mistakes):
            for sample in [one for metric in counter.collect() for one in metric.samples]:
                if sample.labels.get("fleet") in gone:
                    counter.remove_by_labels({"fleet": sample.labels["fleet"]})


def metrics_routes(metrics: Metrics) -> tuple[web.RouteDef, ...]:
    """The route for a scraper."""

    async def scrape(request: web.Request) -> web.Response:
        del request
        answer = web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})
        answer.enable_compression()
        return answer

    return (web.get("/metrics", scrape),)


class _Build(Collector):
    def __init__(self, version: str) -> None:
        self._version = version

    def collect(self) -> Iterator[Metric]:
        """Say which version runs."""
        info = InfoMetricFamily("evenkeel_build", "The version that runs.")
        info.add_metric([], {"version": self._version})
        yield info


class _Board(Collector):
    """What is so now. Read at each scrape, so that a fleet that goes takes its series with it."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Read the board off."""
        reading = self._read()
        view = reading.view
        yield from _daemon(view, reading.waiting, reading.working)
        yield from _sources(view)
        yield from _numbers(view)
        yield from _standings(view)
        yield _instances(view)
        yield _conditions(view)
        yield _blocked(view)


def _daemon(view: View, waiting: int, working: int) -> Iterator[Metric]:
    yield _plain("evenkeel_queue_depth", "Fleets that wait to be looked at.", waiting)
    yield _plain("evenkeel_queue_working", "Fleets that are being looked at.", working)
    yield _plain(
        "evenkeel_changes_stopped",
        "1 while nothing at all is changed: a full disk, a clock that jumped.",
        bool(view.trouble),
    )
    yield _plain(
        "evenkeel_started_timestamp_seconds",
        "When this process began.",
        view.started_at.timestamp(),
    )
    yield _plain("evenkeel_fleets", "Fleets on the board.", len(view.fleets))
    resync = GaugeMetricFamily(
        "evenkeel_resync_interval_seconds",
        "How often fleets at rest are looked at, where that is less often than wanted.",
        labels=["place"],
    )
    for place, one in view.resyncs:
        resync.add_metric([place], one.seconds)
    yield resync


def _sources(view: View) -> Iterator[Metric]:
    good = GaugeMetricFamily(
        "evenkeel_source_good",
        "1 while a source of specs can be read and its revision is accepted.",
        labels=["source"],
    )
    since = GaugeMetricFamily(
        "evenkeel_source_since_timestamp_seconds",
        "Since when a source has been as it is.",
        labels=["source"],
    )
    for one in view.sources:
        good.add_metric([one.root], one.trouble is None and not one.waiting)
        since.add_metric([one.root], one.since.timestamp())
    yield good
    yield since


def _numbers(view: View) -> Iterator[Metric]:
    """Numbers of fleets that have been seen. A fleet that has not has none: unknown is not zero."""
    wanted = _by_fleet("evenkeel_fleet_desired_instances", "Instances that the spec wants.")
    there = _by_fleet("evenkeel_fleet_observed_instances", "Instances under management.")
    ready = _by_fleet("evenkeel_fleet_ready_instances", "Instances that run.")
    skew = _by_fleet(
        "evenkeel_fleet_skew", "Difference between the fullest and the emptiest domain."
    )
    allowed = _by_fleet("evenkeel_fleet_allowed_skew", "The skew that the spec allows.")
    for state in view.fleets:
        report = state.report
        if report is None or report.plan is None or report.status is None:
            continue
        wanted.add_metric([state.name], report.status.desired)
        there.add_metric([state.name], report.status.observed)
        ready.add_metric([state.name], report.status.ready)
        skew.add_metric([state.name], report.plan.spread.skew_before)
        allowed.add_metric([state.name], report.plan.spread.wanted_skew)
    yield from (wanted, there, ready, skew, allowed)


def _standings(view: View) -> Iterator[Metric]:
    failures = _by_fleet("evenkeel_fleet_failures", "Passes that failed in a row.")
    due = _by_fleet("evenkeel_fleet_next_look_timestamp_seconds", "When it is looked at next.")
    seen = _by_fleet("evenkeel_fleet_last_pass_timestamp_seconds", "When its last pass ended.")
    frozen = GaugeMetricFamily(
        "evenkeel_fleet_frozen",
        "1 for a fleet that its source holds as it is.",
        labels=["fleet", "reason"],
    )
    for state in view.fleets:
        failures.add_metric([state.name], state.failures)
        if state.next_look is not None:
            due.add_metric([state.name], state.next_look.timestamp())
        if state.report is not None:
            seen.add_metric([state.name], state.report.ended_at.timestamp())
        if state.standing.freeze is not None:
            frozen.add_metric([state.name, str(state.standing.freeze.reason)], 1)
    yield from (failures, due, seen, frozen)


def _instances(view: View) -> Metric:
    family = GaugeMetricFamily(
        "evenkeel_fleet_instances",
        "Instances by zone, class and phase; those of others are counted as unmanaged.",
        labels=["fleet", "zone", "priority", "phase"],
    )
    for state in view.fleets:
        observed = state.report.observed if state.report else None
        if observed is None:
            continue
        counts: Counted[tuple[str, str, str]] = Counted(
            (
                member.instance.zone or "",
                str(member.instance.priority),
                str(classify(member.instance, observed.observed_at))
                if member.owned
                else "Unmanaged",
            )
            for member in observed.members
        )
        for labels, count in sorted(counts.items()):
            family.add_metric([state.name, *labels], count)
    return family


def _conditions(view: View) -> Metric:
    family = GaugeMetricFamily(
        "evenkeel_fleet_condition",
        "1 for a condition that is True, 0 for False; one that is Unknown has no value.",
        labels=["fleet", "type", "reason"],
    )
    for state in view.fleets:
        for one in state.conditions:
            if one.status is not Truth.UNKNOWN:
                family.add_metric([state.name, one.type, one.reason], one.status is Truth.TRUE)
    return family


def _blocked(view: View) -> Metric:
    family = GaugeMetricFamily(
        "evenkeel_fleet_blocked",
        "What was wanted in the last plan and prevented, by reason.",
        labels=["fleet", "reason"],
    )
    for state in view.fleets:
        plan = state.report.plan if state.report else None
        counts = Counted(str(one.reason) for one in plan.blocked) if plan else Counted[str]()
        for reason, count in sorted(counts.items()):
            family.add_metric([state.name, reason], count)
    return family


def _plain(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))


def _by_fleet(name: str, words: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=["fleet"])


def _word(text: str) -> str:
    return text.replace(" ", "_")
