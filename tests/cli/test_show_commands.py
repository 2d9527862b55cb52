"""``observe``, ``get``, ``describe``, ``explain`` and ``schema``: what is there, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.transcripts import check_transcript, longest_line

if TYPE_CHECKING:
    from tests.cli.shell import Shell


@pytest.mark.parametrize("kind", ["fleets", "instances", "events"])
def test_tables(shell: Shell, kind: str) -> None:
    """Each table has kubectl's columns, and a row for each fleet, instance or event."""
    shell.converged()
    ran = shell.run("get", kind)
    assert ran.code == 0
    check_transcript(f"get-{kind}", ran.out)


def test_rows_without_header(shell: Shell) -> None:
    """Without headers the first line is the first row."""
    shell.converged()
    assert shell.run("get", "fleets", "--no-headers").out.split()[:2] == ["web", "6"]


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("kind", ["fleets", "instances", "events"])
def test_lists_for_machines(shell: Shell, kind: str, form: str) -> None:
    """Every table comes as a list for machines too."""
    shell.converged()
    ran = shell.run("get", kind, "-o", form)
    assert ran.code == 0
    assert ("kind: List" if form == "yaml" else '"kind": "List"') in ran.out


def test_empty_list_is_a_list(shell: Shell) -> None:
    """Nothing there is an empty list for machines and a sentence for people."""
    shell.spec()
    listing = shell.run("get", "instances", "-o", "json").document
    assert listing == {"apiVersion": "evenkeel/v1alpha1", "kind": "List", "items": []}
    assert shell.run("get", "instances").err.endswith("no instances found\n")


def test_fleets_by_name(shell: Shell) -> None:
    """Names limit a table to their fleets."""
    shell.spec("web")
    shell.spec("api")
    rows = shell.run("get", "fleets", "api", "--no-headers").out.splitlines()
    assert [row.split()[0] for row in rows] == ["api"]


@pytest.mark.parametrize(
    "words",
    [("get", "fleets", "nosuch"), ("describe", "nosuch"), ("explain", "nosuch/nosuch-000001")],
)
def test_unknown_fleet(shell: Shell, words: tuple[str, ...]) -> None:
    """A fleet that has no spec is an error that names those that have one."""
    shell.spec("web")
    ran = shell.run(*words)
    assert (ran.code, ran.out) == (1, "")
    assert "there is no fleet nosuch" in ran.err
    assert "fleets there are: web" in ran.err


def test_fleet_with_broken_spec(shell: Shell) -> None:
    """A fleet whose spec is broken is not passed off as unknown."""
    shell.broken_spec("db")
    ran = shell.run("describe", "db")
    assert ran.code == 1
    assert "the spec of fleet db is broken (specs/db.yaml:1)" in ran.err


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("{}", [("web", "Reconciling"), ("db", "SpecBroken")]),
        (
            "{failures: [{call: observe, error: serverError, times: 1000}]}",
            [("db", "SpecBroken"), ("web", "NotSeen")],
        ),
    ],
)
def test_unseen_fleets_have_rows(
    shell: Shell, scenario: str, expected: list[tuple[str, str]]
) -> None:
    """A fleet of which nothing is known has a row that says so: unknown never looks like absent."""
    shell.spec("web")
    shell.broken_spec("db")
    words = ("get", "fleets", "--no-headers", "--scenario", shell.scenario(scenario))
    ran = shell.run(*words, "--state", "none")
    assert ran.code == 1
    assert [(row.split()[0], row.split()[5]) for row in ran.out.splitlines()] == expected


def test_specs_from_elsewhere(shell: Shell) -> None:
    """Specs are named by option or environment; without either they are in specs/."""
    shell.spec("web")
    (shell.folder / "specs").rename(shell.folder / "fleets")
    assert shell.run("get", "fleets").code == 1
    assert shell.run("get", "fleets", "--specs", "fleets").code == 0
    assert shell.run("get", "fleets", env={"EVENKEEL_SPECS": "fleets"}).code == 0


def test_events_say_where_they_live(shell: Shell) -> None:
    """The events of a command are what can be seen now, and stderr says so."""
    shell.converged()
    assert "no history is kept between commands" in shell.run("get", "events").err


def test_description_of_fleet(shell: Shell) -> None:
    """A description has all its sections, in 80 columns."""
    path = shell.converged()
    shell.spec(replicas=4)
    ran = shell.run("describe", "web")
    assert ran.code == 0
    check_transcript("describe", ran.out)
    assert longest_line(ran.out) <= 80
    assert path in ran.out


