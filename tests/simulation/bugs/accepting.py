"""Bugs in what counts as wanted: sources, specs, approvals, the end of a fleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from controller.core import acceptance, claims, large_removal, limits, tags, tombstone
from controller.core.standings import SourceReading, Trouble
from controller.core.steps import DeleteSet, Reason
from controller.engine import intake
from controller.sources.snapshot import SourceTrouble, revision_of
from controller.spec import compile as compiling
from controller.spec import resolve as resolving
from controller.spec.values import DeletionPolicy
from tests.simulation.bugs.bug import Aim, Bug
from tests.simulation.bugs.deciding import LARGE, NO_GUARD
from tests.simulation.bugs.scripts import (
    CRASHING,
    a_blank_policy,
    a_slip_of_the_finger,
    a_text_that_crashes,
    an_end_is_wished,
    calm,
    no_op_at_the_root,
    the_wrong_state,
    unreadable_source,
)
from tests.simulation.options import Fault

_APPROVAL = limits.approval
_BURY = tombstone.bury
_RESOLVE = resolving.resolve
_TO_READING = intake.to_reading
_STANDS_SINCE = tombstone.stands_since


def _wants_nobody(was: Any, reading: Any, _untold: str, _now: Any) -> Any:
    """Take a spec that is not there for the wish to have no members."""
    if was.fleet is not None:
        fleet = replace(
            was.fleet, pools=tuple(replace(pool, replicas=0) for pool in was.fleet.pools)
        )
        yield replace(claims._as_it_was(was, None), fleet=fleet, revision=reading.revision)


def _error_is_empty(before: Any, one: Any, approvals: Any, now: Any) -> Any:
    """Take a source that cannot be read for one that has nothing in it."""
    was = before.source(one.root)
    if one.trouble is not None and was is not None and was.revision:
        one = replace(one, trouble=None, fleets=(), broken=(), revision=was.revision)
    return _JUDGE(before, one, approvals, now)


_JUDGE = acceptance._judge


def _any_word(fleet: Any, explicit: int, members: int) -> Any:
    found = _APPROVAL(fleet, explicit, members)
    return replace(found, given=bool(fleet.approval)) if found else None


def _marked_at_all(_fleet: Any, observed: Any, _now: Any) -> Any:
    """Take the mark of whatever spec."""
    group = observed.group
    mark = tags.parse_tombstone(group.tags.get(tags.TOMBSTONE) if group else None)
    return mark.since if mark else None


def _set_first(scene: Any, decisions: Any) -> None:
    """End the set instead of its members."""
    if scene.observed.exists and tombstone.is_due(scene.fleet, scene.observed, scene.now):
        decisions.steps.append(DeleteSet(Reason.TOMBSTONE, "the fleet is to end"))
        return
    _BURY(scene, decisions)


def _nothing_held(found: Any, _known: Any) -> Any:
    return found


def _blank_means_delete(document: Any, origin: Any, payloads: Any) -> Any:
    """Fill in what was left blank with the harshest that it could mean."""
    fleet = _RESOLVE(document, origin, payloads)
    if "deletionPolicy" in origin.raw["spec"]:
        return fleet
    return replace(fleet, deletion_policy=DeletionPolicy.DELETE)


def _falls_over(found: Any, descends: Any) -> Any:
    """Read a snapshot, and meet a field that nobody expected."""
    if any(CRASHING in source.content for source in found.files):
        raise TypeError("a blank field has no length")
    return _TO_READING(found, descends)


def _look_unshielded(self: Any, source: Any) -> Any:
    """Read a source without a word about mistakes of our own."""
    found = source.read()
    if isinstance(found, SourceTrouble):
        trouble = Trouble(str(found.code), found.sentence, passing=found.is_passing)
        return SourceReading(source.root, trouble=trouble), (), {}
    was = self.accepted.source(source.root)
    older = revision_of(was.revision) if was else None
    descends = source.descends(older, found.revision) if older else None
    return intake.to_reading(found, descends), found.specs.diagnostics, {}


async def _remember_nothing(_intake: Any) -> None:
    return None


_ENDING = Aim(
    {Fault.TOMBSTONE: 3.0, Fault.EDIT: 6.0},
    {"seconds": 2400.0, "fleets": 2, "most": 5},
    alone=True,
)
_ENDING_TWICE = Aim({Fault.TOMBSTONE: 3.0}, {"seconds": 2400.0, "fleets": 1, "most": 3}, alone=True)
_ENDING_AND_GONE = Aim(
    {Fault.TOMBSTONE: 2.0, Fault.VANISHED: 4.0, Fault.TORN: 5.0},
    {"seconds": 2400.0, "fleets": 1, "most": 3},
    alone=True,
)
_VANISHING = Aim({Fault.VANISHED: 4.0, Fault.EDIT: 6.0}, {"most": 5})
_TWICE = Aim({Fault.OVERLAPPING: 4.0, Fault.EDIT: 40.0}, {"most": 5})
_BACK = Aim(
    {Fault.REVERTED: 4.0, Fault.CRASH_READING: 0.03, Fault.CRASH_ANSWERED: 0.15, Fault.EDIT: 40.0},
    {"most": 5, "seconds": 2400.0},
)

BUGS: Mapping[str, Bug] = {
    "old-revision-accepted": Bug(
        "a revision that goes back is taken for one that goes on",
        ((intake, "to_reading", lambda found, _: _TO_READING(found, None)),),
    ),
    "old-revision-acted-upon": Bug(
        "a state that was pushed back by force is acted upon",
        ((intake, "to_reading", lambda found, _: _TO_READING(found, None)),),
        Aim(instead=calm()),
        the_wrong_state,
    ),
    "memory-lost-at-restart": Bug(
        "a process that starts again knows nothing of the revisions that were acted upon",
        ((intake.Intake, "_remember", _remember_nothing),),
        _BACK,
    ),
    "vanished-wants-nobody": Bug(
        "a spec that is not there is taken for the wish to have no members",
        ((claims, "_absent", _wants_nobody),),
        _VANISHING,
    ),
    "error-is-empty": Bug(
        "a source that cannot be read counts as one without specs, and that as the wish to have no members",
        ((acceptance, "_judge", _error_is_empty), (claims, "_absent", _wants_nobody)),
        Aim(instead=calm()),
        unreadable_source,
    ),
    "claimed-twice-accepted": Bug(
        "of two specs that claim one scale set the last is taken",
        ((compiling, "_claims", lambda _: None),),
        _TWICE,
    ),
    "any-word-approves": Bug(
        "any word counts as an approval, also that for an earlier spec",
        (
            (limits, "approval", _any_word),
            (claims, "is_approved", lambda fleet: bool(fleet.approval)),
            (large_removal, "is_approved", lambda fleet: bool(fleet.approval)),
        ),
        LARGE,
    ),
    "tombstone-at-once": Bug(
        "the hold of a tombstone is over when it begins",
        ((tombstone, "hold_of", lambda _: timedelta(0)),),
        _ENDING,
    ),
    "tombstone-at-once-unguarded": Bug(
        "the hold of a tombstone is over when it begins, and the guard is not asked",
        ((tombstone, "hold_of", lambda _: timedelta(0)), NO_GUARD),
        _ENDING,
    ),
    "tombstone-of-another-spec": Bug(
        "the mark of a spec that was edited since counts for the new one",
        ((tombstone, "stands_since", _marked_at_all),),
        _ENDING,
    ),
    "tombstone-stays": Bug(
        "a fleet that is to live again keeps its mark, and its next end has no hold",
        (
            (tombstone, "withdraw", lambda *_: None),
            (tombstone, "_is_broken_off", lambda *_: False),
        ),
        _ENDING_TWICE,
    ),
    "tombstone-outlives-its-spec": Bug(
        "a mark counts although the spec was gone or broken since",
        ((tombstone, "_is_broken_off", lambda *_: False),),
        _ENDING_AND_GONE,
    ),
    "set-before-its-members": Bug(
        "a fleet ends by the deletion of its set with the members in it",
        ((tombstone, "bury", _set_first), NO_GUARD),
        Aim(instead=calm()),
        an_end_is_wished,
    ),
    "large-removal-not-held": Bug(
        "a commit that shrinks all fleets at once is looked at fleet by fleet",
        ((acceptance, "hold_large_removals", _nothing_held),),
        Aim(instead=calm(fleets=2)),
        no_op_at_the_root,
    ),
    "nobody-is-asked": Bug(
        "a large removal is asked about nowhere: not at the specs, not in the plan, not by the guard",
        (
            (acceptance, "hold_large_removals", _nothing_held),
            (limits, "approval", lambda *_: None),
            NO_GUARD,
        ),
        Aim(instead=calm()),
        a_slip_of_the_finger,
    ),
    "blank-means-delete": Bug(
        "a deletion policy that was left out means that members are deleted",
        ((compiling, "resolve", _blank_means_delete),),
        Aim(instead=calm()),
        a_blank_policy,
    ),
    "reading-falls-over": Bug(
        "reading falls over a text, and nothing keeps that to the source",
        ((intake, "to_reading", _falls_over), (intake.Intake, "_look", _look_unshielded)),
        Aim(instead=calm(fleets=2)),
        a_text_that_crashes,
    ),
}
