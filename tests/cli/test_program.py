"""The program as a whole: help, exit codes, start-up, and that nobody ever sees a traceback."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from controller.cli.exits import CommandError, Exit
from controller.cli.main import exit_code_of
from tests.cli.shell import Shell

COMMANDS = (
    "validate",
    "reconcile",
    "observe",
    "get",
    "describe",
    "explain",
    "wait",
    "schema",
    "completion",
    "demo",
    "simulate",
)
_PROGRAM = "from controller.cli.main import main; main()"
_IMPORTS = """
import sys
from controller.cli.main import cli
try:
    cli.main({words!r})
except SystemExit as ended:
    print("code", ended.code, file=sys.stderr)
print("loaded", *sorted({names!r} & {{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""
_HEAVY = {"azure", "aiohttp", "rich", "structlog", "tenacity"}


def _python(folder: Path, *words: str) -> subprocess.Popen[str]:
    env = dict(os.environ, PYTHONPATH=str(Path.cwd()))
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 -- the interpreter that runs this test
        [sys.executable, *words], cwd=folder, env=env, stdout=pipe, stderr=pipe, text=True
    )


def _program(folder: Path, *words: str) -> subprocess.Popen[str]:
    return _python(folder, "-c", _PROGRAM, *words)


def _cpu_seconds(folder: Path, *words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _program(folder, *words).communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def test_help_lists_commands(shell: Shell) -> None:
    """The help names every command and the exit codes, and no line is wider than 80 columns."""
    ran = shell.run("--help")
    assert ran.code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in ran.out] == []
    assert "69   the provider cannot be reached" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_command(shell: Shell, command: str) -> None:
    """The help of each command has an example and tells its exit codes, in 80 columns."""
    ran = shell.run(command, "--help")
    assert ran.code == 0
    assert f"evenkeel {command}" in ran.out.partition("Example")[2]
    assert "Exit codes:" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_version_is_shown(shell: Shell) -> None:
    """The version is the installed distribution's."""
    assert shell.run("--version").out == "evenkeel 0.1.0\n"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("bogus",),
        ("--bogus",),
        ("validate",),
        ("get",),
        ("get", "nodes"),
        ("get", "fleets", "--provider", "aws"),
        ("reconcile", "specs", "-o", "xml"),
        ("reconcile", "specs", "--timeout", "-1", "--until-converged"),
        ("reconcile", "specs", "--timeout", "5"),
        ("reconcile", "specs", "--observed", "seen.json"),
        ("reconcile", "specs", "--out", "plan.json"),
        ("reconcile", "specs", "--dry-run", "--until-converged"),
        ("reconcile", "specs", "--dry-run", "--apply", "plan.json"),
        ("reconcile", "specs", "--until-converged", "--apply", "plan.json"),
    ],
)
def test_wrong_usage(shell: Shell, words: tuple[str, ...]) -> None:
    """Wrong usage is exit code 64, which no plan ever is, and says how the command is used."""
    ran = shell.run(*words)
    assert (ran.code, ran.out) == (64, "")
    assert "Usage: evenkeel" in ran.err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (click.UsageError("no such option"), 64, "no such option"),
        (CommandError("busy", code=Exit.THROTTLED), 75, "busy"),
        (click.ClickException("odd"), 1, "odd"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (
            ZeroDivisionError("division by zero"),
            1,
            "by a mistake of its own: ZeroDivisionError at",
        ),
    ],
)
def test_every_failure_has_code(
    raised: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a command raises becomes a code of the contract and one sentence, never a traceback."""

    def failing() -> int:
        raise raised

    assert exit_code_of(failing) == code
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


@pytest.mark.parametrize("words", [["--help"], ["validate", "specs"], ["schema"]])
def test_light_commands_stay_light(shell: Shell, words: list[str]) -> None:
    """Help, validate and schema import neither a cloud's SDK nor anything for terminals or logs."""
    shell.spec()
    script = _IMPORTS.format(words=words, names=_HEAVY)
    told = _python(shell.folder, "-c", script).communicate()[1]
    assert told.splitlines()[-2:] == ["code 0", "loaded"]


@pytest.mark.parametrize(
    ("words", "code"),
    [(["get", "fleets", "--server", "127.0.0.1:1"], 69), (["completion", "zsh"], 0)],
)
def test_asking_a_daemon_is_light(shell: Shell, words: list[str], code: int) -> None:
    """Who asks a daemon, or for completion, imports no language of specs and nothing heavy."""
    script = _IMPORTS.format(words=words, names=_HEAVY | {"pydantic", "yaml", "jmespath"})
    told = _python(shell.folder, "-c", script).communicate()[1]
    assert told.splitlines()[-2:] == [f"code {code}", "loaded"]


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_from_outside(shell: Shell, sent: signal.Signals, code: int) -> None:
    """A signal ends the command with its own code and one sentence, and the region stays readable."""
    shell.spec(replicas=400)
    running = _program(shell.folder, "reconcile", "specs", "--until-converged")
    assert running.stderr is not None
    running.stderr.readline()
    running.send_signal(sent)
    told = running.communicate()[1]
    assert running.returncode == code
    assert "What was accepted goes on" in told
    assert "Traceback" not in told
    assert shell.run("get", "fleets").code == 0


def test_closed_pipe_is_quiet(shell: Shell) -> None:
    """A reader that has seen enough ends the command without a word, as SIGPIPE would."""
    running = _program(shell.folder, "schema")
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    told = running.stderr.read()
    running.stderr.close()
    assert (running.wait(), told) == (141, "")
