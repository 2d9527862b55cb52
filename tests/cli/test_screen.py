"""What a stream can show: colour, characters, width."""

from __future__ import annotations

import io

import pytest

from controller.cli.screen import Paint, Screen, legible, screen_of


class _Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "color", "environ", "coloured"),
    [
        (True, "auto", {}, True),
        (False, "auto", {}, False),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (True, "auto", {"TERM": "dumb"}, False),
        (False, "auto", {"FORCE_COLOR": "1"}, True),
        (False, "auto", {"CLICOLOR_FORCE": "1"}, True),
        (False, "auto", {"FORCE_COLOR": "0"}, False),
        (False, "auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, "never", {"FORCE_COLOR": "1"}, False),
        (True, "never", {}, False),
        (False, "always", {}, True),
        (False, "always", {"NO_COLOR": "1"}, True),
    ],
)
def test_colour(color: str, environ: dict[str, str], *, terminal: bool, coloured: bool) -> None:
    """Colour is for terminals or where it is forced, unless NO_COLOR is set and not empty; the option wins over all."""
    stream = _Terminal() if terminal else io.StringIO()
    assert screen_of(stream, color, environ).colour is coloured


@pytest.mark.parametrize(
    ("terminal", "environ", "live"),
    [
        (True, {}, True),
        (True, {"CI": "true"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_live_only_on_terminals(environ: dict[str, str], *, terminal: bool, live: bool) -> None:
    """Lines are redrawn on a terminal that can, and never in CI."""
    stream = _Terminal() if terminal else io.StringIO()
    assert screen_of(stream, "auto", environ).live is live


def test_encoding_decides_characters() -> None:
    """A stream that cannot encode the cells gets ASCII."""
    ascii_stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert screen_of(ascii_stream, "auto", {}).glyph("■", "#") == "#"


def test_pipe_is_80_wide() -> None:
    """A stream that is no terminal counts as 80 columns."""
    assert screen_of(io.StringIO(), "auto", {}).width == 80


def test_control_characters_are_legible() -> None:
    """Escape sequences in a cloud's text cannot reach the terminal."""
    assert legible("a\x1b[31mb\u202e") == "a\\x1b[31mb\\x202e"


def test_paint_only_with_colour() -> None:
    """Without colour a painted text is the text."""
    painted = [Screen(colour=colour).paint("x", Paint.ADDED) for colour in (False, True)]
    assert painted == ["x", "\x1b[32mx\x1b[0m"]


def test_flow_breaks_between_parts() -> None:
    """Short texts are set one after the other, and a line is broken only between them."""
    flowed = Screen(width=20).flow(["one two", "three", "four five"], "    ", first="Say: ")
    assert flowed == "Say: one two   three\n    four five"