def test_description_for_machines(shell: Shell) -> None:
    """The same comes as JSON: status, conditions, plan and instances."""
    shell.converged()
    found = shell.run("describe", "web", "-o", "json").document
    assert found["status"]["summary"] == "Ready"
    assert [one["type"] for one in found["status"]["conditions"]][:3] == [
        "Ready",
        "Reconciling",
        "Stalled",
    ]
    assert (len(found["instances"]), found["plan"]["steps"]) == (6, [])


def test_failed_instance_is_explained(shell: Shell) -> None:
    """A failed instance shows Azure's words, the cause and what to do."""
    scenario = shell.scenario("{creations: [{outcome: VMExtensionProvisioningError}]}")
    path = shell.spec()
    shell.run("reconcile", path, "--until-converged", "--timeout", "300", "--scenario", scenario)
    out = " ".join(shell.run("describe", "web").out.split())
    assert "failed: VMExtensionProvisioningError: VM has reported a failure" in out
    assert "what to do: read the extension's log on the VM" in out


def test_failed_extension_is_explained(shell: Shell) -> None:
    """A failed extension is explained with its name, Azure's words and what to do; its member stays."""
    text = (shell.folder / shell.spec()).read_text()
    path = shell.write("specs/web.yaml", f"{text}    health: {{protocol: tcp, port: 22}}\n")
    scenario = shell.scenario("{extensions: [{instance: web-000002}]}")
    ran = shell.run("reconcile", path, "--until-converged", "--scenario", scenario)
    assert ran.code == 0
    out = " ".join(shell.run("explain", "web/web-000002").out.split())
    assert "extension HealthExtension: VM has reported a failure" in out
    assert "what to do: read the extension's log on the VM" in out
    found = shell.run("get", "instances", "web", "-o", "json").document
    states = {one["name"]: one["state"] for one in found["items"]}
    assert (states["web-000001"], states["web-000002"]) == ("Running", "Degraded")


def test_explanation_of_fleet(shell: Shell) -> None:
    """A fleet is explained step by step, with what was nearly chosen instead."""
    shell.converged()
    shell.spec(replicas=4)
    ran = shell.run("explain", "web")
    assert ran.code == 0
    check_transcript("explain-fleet", ran.out)
    assert longest_line(ran.out) <= 80


@pytest.mark.parametrize("instance", ["web-000006", "web-000001", "WEB-000001"])
def test_explanation_of_instance(shell: Shell, instance: str) -> None:
    """An instance is explained: deletable or not, in the plan or not, and why; names have no case."""
    shell.converged()
    shell.spec(replicas=5)
    ran = shell.run("explain", f"web/{instance}")
    assert ran.code == 0
    check_transcript(f"explain-{instance.lower()}", ran.out)


@pytest.mark.parametrize(
    ("instance", "rule"),
    [
        ("web-000002", "no: Locked: CanNotDelete on the instance"),
        ("stranger", "no: NotOurs: it lacks this fleet's owner tag"),
    ],
)
def test_undeletable_instances(shell: Shell, instance: str, rule: str) -> None:
    """An instance that may not be deleted is explained by the rule that forbids it."""
    lock = "locks: [{level: CanNotDelete, instance: web-000002}]"
    foreign = "foreignInstances: [{at: 20, name: stranger}]"
    scenario = shell.scenario(f"{{{lock}, {foreign}}}")
    shell.run("reconcile", shell.spec(), "--until-converged", "--scenario", scenario)
    assert f"may be deleted:  {rule}" in shell.run("explain", f"web/{instance}").out


def test_wanted_and_prevented(shell: Shell) -> None:
    """An instance that was wanted to go and may not says so."""
    scenario = shell.scenario(
        "{locks: [{level: CanNotDelete, scope: /subscriptions/00000000-0000-0000-0000-000000000000}]}"
    )
    shell.run("reconcile", shell.spec(), "--until-converged", "--scenario", scenario)
    shell.spec(replicas=0)
    out = shell.run("explain", "web/web-000001").out
    assert "in the plan:     nothing, though it was wanted to go" in out


def test_explanation_for_machines(shell: Shell) -> None:
    """The same comes as JSON."""
    shell.converged()
    found = shell.run("explain", "web/web-000001", "-o", "json").document
    assert (found["mayBeDeleted"], found["step"]) == (True, None)


def test_unknown_instance(shell: Shell) -> None:
    """An instance that is not there is an error that says how to see those that are."""
    shell.converged()
    ran = shell.run("explain", "web/web-000099")
    assert ran.code == 1
    assert "evenkeel get instances web" in ran.err


def test_observation_as_table(shell: Shell) -> None:
    """For people, an observation is the table of instances."""
    path = shell.converged()
    assert shell.run("observe", path).out == shell.run("get", "instances").out


def test_schema_is_json(shell: Shell) -> None:
    """The schema is a JSON Schema of a fleet."""
    schema = shell.run("schema").document
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
