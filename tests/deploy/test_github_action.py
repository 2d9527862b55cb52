"""The action for pull requests and the pre-commit hook: their steps, run as GitHub and pre-commit run them.

``gh`` is a stand-in that keeps comments in a file: what is tried here is which comment is found and what is
written, not GitHub.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.spec.nodes import plain
from controller.spec.syntax import compose
from tests.cli.shell import Shell
from tests.deploy.yaml_files import documents
from tests.sources import ROOT

ACTION = ROOT / "deploy" / "github"
GH = f"""\
#!{sys.executable}
import json, os, pathlib, sys

store = pathlib.Path(os.environ["COMMENTS"])
comments = json.loads(store.read_text())
words = sys.argv[2:]
if words[0] == "--paginate":
    assert words[1] == "repos/ours/fleets/issues/7/comments?per_page=100", words
    for one in comments:  # one page each, as gh prints several
        print(json.dumps([one]))
    sys.exit()
method, path, body = words[1], words[2], pathlib.Path(words[4].removeprefix("body=@")).read_text()
mine = {{"user": {{"type": "Bot"}}, "body": body}}
if method == "POST":
    assert path == "repos/ours/fleets/issues/7/comments", path
    comments.append({{"id": 1000 + len(comments), **mine}})
else:
    number = int(path.removeprefix("repos/ours/fleets/issues/comments/"))
    comments = [{{**one, **mine}} if one["id"] == number else one for one in comments]
