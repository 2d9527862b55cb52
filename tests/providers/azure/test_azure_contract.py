"""The adapter passes the battery, in front of the emulated ARM."""

from __future__ import annotations

import pytest

from tests.providers.azure.emulated import EmulatedCloud
from tests.providers.contract import ProviderContract


class TestAzureAdapter(ProviderContract):
    """The contract, kept over ARM."""

    @pytest.fixture
    def cloud(self) -> EmulatedCloud:
        """A fresh region behind a fresh emulator."""
        return EmulatedCloud()
