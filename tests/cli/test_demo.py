"""``evenkeel demo``: a story that is true, short and the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.cli.demo_story import demo_fleets
from tests.cli.transcripts import check_transcript, longest_line

if TYPE_CHECKING:
    from tests.cli.shell import Shell


def test_demo_tells_its_story(shell: Shell) -> None:
    """The demo prints the story that the transcript holds, and ends well."""
    ran = shell.run("demo")
    assert (ran.code, ran.err) == (0, "")
    check_transcript("demo", ran.out)


def test_demo_is_short_and_narrow(shell: Shell) -> None:
    """The demo is no longer than 135 lines of 80 columns."""
    out = shell.run("demo").out
    assert len(out.splitlines()) <= 135
    assert longest_line(out) <= 80


def test_demo_repeats_itself(shell: Shell) -> None:
    """Two runs print the same, and neither leaves a file behind."""
    assert shell.run("demo").out == shell.run("demo").out
    assert list(shell.folder.iterdir()) == []


def test_demo_keeps_locked_instance(shell: Shell) -> None:
    """The instance that would have gone first is locked, stays, and its zone gives another one."""
    out = shell.run("demo").out
    locked = out.partition(" would go first")[0].split()[-1]
    after = out.partition(" would go first")[2]
    assert f"  -   {locked} " not in after
    assert f"{locked} is locked (CanNotDelete)" in after
    assert "    zone 3  L  1\n" in after


def test_demo_uses_the_examples() -> None:
    """The demo's fleets are those of the examples in specs/."""
    assert [fleet.name for fleet in demo_fleets()] == ["web", "ledger", "workers"]
