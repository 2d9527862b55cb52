"""Lets a test have the corpus, or says loudly how many cases are left out without it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.conformance.ledger import PAGE, counted
from tests.conformance.recordings import VARIABLE, corpus

if TYPE_CHECKING:
    from pathlib import Path


def the_corpus(what: str) -> Path:
    """The corpus's folder. Without one the test is skipped with its count, or fails where nothing may be.

    ``what`` names the row of the page's numbers that says how many cases the test has.
    """
    found = corpus()
    if found is not None:
        return found
    count = counted(PAGE, what)
    text = f"{count:,} conformance cases were left out ({what}): {VARIABLE} names no folder with recordings"
    if os.environ.get("EVENKEEL_REQUIRE_ALL") == "1":
        pytest.fail(text)
    pytest.skip(text)
