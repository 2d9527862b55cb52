"""Azure's words for states and times, read into ours."""

from __future__ import annotations

from datetime import UTC, datetime

from providers.base import ProvisioningState

_STATES = {state.value.lower(): state for state in ProvisioningState}


def provisioning_state(text: str) -> ProvisioningState:
    """Azure's word for a state; one that is not known counts as Updating: busy, so it is let alone."""
    return _STATES.get(text.lower(), ProvisioningState.UPDATING)


def in_utc(moment: datetime | None) -> datetime | None:
    """A time in UTC; Azure's times without a zone are UTC's."""
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
