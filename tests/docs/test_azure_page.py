"""The page about Azure tells what every known error means, and names the files that it stands on."""

from __future__ import annotations

import os
import re

from controller.formats.failures import REMEDIES
from providers import errors
from providers.azure.failures import RULES
from tests.docs.azure_errors import MARK, MEANINGS, table
from tests.docs.pages import DOCS

PAGE = DOCS / "azure.md"


def test_errors_are_current() -> None:
    """The tables of errors equal what is made now; EVENKEEL_UPDATE_GOLDEN=1 rewrites them."""
    made = f"{MARK}\n{table()}{MARK}"
    before, _, rest = PAGE.read_text().partition(MARK)
    after = rest.partition(MARK)[2]
    if os.environ.get("EVENKEEL_UPDATE_GOLDEN") == "1":
        PAGE.write_text(f"{before}{made}{after}")
    assert made in PAGE.read_text(), "docs/azure.md is out of date; run: make golden"


def test_every_code_has_its_place() -> None:
    """Each code that the adapter sorts, and each that the commands explain, is told of exactly once."""
    said = re.findall(r"`([A-Z][A-Za-z]+)`", table())
    codes = {rule.code for rule in RULES} | {remedy.code for remedy in REMEDIES}
    twice = {"SkuNotAvailable", "InvalidParameter", "ConnectionFailed"}
    assert sorted({code for code in codes if code} - set(said)) == []
    assert sorted({code for code in said if said.count(code) > 1} - twice) == []


def test_every_kind_of_error_is_told() -> None:
    """Whatever kind of error the adapter's table knows, the page says what evenkeel does by itself."""
    assert {rule.kind for rule in RULES} | {errors.Rejected} == set(MEANINGS)
