"""``wait``: until it is so, at once when it cannot become so, and no longer than asked."""

from __future__ import annotations

import pytest

from controller.cli.goals import parse_goal
from tests.cli.shell import Shell


def test_waits_for_what_is_under_way(shell: Shell) -> None:
    """What one pass began is waited for, in the region's time, which costs none of ours."""
    path = shell.spec()
    assert shell.run("reconcile", path).code == 0
    assert shell.run("get", "fleets", "-o", "jsonpath={.items[0].ready}").out == "0\n"
    ran = shell.run("wait", "web", "--for=jsonpath={.ready}=6")
    assert (ran.code, ran.out) == (0, "fleet/web condition met: jsonpath={.ready}=6\n")
    assert shell.run("get", "fleets", "-o", "jsonpath={.items[0].ready}").out == "6\n"


def test_time_is_up(shell: Shell) -> None:
    """When nobody does the work, it says after the time how things are."""
    shell.spec()
    ran = shell.run("wait", "--timeout", "60")
    assert (ran.code, ran.out) == (1, "")
    assert "not Ready after 60s" in ran.err
    assert "fleet web: Ready is False: NotAsDesired" in ran.err


@pytest.mark.parametrize(
    ("goal", "code"),
    [
        ("condition=Ready=false", 1),
        ("condition=ready", 0),
        ("condition=Stalled=False", 0),
        ("jsonpath={.ready}=6", 0),
        ("jsonpath={.oldestAt}", 0),
        ("jsonpath={.nothing}", 1),
    ],
)
def test_goals(shell: Shell, goal: str, code: int) -> None:
    """A fleet at rest is ready and nothing else; a timeout of zero looks once."""
    shell.converged()
    assert shell.run("wait", "web", f"--for={goal}", "--timeout", "0").code == code


def tombstoned(shell: Shell) -> str:
    """The spec of ``web`` with the wish that the fleet should end."""
    path = shell.spec()
    text = (shell.folder / path).read_text(encoding="utf-8")
    wish = "spec:\n  state: Absent\n  deletionPolicy: Delete"
    return shell.write(path, text.replace("spec:", wish, 1))


def test_waits_until_it_is_gone(shell: Shell) -> None:
    """``create`` is met while the scale set is there, ``delete`` when it is gone, and not before."""
    shell.converged()
    assert shell.run("wait", "web", "--for=create", "--timeout", "0").code == 0
    early = shell.run("wait", "web", "--for=delete", "--timeout", "0")
    assert (early.code, early.out) == (1, "")
    assert "not gone after 0s\n  fleet web: its scale set is there" in early.err
    ended = shell.run("reconcile", tombstoned(shell), "--until-converged", "--timeout", "36000")
    assert ended.code == 0, ended.err
    gone = shell.run("wait", "web", "--for=delete", "--timeout", "0")
    assert (gone.code, gone.out) == (0, "fleet/web condition met: delete\n")
    assert shell.run("wait", "web", "--for=create", "--timeout", "0").code == 1


def test_unseen_fleet_is_not_gone(shell: Shell) -> None:
    """A fleet that nobody could see is not taken for deleted: unknown is not gone."""
    shell.broken_spec("db")
    ran = shell.run("wait", "--for=delete", "--timeout", "0")
    assert (ran.code, ran.out) == (1, "")


def test_stalled_fleet_fails_at_once(shell: Shell) -> None:
    """A fleet that waits for a person is not waited for, however long there would be time."""
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/web-rg"
    scenario = shell.scenario(f"{{locks: [{{level: CanNotDelete, scope: {group}}}]}}")
    shell.run("reconcile", shell.spec(), "--until-converged", "--scenario", scenario)
    shell.spec(replicas=3)
    ran = shell.run("wait", "web", "--timeout", "3000000")
    assert ran.code == 1
    assert "fleet web is stalled, so waiting for Ready does not help: Locked" in ran.err
    assert shell.run("wait", "web", "--for=condition=Stalled").code == 0
    assert shell.run("wait", "web", "--for=condition=Ready=false").code == 0


def test_broken_spec_is_stalled(shell: Shell) -> None:
    """A fleet whose spec is broken cannot become ready: somebody has to mend it."""
    shell.converged()
    shell.broken_spec("db")
    ran = shell.run("wait")
    assert (ran.code, ran.out) == (1, "fleet/web condition met: Ready\n")
    assert "fleet db is stalled" in ran.err


def test_nobody_to_wait_for(shell: Shell) -> None:
    """Waiting for no fleet at all is a mistake, and so is one that is not there."""
    shell.converged()
    assert "there is no fleet to wait for" in shell.run("wait", "-l", "team=none").err
    assert shell.run("wait", "nosuch").code == 1


@pytest.mark.parametrize(
    "goal",
    [
        "Ready",
        "condition=",
        "condition=Bogus",
        "condition=Ready=maybe",
        "jsonpath={.a[}=1",
        "delete=web",
    ],
)
def test_bad_goal_is_wrong_usage(shell: Shell, goal: str) -> None:
    """A goal that means nothing is told before anything is looked at."""
    assert shell.run("wait", "web", f"--for={goal}").code == 64
    with pytest.raises(ValueError, match=r"[a-z]"):
        parse_goal(goal)
