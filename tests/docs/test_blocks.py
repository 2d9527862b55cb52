"""Every fenced block of every page is run, or read by what would have to read it. There is none that nobody tries.

Blocks under a mark are run by ``test_transcripts.py`` and ``test_quickstart.py``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from controller.cli.config_file import read_config
from controller.cli.main import cli
from controller.spec.compile import compile_specs
from controller.spec.nodes import plain
from controller.spec.source import SourceFile
from controller.spec.syntax import Composed, compose
from tests.cli.shell import _SPEC
from tests.daemon.process import PROGRAM
from tests.docs.commands import lines_of, mistakes
from tests.docs.pages import DOCS, PAGES, ROOT, Block, blocks, name_of
from tests.docs.test_quickstart import PASTED
from tests.docs.transcripts import PRINTS, RUNS, environment

ALL = [block for page in PAGES for block in blocks(page)]
RUN_ELSEWHERE = {RUNS, PRINTS, PASTED}
SHELLS = ("sh", "bash", "console")
READY = {"url", "caFile", "subscription", "tenant", "location"}
PICTURES = {"README.md": "the loop", "docs/concepts.md": "a life", "docs/threat-model.md": "trust"}
"""Pages with one picture, of which there is nothing to run; that of a life is held against the phases elsewhere."""


def title(block: Block) -> str:
    return f"{block.page}:{block.line}"


def those(language: str) -> list[Block]:
    return [one for one in ALL if one.language == language and one.mark not in RUN_ELSEWHERE]


def test_every_block_is_tried() -> None:
    """A block is run, or its language is one that a test here reads; pictures are counted."""
    read = {*SHELLS, "yaml", "json", "python"}
    rest = [one for one in ALL if one.mark not in RUN_ELSEWHERE and one.language not in read]
    assert [(one.page, one.language) for one in rest] == [(page, "text") for page in PICTURES]
    fences = sum(page.read_text().count("\n```") for page in PAGES)
    assert fences == 2 * len(ALL), "a fence that is not understood"


@pytest.mark.parametrize("block", [one for kind in SHELLS for one in those(kind)], ids=title)
def test_commands_can_be_typed(block: Block) -> None:
    """Bash can read it, and each command, option, target and file of this project in it exists."""
    assert list(lines_of(block.text))
    assert mistakes(block.text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("evenkeel reconsile specs/\n", "no command reconsile"),
        ("X=1 evenkeel get fleets --watsh | cat\n", "No such option '--watsh'"),
        ("evenkeel get fleet\n", "kind is not fleet"),
        ("make dmeo\n", "no target dmeo"),
        ("if true\n", "syntax error"),
        ("kubectl apply -k deploy/kubernetes/overlays/nowhere\n", "there is no deploy/kubernetes"),
        ("$ evenkeel --nothing\nwhatever it prints\n", "No such option '--nothing'"),
    ],
)
def test_mistyped_commands_are_found(text: str, said: str) -> None:
    """The same check finds a word that cannot be typed."""
    assert said in " ".join(mistakes(text))


@pytest.mark.parametrize("block", those("yaml"), ids=title)
def test_yaml_is_understood(block: Block, tmp_path: Path) -> None:
    """It is a spec or a part of one, a config file, a hook or a workflow, and what reads such a thing has no complaint."""
    assert _wrong_with(block.text, tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "  suspend:\n    - {process: fly, owner: a, reason: b, until: '2026-12-01T18:00:00Z'}\n",
        "provder: azure\n",
        "repos:\n  - repo: r\n    hooks: [{id: evenkeel-nothing}]\n",
        "jobs: {a: {steps: [{uses: evenkeel/evenkeel/deploy/github@main, with: {path: x}}]}}\n",
    ],
)
def test_wrong_yaml_is_found(text: str, tmp_path: Path) -> None:
    """The same check finds what its reader would not take."""
    assert _wrong_with(text, tmp_path) != []


def _wrong_with(text: str, place: Path) -> list[str]:
    """What the reader of such a document says against it."""
    if text.startswith("  "):
        text = _SPEC.format(name="web", replicas=3) + text
    composed = compose(text)
    if composed.problems:
        return [str(one) for one in composed.problems]
    document = _first(composed)
    if "apiVersion" in document:
        found = compile_specs([SourceFile("page.yaml", text.encode())], lambda *_: b"")
        return [one.message for one in found.diagnostics]
    if "repos" in document:
        hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
        named = [hook["id"] for repo in document["repos"] for hook in repo["hooks"]]
        return [f"no hook {one}" for one in named if f"id: {one}\n" not in hooks]
    if "jobs" in document:
        return _wrong_steps(document)
    file = place / "config.yaml"
    file.write_text(text)
    return [one.message for one in read_config(file, cli).diagnostics]


def _first(composed: Composed) -> Any:
    root = composed.documents[0].root
    assert root is not None
    return plain(root)


def _wrong_steps(workflow: dict[str, Any]) -> list[str]:
    action = _first(compose((ROOT / "deploy" / "github" / "action.yml").read_text()))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    ours = [
        one for one in steps if one.get("uses", "").startswith("evenkeel/evenkeel/deploy/github@")
    ]
    given = [name for one in ours for name in one.get("with", {})]
    return [f"no input {name}" for name in given if name not in action["inputs"]] or (
        [] if ours else ["the action is not used"]
    )


@pytest.mark.slow
def test_emulator_page_is_true(tmp_path: Path) -> None:
    """The ready line has the keys that the page shows, and the page's program, given that line, makes its scale set."""
    [shown] = [json.loads(one.text) for one in those("json")]
    [program] = [one for one in those("python") if one.page == name_of(DOCS / "emulator.md")]
    script = tmp_path / "page.py"
    script.write_text(program.text)
    words = ["emulator", "--port", "0", "--state", "none", "--speed", "10"]
    running = subprocess.Popen(  # noqa: S603 -- our own program
        [*PROGRAM, *words],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        ready = running.stdout.readline()
        assert set(json.loads(ready)) == set(shown) == READY
        ran = subprocess.run(  # noqa: S603 -- the program of our own page
            [sys.executable, str(script), ready],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        running.kill()
        running.communicate()
    assert (ran.stdout, ran.returncode) == ("web Succeeded\n", 0), ran.stderr


def test_only_one_page_has_programs() -> None:
    """A program on another page would need a test of its own."""
    assert [one.page for one in (*those("json"), *those("python"))] == ["docs/emulator.md"] * 2
