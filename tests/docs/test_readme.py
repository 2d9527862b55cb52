"""The README and all pages hold what they say: spec, commands, tests, links."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from controller.cli.main import cli
from controller.engine.compose import CompositionError, Settings, compose
from controller.spec.compile import compile_specs
from controller.spec.source import SourceFile
from tests.docs.pages import PAGES, ROOT, anchors, blocks, links, name_of, prose
from tests.docs.test_features import is_command, names_in

README = ROOT / "README.md"
TEXT = README.read_text()
TOP = [page for page in PAGES if page.parent.name != "decisions"]
"""All pages but the decisions, which are not edited once they are accepted."""


def test_readme_is_short() -> None:
    """The README has at most 140 lines."""
    assert len(TEXT.splitlines()) <= 140


def test_readme_spec_is_valid() -> None:
    """The spec in the README compiles, without even a warning."""
    (spec,) = [block.text for block in blocks(README) if block.language == "yaml"]
    compiled = compile_specs([SourceFile("README.yaml", spec.encode())], lambda *_: b"")
    assert compiled.diagnostics == ()
    assert [fleet.replicas for fleet in compiled.fleets] == [5]


def test_readme_commands_exist() -> None:
    """Every command in a shell block can be typed, and the list of commands is the program's."""
    typed = [
        " ".join(word for word in line.partition(" #")[0].split() if "/" not in word)
        for block in blocks(README)
        if block.language == "sh"
        for line in block.text.splitlines()
        if line.startswith("evenkeel ")
    ]
    assert len(typed) == 4
    assert [line for line in typed if not is_command(line)] == []
    listed = TEXT.partition("## Commands\n")[2].partition(":")[0]
    assert re.findall(r"`(\w+)`", listed) == cli.list_commands(click.Context(cli))


def test_make_targets_exist() -> None:
    """Every ``make`` target that a page names is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target for page in PAGES for target in re.findall(r"\bmake ([a-z-]+)\b", page_text(page))
    }
    assert {"demo", "test", "check"} <= named
    assert named <= targets


def page_text(page: Path) -> str:
    """What a page gives as code: inline code and shell blocks."""
    shell = [block.text for block in blocks(page) if block.language in {"sh", "console"}]
    return "\n".join([*re.findall(r"`([^`\n]+)`", prose(page)), *shell])


def test_guarantees_have_tests() -> None:
    """Each guarantee in the README names a test that exists."""
    named = re.findall(r"\| `(tests/[^`]+\.py)::(\w+)` \|", TEXT)
    rows = TEXT.partition("| guarantee | test |")[2].partition("\n\n")[0].count("\n|") - 1
    assert len(named) == rows >= 5
    assert [(path, name) for path, name in named if name not in names_in(path)] == []


def test_azure_is_unproved() -> None:
    """The README does not claim more about Azure than is true, and without a credential nothing is tried."""
    with pytest.raises(CompositionError), compose(Settings(provider="azure")):
        pass
    assert "never been run against Azure" in TEXT


def test_gaps_are_told() -> None:
    """The README says that a spec which is gone deletes nothing, and what ends a fleet instead."""
    gaps = TEXT.partition("does **not** do yet")[2].partition("\n## ")[0]
    assert all(f"`{field}`" in gaps for field in ("state: Absent", "deletionPolicy: Delete"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_resolve(page: Path) -> None:
    """Every relative link leads to a file, and its anchor to a heading there."""
    for target in links(page):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", TOP, ids=name_of)
def test_lines_are_short(page: Path) -> None:
    """Lines of prose have at most 140 characters; rows of tables and the program's own lines may be longer."""
    assert [line for line in prose(page).splitlines() if len(line) > 140 and line[0] != "|"] == []


def test_every_page_is_reachable() -> None:
    """From the README every page but single decisions can be reached over links."""
    seen: set[Path] = set()
    waiting = [README]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            waiting += [
                (page.parent / target.partition("#")[0]).resolve() for target in links(page)
            ]
    assert set(TOP) <= seen
