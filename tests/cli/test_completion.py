"""Completion on the command line: scripts for three shells, names from files, nothing slow."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from controller.cli.completion import VARIABLE
from controller.cli.fleet_names import names_in
from tests.cli.shell import Shell

_PROGRAM = "from controller.cli.main import main; main()"
BUDGET_SECONDS = 0.3
"""Of CPU. 0.06 were measured alone on an idle core; the promise is 0.15."""


def complete(folder: Path, *words: str, **variables: str) -> list[str]:
    """What bash would be offered for the last of these words."""
    asked = {
        VARIABLE: "bash_complete",
        "COMP_WORDS": " ".join(("evenkeel", *words)),
        "COMP_CWORD": str(len(words)),
        "PYTHONPATH": str(Path.cwd()),
    }
    ran = subprocess.run(  # noqa: S603 -- the interpreter that runs this test
        [sys.executable, "-c", _PROGRAM],
        cwd=folder,
        env={**os.environ, **asked, **variables},
        capture_output=True,
        check=False,
        text=True,
    )
    assert ran.stderr == ""
    return [line.partition(",")[2] for line in ran.stdout.splitlines() if line]


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_script_of_shell(shell: Shell, shell_name: str) -> None:
    """Each shell gets a script that asks the program by its variable."""
    ran = shell.run("completion", shell_name)
    assert ran.code == 0
    assert f"{VARIABLE}={shell_name}_complete" in ran.out


def test_bash_takes_the_script(shell: Shell) -> None:
    """Bash reads the script without complaint and completes the program with it."""
    bash = shutil.which("bash")
    assert bash is not None
    script = shell.write("evenkeel.bash", shell.run("completion", "bash").out)
    asked = f"source {script} && complete -p evenkeel"
    ran = subprocess.run(  # noqa: S603 -- a script that this program wrote
        [bash, "-c", asked], cwd=shell.folder, capture_output=True, check=True, text=True
    )
    assert ran.stdout.startswith("complete ")
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("wa",), ["wait"]),
        (("get", "fl"), ["fleets"]),
        (("describe", ""), ["api", "web"]),
        (("get", "instances", "w"), ["web"]),
        (("explain", "a"), ["api"]),
        (("get", "fleets", "--prov"), ["--provider"]),
        (("get", "fleets", "--provider", "a"), ["azure"]),
    ],
)
def test_what_is_offered(shell: Shell, words: tuple[str, ...], offered: list[str]) -> None:
    """Commands, options, their values and the names of fleets are offered."""
    shell.spec("web")
    shell.spec("api")
    assert complete(shell.folder, *words) == offered


def test_names_from_elsewhere(shell: Shell) -> None:
    """Names come from where the command would read specs."""
    shell.spec("web")
    (shell.folder / "specs").rename(shell.folder / "fleets")
    assert complete(shell.folder, "describe", "") == []
    assert complete(shell.folder, "describe", "", EVENKEEL_SPECS="fleets") == ["web"]
    assert complete(shell.folder, "describe", "--specs", "fleets", "") == ["web"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("metadata:\n  name: web\n", ["web"]),
        ("metadata:\n  # ours\n  labels:\n    a: b\n\n  name: 'web'  # it\n", ["web"]),
        ("metadata: {labels: x, name: web}\n", ["web"]),
        ("metadata:\n  name: web\n---\nmetadata:\n  name: api\n", ["api", "web"]),
        ("spec:\n  name: no\nmetadata:\n  labels: {}\nspec:\n  name: no\n", []),
        ("\x00\xff not YAML at all: [", []),
    ],
)
def test_names_are_guessed(tmp_path: Path, text: str, names: list[str]) -> None:
    """Names are read off the text of files, whatever else is in them."""
    (tmp_path / "a.yaml").write_text(text, encoding="latin-1")
    (tmp_path / "b.txt").write_text("metadata:\n  name: nobody\n")
    assert names_in([str(tmp_path), str(tmp_path / "absent.yaml")]) == names


def test_completion_is_quick(shell: Shell) -> None:
    """Names out of 300 files are there before anybody notices."""
    for number in range(300):
        shell.spec(f"fleet-{number:03d}")
    used = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert len(complete(shell.folder, "describe", "fleet-1")) == 100
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print("CPU seconds", used)
    assert min(used) < BUDGET_SECONDS
