"""What the pages show of commands is what the commands print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import Block
from tests.docs.transcripts import (
    PRINTS,
    RUNS,
    exchanges,
    furnish,
    marked,
    matches,
    run,
)


def name_of(block: object) -> str:
    assert isinstance(block, Block)
    return f"{block.page}:{block.line}"


@pytest.mark.slow
@pytest.mark.parametrize("block", marked(RUNS), ids=name_of)
def test_transcript_is_real(block: Block, tmp_path: Path) -> None:
    """Typed one after the other in a fresh directory, the commands print what stands below them."""
    place = furnish(tmp_path)
    for exchange in exchanges(block):
        printed = run(exchange.command, place)
        assert matches(printed, exchange.lines), f"$ {exchange.command}\n{printed}"


@pytest.mark.parametrize("block", marked(PRINTS), ids=name_of)
def test_excerpt_is_real(block: Block, tmp_path: Path) -> None:
    """An excerpt stands in what its command prints, line for line."""
    printed = run(block.argument, furnish(tmp_path))
    lines = ("…", *block.text.splitlines(), "…")
    assert matches(printed, lines), printed


@pytest.mark.parametrize(
    ("printed", "lines", "alike"),
    [
        ("one\ntwo\n", ("one", "two"), True),
        ("one\ntwo\n", ("one",), False),
        ("one\ntwo\nthree\n", ("…", "three"), True),
        ("one\ntwo\nthree\n", ("one", "…"), True),
        ("after 7 rounds\n", ("after … rounds",), True),
        ("after 7 rounds\n", ("after … laps",), False),
        ("a.c\n", ("abc",), False),
        ("", (), True),
        ("", ("one",), False),
    ],
)
def test_matching(printed: str, lines: tuple[str, ...], alike: bool) -> None:
    """An ellipsis stands for any lines or any text, and everything else for itself."""
    assert matches(printed, lines) is alike


def test_blocks_are_found() -> None:
    """There are transcripts and an excerpt on the pages; a lost mark would let them go unproved."""
    commands = [one for block in marked(RUNS) for one in exchanges(block)]
    assert len(commands) >= 5
    assert all(one.command for one in commands)
    assert marked(PRINTS)
