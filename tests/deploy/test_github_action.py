"""The action for pull requests and the pre-commit hook: their steps, run as GitHub and pre-commit run them.

Each step of ``action.yml`` is run as it stands there, in its order and under its condition; comments go to an API on
loopback. Only the installation is replaced by a stand-in for Python, because it needs the network.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from controller.spec.nodes import plain
from controller.spec.syntax import compose
from tests.cli.shell import Shell
from tests.deploy.github import ACTION, Api, Runner, serving
from tests.deploy.yaml_files import documents
from tests.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

PYTHON = f"""\
#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
elif [ "$1 $2" = "-m pip" ]; then
  echo "$@" >> "$RUNNER_TEMP/installed"
else
  exec {sys.executable} "$@"
fi
"""
"""Makes an environment and notes what would be installed there; everything else is the real Python."""

SIMULATED = {"provider": "simulated", "arguments": "--state none"}


@pytest.fixture(name="runner")
def _runner(tmp_path: Path) -> Iterator[Runner]:
    home, work = tmp_path / "runner", tmp_path / "checkout"
    (home / "bin").mkdir(parents=True)
    work.mkdir()
    (home / "bin" / "python3").write_text(PYTHON)
    (home / "bin" / "python3").chmod(0o755)
    strangers = [
        {"id": 1, "user": {"type": "User"}, "body": "<!-- evenkeel-plan: specs/ -->\nnot ours"},
        {"id": 2, "user": {"type": "Bot"}, "body": "<!-- evenkeel-plan: other/ -->\nother specs"},
    ]
    api = Api(strangers)
    with serving(api) as url:
        made = Runner(Shell(work), home, url, api)
        made.event()
        yield made


def test_install_takes_locked_packages(runner: Runner) -> None:
    """The program comes from the action's own checkout, packages from its lock alone, and later steps find it."""
    runner.shell.spec()
    assert runner.whole()["Install"].returncode == 0
    installed = (runner.home / "installed").read_text().splitlines()
    assert [
        line.endswith(f"--require-hashes -r {ROOT / 'requirements.lock'}") for line in installed
    ] == [True, False]
    assert installed[1].endswith(f"--no-deps --no-build-isolation {ROOT}")
    assert (runner.home / "path").read_text() == f"{runner.home}/evenkeel-venv/bin\n"


def test_good_specs_pass(runner: Runner) -> None:
    """Specs without a mistake pass in silence, with an empty SARIF to clear what was there."""
    runner.shell.spec()
    ran = runner.whole()
    assert list(ran) == ["Install", "Validate"]
    assert (ran["Validate"].returncode, ran["Validate"].stdout, runner.summary) == (0, "", "")
    assert json.loads(Path(runner.outputs["sarif"]).read_text())["runs"][0]["results"] == []


