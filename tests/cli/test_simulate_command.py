"""``evenkeel simulate``: hours of a fleet's life told in seconds, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.transcripts import check_transcript, longest_line

if TYPE_CHECKING:
    from tests.cli.shell import Shell


def test_a_life_is_told(shell: Shell) -> None:
    """What happens in two hours is told in order, narrow, with when the fleet was as its spec says."""
    ran = shell.run("simulate", shell.spec(), "--hours", "2")
    assert ran.code == 0
    assert ran.err == "evenkeel: a simulated region in memory, seed 0\n"
    assert longest_line(ran.out) <= 80
    check_transcript("simulate", ran.out)


def test_the_same_seed_tells_the_same(shell: Shell) -> None:
    """Two runs of a seed print the same, another seed prints something else, and no file is left behind."""
    path = shell.spec()
    first, second = (shell.run("simulate", path, "--seed", "7").out for _ in range(2))
    assert first == second
    assert shell.run("simulate", path, "--seed", "8").out != first
    assert [one.name for one in shell.folder.iterdir()] == ["specs"]


def test_document_counts_everything(shell: Shell) -> None:
    """The document has each fleet with its changes and events, and every call with its answers."""
    told = shell.run("simulate", shell.spec(), "-o", "json").document
    (fleet,) = told["fleets"]
    assert (told["kind"], told["hours"], told["seed"]) == ("Simulation", 1.0, 0)
    assert (fleet["name"], fleet["replicas"], fleet["instances"]) == ("web", 6, 6)
    assert fleet["changes"]["create"] == 6
    assert fleet["convergedSince"] == fleet["firstConvergedAt"] is not None
    assert {"reason": "Ready", "object": "web"}.items() <= fleet["events"][-1].items()
    creations = [one for one in told["calls"] if one["call"] == "create"]
    assert creations == [{"call": "create", "answer": "ok", "count": 6}]


def test_scenario_is_lived_through(shell: Shell) -> None:
    """Under a quota that is too small the fleet stays short, what holds it back is told, and the exit code is 1."""
    scenario = shell.scenario("{quotas: {cores: 4, lowPriorityCores: 4}}")
    ran = shell.run("simulate", shell.spec(), "--scenario", scenario, "-o", "json")
    (fleet,) = ran.document["fleets"]
    assert ran.code == 1
    assert fleet["convergedSince"] is None
    assert fleet["instances"] < 6
    assert {one["reason"] for one in fleet["prevented"]} == {"Quota"}
    text = shell.run("simulate", "specs/web.yaml", "--scenario", scenario).out
    assert "not as its spec says; Quota holds back" in " ".join(text.split())


def test_broken_specs_are_told(shell: Shell) -> None:
    """A broken spec is told with its place, the other fleet is simulated, and the exit code is 1."""
    shell.broken_spec()
    shell.spec()
    ran = shell.run("simulate", "specs/")
    assert ran.code == 1
    assert "specs/db.yaml:10" in ran.err
    assert "web: 6 of 6 instances" in ran.out


def test_wrong_words_are_refused(shell: Shell) -> None:
    """No hours, and a scenario that is not there, are told in a sentence."""
    path = shell.spec()
    assert shell.run("simulate", path, "--hours", "0").code == 64
    missing = shell.run("simulate", path, "--scenario", "nowhere.yaml")
    assert missing.code == 1
    assert "nowhere.yaml" in missing.err