store.write_text(json.dumps(comments))
"""


@dataclass(frozen=True)
class Runner:
    """A directory as a runner gives it to a step: a checkout, files for outputs, an event."""

    shell: Shell
    home: Path

    def step(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one step's program."""
        paths = (str(self.home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        env = {
            "PATH": os.pathsep.join(paths),
            "PYTHONPATH": str(ROOT),
            "GITHUB_ACTION_PATH": str(ACTION),
            "GITHUB_OUTPUT": str(self.home / "output"),
            "GITHUB_STEP_SUMMARY": str(self.home / "summary"),
            "GITHUB_EVENT_PATH": str(self.home / "event.json"),
            "COMMENTS": str(self.home / "comments.json"),
            "RUNNER_TEMP": str(self.home),
            "EVENKEEL_PATHS": "specs/",
        }
        return subprocess.run(  # noqa: S603 -- the steps of this project's own action
            command,
            cwd=self.shell.folder,
            env={**env, **variables},
            capture_output=True,
            check=False,
            text=True,
        )

    def script(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a step that is a script of bash."""
        bash = shutil.which("bash")
        assert bash is not None
        return self.step(bash, str(ACTION / name), **variables)

    def plan(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the step that plans; nothing is given unless said."""
        empty = {"PLAN_PROVIDER": "", "PLAN_OBSERVED": "", "PLAN_ARGUMENTS": ""}
        return self.script("plan.sh", **{**empty, **variables})

    def comment(self) -> subprocess.CompletedProcess[str]:
        """Run the step that comments."""
        return self.step(
            sys.executable, str(ACTION / "comment.py"), str(self.home / "evenkeel-plan.md")
        )

    def event(self, *, fork: bool = False) -> None:
        """A pull request of number 7, from the repository itself or from a fork."""
        base = {"repo": {"full_name": "ours/fleets"}}
        head = {"repo": {"full_name": "theirs/fleets"}} if fork else base
        pull = {"number": 7, "head": head, "base": base}
        (self.home / "event.json").write_text(json.dumps({"pull_request": pull}))

    @property
    def outputs(self) -> dict[str, str]:
        """What the steps have put out."""
        lines = (self.home / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self) -> str:
        """What the steps have written for people."""
        file = self.home / "summary"
        return file.read_text() if file.exists() else ""

    @property
    def comments(self) -> list[dict[str, Any]]:
        """All comments under the pull request."""
        found: list[dict[str, Any]] = json.loads((self.home / "comments.json").read_text())
        return found


@pytest.fixture(name="runner")
def _runner(tmp_path: Path) -> Runner:
    home, work = tmp_path / "runner", tmp_path / "checkout"
    (home / "bin").mkdir(parents=True)
    work.mkdir()
    (home / "bin" / "gh").write_text(GH)
    (home / "bin" / "gh").chmod(0o755)
    strangers = [
        {"id": 1, "user": {"type": "User"}, "body": "<!-- evenkeel-plan: specs/ -->\nnot ours"},
        {"id": 2, "user": {"type": "Bot"}, "body": "<!-- evenkeel-plan: other/ -->\nother specs"},
    ]
    (home / "comments.json").write_text(json.dumps(strangers))
    made = Runner(Shell(work), home)
    made.event()
    return made


def test_good_specs_pass(runner: Runner) -> None:
    """Specs without a mistake pass in silence, with an empty SARIF to clear what was there."""
    runner.shell.spec()
    ran = runner.script("validate.sh")
    assert (ran.returncode, ran.stdout, runner.summary) == (0, "", "")
    assert json.loads(Path(runner.outputs["sarif"]).read_text())["runs"][0]["results"] == []


def test_mistakes_are_annotated(runner: Runner) -> None:
    """A mistake is an annotation on its line, a result of SARIF, and a block in the summary; the step fails."""
    path = runner.shell.broken_spec()
    ran = runner.script("validate.sh")
    assert ran.returncode == 1
    assert ran.stdout.startswith(f"::error file={path},line=")
    (result,) = json.loads(Path(runner.outputs["sarif"]).read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == path
    assert "    error[EK" in runner.summary


def test_paths_are_words_not_code(runner: Runner) -> None:
    """Several paths may be given, and none of them is run."""
    runner.shell.spec()
    ran = runner.script("validate.sh", EVENKEEL_PATHS="specs/ $(touch${IFS}hacked) `id`")
    assert ran.returncode == 1
    assert not (runner.shell.folder / "hacked").exists()


def test_plan_becomes_a_comment(runner: Runner) -> None:
    """A plan is Markdown in summary and comment; pending changes are an output and no failure."""
    runner.shell.spec()
    ran = runner.plan(PLAN_PROVIDER="simulated", PLAN_ARGUMENTS="--state none")
    assert ran.returncode == 0, ran.stderr
    assert runner.outputs["changes"] == "true"
    assert "### Plan: 6 to add" in runner.summary
    assert runner.comment().stdout == "new comment\n"
    assert runner.comments[2]["body"].startswith("<!-- evenkeel-plan: specs/ -->\n")
    assert [one["body"].splitlines()[1] for one in runner.comments[:2]] == [
        "not ours",
        "other specs",
    ]


def test_comment_is_written_anew(runner: Runner) -> None:
    """The next push changes the same comment and no other."""
    for replicas in (6, 4):
        runner.shell.spec(replicas=replicas)
        runner.plan(PLAN_PROVIDER="simulated", PLAN_ARGUMENTS="--state none")
        assert runner.comment().returncode == 0
    assert len(runner.comments) == 3
    assert "### Plan: 4 to add" in runner.comments[2]["body"]


def test_saved_observation_needs_no_provider(runner: Runner) -> None:
    """A plan from a saved observation that fits its spec has no changes."""
    shell = runner.shell
    shell.write("seen.json", shell.run("observe", shell.converged(), "-o", "json").out)
    assert runner.plan(PLAN_OBSERVED="seen.json").returncode == 0
    assert runner.outputs["changes"] == "false"
    assert "### No changes." in runner.summary


def test_broken_spec_fails_the_plan(runner: Runner) -> None:
    """With a broken spec the step fails; the plan of the other fleets is there all the same."""
    runner.shell.spec()
    runner.shell.broken_spec()
    ran = runner.plan(PLAN_PROVIDER="simulated", PLAN_ARGUMENTS="--state none")
    assert ran.returncode == 1
    assert "changes" not in runner.outputs
    assert "**db** could not be planned" in runner.summary


@pytest.mark.parametrize("fork", [True, False])
def test_nothing_to_write_to(runner: Runner, fork: bool) -> None:
    """For a fork's pull request, or none at all, nothing is written."""
    runner.event(fork=fork)
    if not fork:
        (runner.home / "event.json").write_text("{}")
    runner.shell.spec()
    runner.plan(PLAN_PROVIDER="simulated", PLAN_ARGUMENTS="--state none")
    ran = runner.comment()
    assert (ran.returncode, len(runner.comments)) == (0, 2)
    assert "in the summary only" in ran.stdout


def test_largest_plan_fits_a_comment(runner: Runner) -> None:
    """Forty fleets of a hundred members are less than GitHub's 65,536 characters."""
    for number in range(40):
        runner.shell.spec(f"fleet-{number:02d}", replicas=100)
    runner.plan(PLAN_PROVIDER="simulated", PLAN_ARGUMENTS="--state none")
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