def test_mistakes_are_annotated(runner: Runner) -> None:
    """A mistake is an annotation on its line, a result of SARIF, and a block in the summary; no plan follows."""
    path = runner.shell.broken_spec()
    ran = runner.whole(**SIMULATED, sarif="true")
    assert list(ran) == ["Install", "Validate", "Upload mistakes"]
    assert ran["Validate"].returncode == 1
    assert ran["Validate"].stdout.startswith(f"::error file={path},line=")
    (result,) = json.loads(Path(runner.outputs["sarif"]).read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == path
    assert "    error[EK" in runner.summary


def test_paths_are_words_not_code(runner: Runner) -> None:
    """Several paths may be given, and none of them is run."""
    runner.shell.spec()
    ran = runner.whole(paths="specs/ $(touch${IFS}hacked) `id`")
    assert ran["Validate"].returncode == 1
    assert not (runner.shell.folder / "hacked").exists()


def test_plan_becomes_a_comment(runner: Runner) -> None:
    """A plan is Markdown in summary and comment; pending changes are an output and no failure."""
    runner.shell.spec()
    ran = runner.whole(**SIMULATED)
    assert [one.returncode for one in ran.values()] == [0, 0, 0, 0], ran
    assert runner.outputs["changes"] == "true"
    assert "### Plan: 6 to add" in runner.summary
    assert ran["Comment"].stdout == "new comment\n"
    bodies = [str(one["body"]) for one in runner.api.comments]
    assert [text.splitlines()[1] for text in bodies[:2]] == ["not ours", "other specs"]
    assert bodies[2] == runner.summary
    assert bodies[2].startswith("<!-- evenkeel-plan: specs/ -->\n")


def test_comment_is_written_anew(runner: Runner) -> None:
    """The next push changes the same comment and no other."""
    runner.shell.spec()
    assert runner.whole(**SIMULATED)["Comment"].stdout == "new comment\n"
    runner.shell.spec(replicas=4)
    assert runner.whole(**SIMULATED)["Comment"].stdout == "updated comment\n"
    assert len(runner.api.comments) == 3
    assert "### Plan: 4 to add" in runner.api.comments[2]["body"]


def test_comment_is_found_among_many(runner: Runner) -> None:
    """Ours is found on the third page of a long discussion."""
    chatter = [{"id": 5 + at, "user": {"type": "User"}, "body": "+1"} for at in range(200)]
    ours = {"id": 4711, "user": {"type": "Bot"}, "body": "<!-- evenkeel-plan: specs/ -->\nold"}
    runner.api.comments += [*chatter, ours]
    runner.shell.spec()
    assert runner.whole(**SIMULATED)["Comment"].stdout == "updated comment\n"
    assert runner.api.calls[-1] == "PATCH /repos/ours/fleets/issues/comments/4711"
    assert len(runner.api.calls) == 4


def test_forbidden_comment_says_what_is_missing(runner: Runner) -> None:
    """A token that may not write fails the step with the permission that the job lacks, and no traceback."""
    runner.api.forbidden = True
    runner.shell.spec()
    ran = runner.whole(**SIMULATED)["Comment"]
    assert ran.returncode == 1
    assert "pull-requests: write" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_no_comment_where_none_is_wanted(runner: Runner) -> None:
    """With ``comment: false`` the plan stands in the summary, and GitHub is not asked."""
    runner.shell.spec()
    ran = runner.whole(**SIMULATED, comment="false")
    assert list(ran) == ["Install", "Validate", "Plan"]
    assert (runner.api.calls, "### Plan" in runner.summary) == ([], True)


def test_saved_observation_needs_no_provider(runner: Runner) -> None:
    """A plan from a saved observation that fits its spec has no changes."""
    shell = runner.shell
    shell.write("seen.json", shell.run("observe", shell.converged(), "-o", "json").out)
    assert runner.whole(observed="seen.json")["Plan"].returncode == 0
    assert runner.outputs["changes"] == "false"
    assert "### No changes." in runner.summary


def test_unplannable_fleet_fails_the_plan(runner: Runner) -> None:
    """When a fleet lacks in the observation the step fails, its plan of the others is told, and no comment is made."""
    shell = runner.shell
    shell.write("seen.json", shell.run("observe", shell.converged(), "-o", "json").out)
    shell.spec("db")
    ran = runner.whole(observed="seen.json")
    assert ran["Plan"].returncode == 1
    assert "changes" not in runner.outputs
    assert "**db** could not be planned" in runner.summary
    assert "Comment" not in ran


@pytest.mark.parametrize("fork", [True, False])
def test_nothing_to_write_to(runner: Runner, fork: bool) -> None:
    """For a fork's pull request, or none at all, nothing is written."""
    runner.event(fork=fork, none=not fork)
    runner.shell.spec()
    ran = runner.whole(**SIMULATED)["Comment"]
    assert (ran.returncode, len(runner.api.comments)) == (0, 2)
    assert "in the summary only" in ran.stdout


def test_largest_plan_fits_a_comment(runner: Runner) -> None:
    """Forty fleets of a hundred members are less than GitHub's 65,536 characters."""
    for number in range(40):
        runner.shell.spec(f"fleet-{number:02d}", replicas=100)
    runner.whole(**SIMULATED)
    text = (runner.home / "evenkeel-plan.md").read_text()
    assert 40_000 < len(text) < 65_536
    assert text.count("<b>fleet-") == 40
    assert "Plan: 4000 to add" in text


def test_action_names_its_parts() -> None:
    """Each script that the action names exists, and nothing that a caller gives stands inside a command."""
    (action,) = documents(ACTION / "action.yml")
    assert action["runs"]["using"] == "composite"
    runs = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert len(runs) == 4
    for run in runs:
        assert "${{" not in run
        (name,) = [word for word in run.replace('"', "").split() if "GITHUB_ACTION_PATH/" in word]
        assert (ACTION / name.rpartition("/")[2]).exists()
    assert all(one["description"] for one in action["inputs"].values())


def test_hook_checks_all_specs(tmp_path: Path) -> None:
    """The hook's entry, called as pre-commit calls it, passes good specs and stops bad ones."""
    (hooks,) = compose((ROOT / ".pre-commit-hooks.yaml").read_text()).documents
    assert hooks.root is not None
    found: Any = plain(hooks.root)
    (hook,) = found
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    shell = Shell(tmp_path)
    shell.spec()
    program, *words = str(hook["entry"]).split() + list(hook["args"])
    assert program == "evenkeel"
    assert shell.run(*words).code == 0
    shell.broken_spec()
    assert shell.run(*words).code == 1
