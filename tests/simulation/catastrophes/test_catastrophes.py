"""The postmortems of the field, as they would go here: nothing is lost, and without the guard it would be seen.

Each story is what happened elsewhere, told shortly; sources stand in docs/reliability.md.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.bugs.bug import planting
from tests.simulation.catastrophes.reenacting import reenact
from tests.simulation.options import draw
from tests.simulation.planted import BUGS, catches, planted
from tests.simulation.world import simulate, told


def test_diskerase() -> None:
    """Google's decommissioning began again with nothing left to wipe, and nothing meant everything.

    Here every victim is locked between the plan and the last look: a deletion without names is never sent.
    """
    played = reenact("empty-batch-sent", seed=4)
    assert played.held.sometimes["not sent: delete"]
    assert "names nobody" in played.caught.what


@pytest.mark.slow
def test_half_the_members() -> None:
    """Reddit's autoscaler was woken by hand, read half of a directory that was being moved, and acted on it.

    Here lists come back with half of the members while processes are started anew: who is not shown is asked
    for by name, and nobody is replaced.
    """
    played = reenact("half-list-accepted")
    assert played.held.sometimes["fault short-list"]
    assert played.caught.what.startswith("I1 ")


@pytest.mark.slow
def test_checked_once_and_applied_late() -> None:
    """One of AWS's workers checked once whether its plan was new, was slow, and wrote an old one over a newer.

    Here processes are stopped in the middle of a pass until others have their leases: each change is checked
    anew in the moment in which it is sent.
    """
    played = reenact("fence-down", seed=4)
    assert played.held.sometimes["fault pause"]
    assert played.caught.what.startswith("I6 ")


def test_an_error_is_not_an_empty_set() -> None:
    """Argo CD could not fetch a repository, took that for one without applications, and pruned them all.

    Here the source cannot be read for some minutes: its fleets are frozen as they are.
    """
    played = reenact("error-is-empty")
    assert played.held.sometimes["freeze SourceUnreadable"]
    assert played.caught.what.startswith("I10 ")


def test_no_op_at_the_root() -> None:
    """Skyscanner changed nothing at the root of its templates, and every service of every region was deleted.

    Here one commit shrinks all fleets, each by less than would be asked about: all of them wait for a yes.
    """
    played = reenact("large-removal-not-held")
    assert played.held.sometimes["freeze LargeRemoval"]
    assert played.caught.what.startswith("I9 ")


def test_the_wrong_state() -> None:
    """Spotify lost clusters to a wrong tab in the browser, then to a state file and a merge that were not the present.

    Here somebody puts an old commit in the place of the present one: it is held until somebody says yes.
    """
    played = reenact("old-revision-acted-upon")
    assert played.held.sometimes["freeze RevisionNotDescendant"]
    assert played.caught.what.startswith("I17 ")


def test_ids_of_something_else() -> None:
    """Atlassian's deletion took ids of sites where ids of apps were meant, and 883 sites went in 23 minutes.

    Here a VM of somebody else bears a name of ours: what counts is the mark of its owner. It stays, and nobody
    of ours goes because of it.
    """
    played = reenact("strangers-are-taken")
    assert played.held.sometimes["applied delete"]
    assert played.caught.what.startswith(("I3 ", "I10 "))


def test_the_server_instead_of_the_database() -> None:
    """Azure DevOps renamed a call while moving to another SDK: the server was deleted, with all databases in it.

    Here a fleet ends: its set goes only when it is empty.
    """
    played = reenact("set-before-its-members")
    assert played.held.sometimes["applied delete"]
    assert played.held.sometimes["prevented TombstoneHold"]
    assert played.caught.what.startswith("I4 ")


@pytest.mark.slow
def test_nothing_comes_up() -> None:
    """On a leap day no new VM of Azure came up; healing took that for broken hosts and carried it on to good ones.

    Here every new VM hangs: one of ten is replaced at a time, and those that run are left alone.
    """
    played = reenact("inferred-without-bound-unguarded")
    assert played.held.sometimes["prevented MaxDelete"]
    assert played.caught.what.startswith("I9 ")


def test_a_blank_parameter() -> None:
    """UniSuper's private cloud was made with a blank parameter, which meant one year; then it was deleted.

    Here a fleet is to end by a spec that does not say what becomes of its members: they stay.
    """
    played = reenact("blank-means-delete")
    assert not played.held.sometimes["applied delete"]
    assert played.caught.what.startswith("I4 ")


def test_one_place_loses_all() -> None:
    """Google's maintenance took down the control planes of several places at once, each for a good reason.

    Here a fleet shrinks to a third: what goes is spread over all zones.
    """
    played = reenact("one-zone-goes-dark")
    assert played.held.sometimes["applied delete"]
    assert played.caught.what.startswith("spread ")


def test_a_blank_field() -> None:
    """A policy with blank fields went round Google's world in seconds, and every server fell over it.

    Here reading falls over one file: the fleets of the source are frozen, and the daemon lives.
    """
    bug = BUGS["reading-falls-over"]
    reading, _shield = bug.places
    with planting(replace(bug, places=(reading,))):
        held = simulate(0, bug.aim.at(draw(0)), bug.script)
    assert held.ok, told(held)
    assert held.record.sometimes["freeze SourceUnreadable"]
    caught = catches("reading-falls-over", 0)
    assert caught is not None
    assert caught.what.startswith("I19 ")


def test_a_slip_of_the_finger() -> None:
    """A command at AWS S3 was mistyped, and far more servers were taken away than were meant.

    Here somebody types 1 for 15: nobody goes before somebody says yes.
    """
    played = reenact("nobody-is-asked")
    assert played.held.sometimes["freeze LargeRemoval"]
    assert played.caught.what.startswith("I9 ")


def test_the_check_had_a_bug() -> None:
    """Meta's network was cut off by a command that a tool for audits should have stopped, and it had a bug.

    Here the planner takes one member too many: the guard refuses the plan, and with it everything. Only when
    both are broken does a member go.
    """
    name = "one-member-too-few"
    options = BUGS["one-member-too-few-unguarded"].aim.at(draw(0))
    with planted(name):
        guarded = simulate(0, options, BUGS["one-member-too-few-unguarded"].script)
    assert {breach.invariant for breach in guarded.record.breaches} == {"I9"}
    assert "the guard refused" in guarded.record.breaches[0].words
    assert not guarded.record.sometimes["applied delete"]
    played = reenact("one-member-too-few-unguarded")
    assert played.caught.what.startswith("I10 ")


def test_phantom_drift() -> None:
    """Karpenter called nodes outdated after its own upgrade, though nobody had changed anything, and replaced them.

    Here a word of a spec changes that means nothing to its members: nothing drifts, nothing moves.
    """
    played = reenact("template-by-the-revision")
    assert played.caught.what.startswith("I16 ")
