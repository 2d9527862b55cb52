"""Whatever a saved document holds, reading it ends in values or in a ``DocumentError``."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.observed import Memory
from controller.core.plan import plan
from controller.formats.observation import observation_document, read_observation
from controller.formats.plan_document import plan_document
from controller.formats.reading import DocumentError
from controller.formats.saved_plan import read_plan, what_moved
from controller.formats.text import json_text
from tests.builders import NOW, a_catalog, members_in, observed
from tests.formats.documents import OBSERVATION, changed, web

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

RICH = json_text(
    observation_document(NOW, {"web": observed(members_in({"1": 2, "2": 1}), catalog=a_catalog())})
)
SAVED = json_text(plan_document([plan(web(), observed(), Memory(), NOW)], {}))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(document: Any, way: str = "") -> Iterator[str]:
    """Every place in a document, as ``changed`` names it."""
    places = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in places:
        yield f"{way}{key}"
        if isinstance(value, (dict, list)):
            yield from paths(value, f"{way}{key}/")


PLACES = [path for path in paths(json.loads(RICH)) if "." not in path and "Standard" not in path]


@settings(max_examples=400, deadline=None, database=None)
@given(path=st.sampled_from(PLACES), value=JSON)
def test_any_value_anywhere(path: str, value: object) -> None:
    """Any value in any place of an observation is refused with a sentence, or can be planned from."""
    with contextlib.suppress(DocumentError):
        seen = read_observation(changed(RICH, path, value), "seen.json", [web()])
        for look in seen.values():
            assert plan(web(), look, Memory(), look.observed_at).desired == 6


@settings(max_examples=200, deadline=None, database=None)
@given(path=st.sampled_from(list(paths(json.loads(SAVED)))), value=JSON)
def test_any_value_in_a_plan(path: str, value: object) -> None:
    """Any value in any place of a saved plan is refused with a sentence, or can be compared."""
    now = plan(web(), observed(), Memory(), NOW)
    with contextlib.suppress(DocumentError):
        saved = read_plan(changed(SAVED, path, value), "plan.json")
        for one in saved.values():
            what_moved(one, now)


@settings(max_examples=200, deadline=None, database=None)
@given(text=st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
def test_any_text(text: str) -> None:
    """Any text is refused with a sentence."""
    with pytest.raises(DocumentError):
        read_observation(text, "seen.json", [web()])


def test_every_truncation() -> None:
    """A document cut off anywhere is refused."""
    for end in range(len(OBSERVATION)):
        with pytest.raises(DocumentError):
            read_observation(OBSERVATION[:end], "seen.json", [web()])
