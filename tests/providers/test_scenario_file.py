"""Scenario files: what is read, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.simulated.scenario import Call, CallFailure, CallFault, CapacityLimit, Scenario
from providers.simulated.scenario_file import (
    MAX_BYTES,
    ScenarioError,
    from_document,
    parse_scenario,
    read_scenario,
    to_document,
)

HEAD = "apiVersion: evenkeel/v1alpha1\nkind: Scenario\n"
SHIPPED = sorted(Path(__file__).parents[2].joinpath("specs/scenarios").glob("*.yaml"))


def test_scenarios_are_shipped() -> None:
    """There are at least four scenarios to play with."""
    assert len(SHIPPED) >= 4


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenario(path: Path) -> None:
    """Each shipped scenario is read, does something, begins with a comment and survives being saved."""
    scenario = read_scenario(path)
    assert scenario != Scenario()
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert from_document(to_document(scenario)) == scenario


def test_fields_are_read() -> None:
    """Fields in camelCase become the settings of a region."""
    text = f"""{HEAD}spec:
  listLag: 2.5
  quotas: {{cores: 30}}
  capacity: [{{zone: "2", instances: 0, from: 5, until: 9}}]
  failures: [{{call: putGroup, error: throttled, retryAfter: 7}}]
"""
    assert parse_scenario(text) == Scenario(
        list_lag=2.5,
        quotas={"cores": 30},
        capacity=(CapacityLimit(0, zone="2", since=5, until=9),),
        failures=(CallFault(Call.PUT_GROUP, CallFailure.THROTTLED, retry_after=7),),
    )


@pytest.mark.parametrize(
    "text", [HEAD, f"{HEAD}spec:\n", f"{HEAD}metadata: {{name: x}}\nspec: {{}}\n"]
)
def test_empty_scenario(text: str) -> None:
    """A scenario without settings is the friendly region."""
    assert parse_scenario(text) == Scenario()


MISTAKES = [
    ("", "s.yaml: a scenario is a mapping with apiVersion, kind, metadata and spec"),
    ("kind: Scenario", "s.yaml:1:1: apiVersion must be evenkeel/v1alpha1"),
    ("apiVersion: evenkeel/v1alpha1\nkind: Fleet", "s.yaml:2:1: kind must be Scenario"),
    (f"{HEAD}listLag: 3", "s.yaml:3:1: unknown field 'listLag'; settings stand under spec"),
    (
        f"{HEAD}spec:\n  lag: 3",
        "s.yaml:4:3: spec.lag: there is no such field; remove it or mend its name",
    ),
    (
        f"{HEAD}spec:\n  listLag: -1",
        "s.yaml:4:3: spec.listLag: this should be greater than or equal to 0",
    ),
    (
        f"{HEAD}spec:\n  zoneOutages:\n  - {{zone: 2}}",
        "s.yaml:5:6: spec.zoneOutages.0.zone: this should be text; put it in quotes",
    ),
    (
        f"{HEAD}spec:\n  capacity: [{{}}]",
        "s.yaml:4:14: spec.capacity.0.instances: this field is required",
    ),
    (f"{HEAD}spec: [1]", "s.yaml:3:1: spec: this should be a mapping of fields"),
    (
        f"{HEAD}spec:\n  locks: [{{level: Delete, scope: /x}}]",
        "s.yaml:4:12: spec.locks.0.level: this should be 'CanNotDelete' or 'ReadOnly'",
    ),
    (
        f"{HEAD}spec:\n  locks: [{{level: ReadOnly}}]",
        "s.yaml:4:11: spec.locks.0: a lock names either a scope or an instance",
    ),
    ("a: 1\na: 2", "s.yaml:2:1: the field 'a' is given twice; keep one"),
    ("a: &x 1\nb: *x", "s.yaml:1:4: anchors and aliases are not allowed; write it out"),
    ("[" * 30, "s.yaml:1:21: nested deeper than 20 levels"),
    ("a: [", "s.yaml:1:5: not YAML: expected the node content, but found '<stream end>'"),
    ("a: 0x1F", "s.yaml:1:4: 0x1F is not a decimal number; quote it if it is a word"),
    ("? [a]\n: 1", "s.yaml:1:3: a key must be a plain word"),
]


@pytest.mark.parametrize(("text", "problem"), MISTAKES)
def test_mistakes(text: str, problem: str) -> None:
    """Each mistake is told with file, line, column, field and what is wrong."""
    with pytest.raises(ScenarioError) as refusal:
        parse_scenario(text, "s.yaml")
    assert refusal.value.problems == (problem,)


def test_all_mistakes_at_once() -> None:
    """All mistakes in the fields are told at once."""
    with pytest.raises(ScenarioError) as refusal:
        parse_scenario(f"{HEAD}spec:\n  lag: 1\n  strict: maybe\n")
    assert len(refusal.value.problems) == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file or directory; name a scenario file that can be read"),
        (b"\xff", "not UTF-8 at byte 0; save it as UTF-8"),
        (b"#" * (MAX_BYTES + 1), f"larger than {MAX_BYTES} bytes; split the scenario"),
    ],
)
def test_unreadable_file(tmp_path: Path, content: bytes | None, problem: str) -> None:
    """A file that cannot be read is told by name, with the reason and what to do."""
    path = tmp_path / "s.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScenarioError) as refusal:
        read_scenario(path)
    assert str(refusal.value) == f"{path}: {problem}"
