"""Whatever the bytes are, compiling ends with diagnostics and never with an exception."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.cli.diagnostics import FORMATS
from controller.spec.compile import SpecSet
from controller.spec.nodes import plain
from controller.spec.syntax import compose
from tests.specs.spec_texts import WEB, compiled

LINES = WEB.splitlines(keepends=True)
FRAGMENTS = st.sampled_from(
    [
        *("a", "b", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "'", '"', "#", "&x", "*x"),
        *("!t", "<<", "|", ">", "?", "---\n", "...\n", "%", "010", "no", "1.5", "~", "\t", "é"),
        *("🎉", "@"),
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


def judged(specs: SpecSet) -> None:
    """Nothing is both a fleet and broken, and what is broken is told in every format."""
    assert bool(specs.broken) == bool(specs.errors)
    for render in FORMATS.values():
        assert isinstance(render(specs.diagnostics), str)


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes(content: bytes) -> None:
    """Any bytes compile to fleets, broken specs and diagnostics."""
    judged(compiled(content))


@given(st.lists(FRAGMENTS, max_size=60).map("".join))
@settings(deadline=None, max_examples=200)
def test_any_yaml_pieces(text: str) -> None:
    """Any sequence of YAML's own signs compiles without an exception."""
    judged(compiled(text))


@given(st.integers(0, len(WEB)))
@settings(deadline=None)
def test_any_prefix(length: int) -> None:
    """A spec that is cut off before its last field is broken; no half of it is taken for a whole."""
    specs = compiled(WEB[:length])
    judged(specs)
    if length < WEB.index("      subnet: ") + len("      subnet: "):
        assert specs.fleets == ()


@given(st.integers(0, len(LINES) - 1), JSON)
@settings(deadline=None, max_examples=200)
def test_any_value_anywhere(number: int, value: object) -> None:
    """Any JSON value in place of any field's value compiles without an exception."""
    key, colon, _old = LINES[number].partition(":")
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    shown = text.removesuffix("\n...\n").strip()
    judged(compiled("".join([*LINES[:number], f"{key}{colon} {shown}\n", *LINES[number + 1 :]])))


@given(st.lists(FRAGMENTS, max_size=40).map("".join))
@settings(deadline=None, max_examples=300)
def test_both_parsers_agree(text: str) -> None:
    """Text that both parsers accept means the same to both."""
    fast = compose(text, loader=yaml.CSafeLoader)
    pure = compose(text, loader=yaml.SafeLoader)
    if fast.problems or pure.problems:
        return
    roots = [[d.root for d in composed.documents] for composed in (fast, pure)]
    values = [[None if root is None else plain(root) for root in side] for side in roots]
    assert values[0] == values[1]


def test_both_parsers_place_alike() -> None:
    """Both parsers give every node of the example the same value and the same place."""
    fast = compose(WEB, loader=yaml.CSafeLoader).documents[0].root
    pure = compose(WEB, loader=yaml.SafeLoader).documents[0].root
    assert fast == pure
