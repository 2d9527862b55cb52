"""One Azurite for all tests of this directory that run in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.daemon.azurite import Azurite, azurite_in

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azure Storage on loopback."""
    with azurite_in(tmp_path_factory.mktemp("azurite")) as running:
        yield running
