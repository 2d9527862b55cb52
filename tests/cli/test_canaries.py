"""Fifty marked secrets go in wherever something goes in, and none comes out wherever something comes out.

Out of the search are the places whose business it is to hold what was sent: the specs themselves, the file
of the simulated region, which stands for Azure, and the emulator's record of traffic.
"""

from __future__ import annotations

import pytest

from tests.cli.canaries import (
    ANSWERS,
    BROKEN,
    CONFIGS,
    ENVIRONMENT,
    MARKS,
    an_arm_that_refuses,
    fill,
    in_files,
    leaks,
    mark,
    spoil,
)
from tests.cli.shell import Ran, Shell

TYPED = (
    ("reconcile", f"https://h/specs?sig={mark()}"),
    ("observe", "specs/web.yaml", "--provider", "azure", "--arm-url", f"https://h/p?sig={mark()}"),
    (
        "observe",
        "specs/web.yaml",
        "--provider",
        "azure",
        "--arm-url",
        f"https://me:{mark()}@127.0.0.1:9",
    ),
    ("observe", "specs/web.yaml", "--state", f"/proc/x?sig={mark()}"),
    ("get", "fleets", f"--password={mark()}"),
    ("--config", f"c.yaml?sig={mark()}", "config", "view"),
)

READ = (
    *(("validate", "specs", "--format", form) for form in ("text", "json", "github", "sarif")),
    *(
        ("reconcile", "specs", "--dry-run", "-v", "-o", o)
        for o in ("text", "json", "yaml", "markdown")
    ),
    ("reconcile", "specs", "--dry-run", "--out", "plan.json", "--log-format", "json"),
    *(("observe", "specs", "-o", o) for o in ("text", "json", "yaml")),
    *(
        ("get", kind, "-o", o)
        for kind in ("fleets", "instances", "events")
        for o in ("text", "json")
    ),
    *(("describe", "web", "-o", o) for o in ("text", "json", "yaml")),
    *(("explain", "web/web-000001", "-o", o) for o in ("text", "json")),
    ("config", "view", "--origins"),
    ("config", "view", "-o", "json"),
    ("audit", "show", "state/audit.jsonl"),
    ("audit", "show", "state/audit.jsonl", "-o", "json"),
    ("evidence", "specs", "--out", "bundle", "--audit", "state/audit.jsonl"),
)


@pytest.fixture
def nest(shell: Shell) -> Shell:
    """A shell with one good spec full of secrets."""
    fill(shell)
    return shell


def in_output(ran: Ran, words: tuple[str, ...]) -> list[str]:
    return leaks(f"{ran.out}\n{ran.err}", " ".join(words)[:60])


def test_there_are_fifty() -> None:
    """At least fifty secrets are out there."""
    assert len(set(MARKS)) >= 50


def test_good_specs_give_nothing_away(nest: Shell) -> None:
    """What is sent to Azure is in no output, log, plan, trail, observation or listing."""
    converged = ("reconcile", "specs", "--until-converged", "--audit", "state/audit.jsonl", "-v")
    ran = nest.run(*converged, "--log-format", "json", env=ENVIRONMENT)
    assert ran.code == 0, ran.err
    found = in_output(ran, converged)
    for words in READ:
        ran = nest.run(*words, env=ENVIRONMENT)
        assert ran.code == 0, (words, ran.err)
        found += in_output(ran, words)
    assert found + in_files(nest.folder) == []
    # The search finds what is there: the region holds what it was sent.
    region = (nest.folder / ".evenkeel/region.json").read_text()
    assert len(leaks(region, "region")) >= 5


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_specs_give_nothing_away(nest: Shell, name: str) -> None:
    """A mistake in or beside a secret is told with its place and without the secret."""
    text = (nest.folder / "specs/web.yaml").read_text()
    nest.write("broken/web.yaml", spoil(text, name))
    found: list[str] = []
    for form in ("text", "json", "github", "sarif"):
        ran = nest.run("validate", "broken", "--format", form, env=ENVIRONMENT)
        assert ran.code == 1, ran.out
        found += in_output(ran, ("validate", name, form))
    for words in (("reconcile", "broken", "-v"), ("get", "fleets", "--specs", "broken")):
        found += in_output(nest.run(*words, env=ENVIRONMENT), words)
    nest.run("evidence", "broken", "--out", "bundle", env=ENVIRONMENT)
    assert found + in_files(nest.folder) == []
    assert (nest.folder / "bundle/diagnostics.json").exists()


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_config_files_give_nothing_away(nest: Shell, name: str) -> None:
    """Neither the view of a config file nor the mistakes in one show a secret."""
    nest.write("c.yaml", CONFIGS[name])
    found: list[str] = []
    for words in (
        ("config", "view", "--origins"),
        ("config", "view", "-o", "json"),
        ("validate", "specs"),
    ):
        found += in_output(nest.run("--config", "c.yaml", *words, env=ENVIRONMENT), words)
    assert found == []


@pytest.mark.slow
def test_typed_secrets_are_not_repeated(nest: Shell) -> None:
    """A secret in an argument is not said again in the mistake about it."""
    found: list[str] = []
    for words in TYPED:
        ran = nest.run(*words, env={**ENVIRONMENT, "EVENKEEL_PROVIDER": ""})
        assert ran.code != 0, (words, ran.out)
        found += in_output(ran, words)
    assert found == []


def test_answers_of_azure_give_nothing_away(nest: Shell) -> None:
    """Secrets in Azure's own texts do not pass through, in any command or format."""
    found: list[str] = []
    with an_arm_that_refuses(ANSWERS) as url:
        source = ("--provider", "azure", "--arm-url", url)
        for words in (
            ("observe", "specs", "-o", "json"),
            ("reconcile", "specs", "-v", "--log-format", "json", "--audit", "state/audit.jsonl"),
            ("reconcile", "specs", "--dry-run", "-o", "json"),
            ("reconcile", "specs", "--dry-run", "-o", "markdown", "--out", "plan.json"),
            ("get", "fleets", "-o", "json"),
            ("evidence", "specs", "--out", "bundle"),
        ):
            ran = nest.run(*words, *source, env=ENVIRONMENT)
            assert "AuthorizationFailed" in ran.out + ran.err, (words, ran.err)
            found += in_output(ran, words)
    assert found + in_files(nest.folder) == []
