"""The config file and ``config view``: which of flag, variable, file and default holds, and what is refused."""

from __future__ import annotations

import pytest

from controller.cli import config_file, main
from tests.cli.shell import Shell

FILE = """\
provider: simulated
logFormat: json
output: yaml
specs: [specs/]
reconcile:
  timeout: 100
  output: json
  audit: state/audit.jsonl
audit:
  verify: {archived: true}
"""


def origins(
    shell: Shell, *words: str, env: dict[str, str] | None = None
) -> dict[str, list[object]]:
    """Value and origin by command and setting."""
    ran = shell.run(*words, "config", "view", "-o", "json", env=env)
    assert ran.code == 0, ran.err
    rows = ran.document["settings"]
    return {f"{one['command']} {one['setting']}": [one["value"], one["origin"]] for one in rows}


def test_file_gives_defaults(shell: Shell) -> None:
    """A key at the top holds for every command that has it; one below a command is over it, and each tells its place."""
    shell.write("c.yaml", FILE)
    found = origins(shell, "--config", "c.yaml")
    assert found["get output"] == ["yaml", "c.yaml:3:9"]
    assert found["reconcile output"] == ["json", "c.yaml:7:11"]
    assert found["reconcile audit"] == ["state/audit.jsonl", "c.yaml:8:10"]
    assert found["audit verify archived"] == [True, "c.yaml:10:22"]
    assert found["get specs"] == [["specs/"], "c.yaml:4:8"]
    assert found["observe armUrl"] == [None, "default"]
    assert found["get state"] == [".evenkeel/region.json", "default"]


def test_flag_over_variable_over_file(shell: Shell) -> None:
    """A flag stands over its variable, that over the file, and that over the default."""
    shell.converged(replicas=1)
    shell.write("c.yaml", "output: json\n")
    env = {"EVENKEEL_OUTPUT": "yaml"}
    default, by_file, by_variable, by_flag = (
        shell.run("get", "fleets"),
        shell.run("--config", "c.yaml", "get", "fleets"),
        shell.run("--config", "c.yaml", "get", "fleets", env=env),
        shell.run("--config", "c.yaml", "get", "fleets", "-o", "text", env=env),
    )
    firsts = [one.out.split()[0] for one in (default, by_file, by_variable, by_flag)]
    assert firsts == ["NAME", "{", "apiVersion:", "NAME"]
    told = origins(shell, "--config", "c.yaml", env=env)
    assert told["get output"] == ["yaml", "environment EVENKEEL_OUTPUT"]


def test_file_is_named_or_not_read(shell: Shell) -> None:
    """The file can be named by a variable; one in the present directory is not taken without being named."""
    shell.write("evenkeel.yaml", "output: yaml\n")
    shell.write("c.yaml", "output: yaml\n")
    env = {"EVENKEEL_CONFIG": "c.yaml"}
    assert origins(shell, env=env)["get output"][0] == "yaml"
    assert origins(shell)["get output"] == ["text", "default"]
    assert origins(shell, "--config", "none", env=env)["get output"] == ["text", "default"]
    assert main._SYSTEM_FILE == config_file.SYSTEM_FILE


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("providr: azure", "1:1", "did you mean `provider`?"),
        ("provider: azur", "1:11", "did you mean `azure`?"),
        ("reconcile: {timeout: soon}", "1:22", "a number is needed here, not text `soon`"),
        ("reconcile: {timeout: -1}", "1:22", "is not in the range x>=0"),
        ("reconcile: {listen: x}", "1:13", "there is no setting `listen` of `reconcile`"),
        ("verbose: true", "1:10", "a whole number is needed here, not `true`"),
        ("reconcile: {dryRun: yes}", "1:21", "`true` or `false` is needed here, not text `yes`"),
        ("state: 3", "1:8", 'quote it: `"3"`'),
        ("specs: specs/", "1:8", "a list is needed here"),
        ("reconcile: 3", "1:12", "`reconcile` is a command: its settings stand below it"),
        ("audit: {archived: true}", "1:9", "there is no setting `archived` of `audit`"),
        ("- provider", "1:1", "a config file is a mapping, not a list"),
        ("output: json\noutput: yaml", "2:1", "`output` stands twice"),
        ("output: &a json", "1:9", "anchor `&a` is not allowed"),
        ("output:", "1:8", "one value is needed here, not nothing"),
        ("a: 1\n---\nb: 2", "2:1", "a config file is one document"),
        ("output: [", "", "error[EK0103]"),
        ("output: \u202ejson", "1:9", "error[EK0102]"),
    ],
)
def test_mistakes_are_told_with_their_place(
    shell: Shell, text: str, place: str, words: str
) -> None:
    """What is no setting, or not of its type, stops the command before it does anything."""
    shell.write("c.yaml", text)
    shell.spec("web")
    ran = shell.run("--config", "c.yaml", "reconcile", "specs/web.yaml")
    assert ran.code == 64
    assert f"c.yaml:{place}" in ran.err
    assert words in ran.err
    assert "nothing was done" in ran.err
    assert not (shell.folder / ".evenkeel").exists()


def test_empty_and_absent_files(shell: Shell) -> None:
    """An empty file says nothing; one that is not there, or not text, is told."""
    shell.write("c.yaml", "# nothing\n")
    assert origins(shell, "--config", "c.yaml")["get output"] == ["text", "default"]
    absent = shell.run("--config", "d.yaml", "config", "view")
    assert (absent.code, "d.yaml cannot be read: No such file" in absent.err) == (64, True)
    (shell.folder / "c.yaml").write_bytes(b"\xff")
    assert "EK0101" in shell.run("--config", "c.yaml", "config", "view").err


def test_view_is_a_table(shell: Shell) -> None:
    """For people there is one row for each setting and value, with the commands that have it."""
    shell.write("c.yaml", FILE)
    ran = shell.run("--config", "c.yaml", "config", "view", "--origins", "-o", "text")
    rows = [line.split() for line in ran.out.splitlines()]
    assert rows[0] == ["SETTING", "VALUE", "ORIGIN", "COMMANDS"]
    assert ["timeout", "100", "c.yaml:6:12", "reconcile"] in rows
    assert ["dryRun", "false", "default", "reconcile,", "run"] in rows
    plain = shell.run("config", "view").out.splitlines()[0]
    assert plain.split() == ["SETTING", "VALUE", "COMMANDS"]


def test_view_shows_no_secrets(shell: Shell) -> None:
    """A value that holds a secret is masked in the view, wherever it comes from."""
    env = {"EVENKEEL_ARM_URL": "https://me:hunter2@localhost:1"}
    for words in (("-o", "json"), ("-o", "yaml"), ("--origins",)):
        ran = shell.run("config", "view", *words, env=env)
        assert "hunter2" not in ran.out
        assert "https://me:***@localhost:1" in ran.out
