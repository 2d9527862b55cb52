"""Extensions of a VM as Azure shows them: as resources under it, and in the words of its guest agent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 -- msgspec looks for it when it decodes
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from providers.azure.words import in_utc, provisioning_state
from providers.base import Extension, Failure, ProvisioningState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXTENSION_FAILED = "VMExtensionProvisioningError"
"""Azure's code for an extension that failed."""

_EXTENSIONS = "/extensions"
_FAILED = "provisioningstate/failed"
_ABSENT = msgspec.Raw(b"null")


class ExtensionStatus(msgspec.Struct, frozen=True, gc=False):
    """``ProvisioningState/succeeded``, with text and time."""

    code: str = ""
    message: str | None = None
    time: datetime | None = None


class ExtensionView(msgspec.Struct, frozen=True, gc=False):
    """What the guest agent says of an extension; nothing but the name before it has said anything.

    ``statuses`` stay as they stand: members that are alike have the same, and are read once.
    """

    name: str = ""
    statuses: msgspec.Raw = _ABSENT


class ExtensionProperties(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """``properties`` of an extension. Its settings are never decoded."""

    provisioning_state: str | None = None


class ExtensionRow(msgspec.Struct, frozen=True, gc=False):
    """An extension as a resource under its VM. Recorded: in lists, the id alone."""

    id: str | None = None
    properties: ExtensionProperties | None = None


def extensions_of(
    vm: str,
    resources: Sequence[ExtensionRow] | None,
    views: Sequence[ExtensionView] | None,
    reasons: Mapping[str, Failure],
) -> tuple[Extension, ...]:
    """The extensions of a VM, from its resources and from what the guest agent says of them.

    A VM without any shows no list of them: recorded. ``reasons`` are why they failed, for when the agent
    does not say: by ``<vm>/<extension>`` in lower case.
    """
    told = views or ()
    if not told and not resources:
        return ()
    found = _plainly(
        tuple([_named(row) for row in resources or ()]),
        tuple([(one.name, bytes(one.statuses)) for one in told]),
    )
    if all(extension.state is not ProvisioningState.FAILED for extension in found):
        return found
    return tuple(
        replace(one, failure=reasons.get(f"{vm}/{one.name}".lower()))
        if one.state is ProvisioningState.FAILED and one.failure is None
        else one
        for one in found
    )


def _named(row: ExtensionRow) -> tuple[str, str]:
    """Name and state of an extension's resource; empty for a resource of another kind."""
    head, _, name = (row.id or "").rpartition("/")
    state = row.properties.provisioning_state if row.properties else None
    return (name, state or "") if head.lower().endswith(_EXTENSIONS) else ("", "")


@lru_cache(maxsize=256)
def _plainly(
    rows: tuple[tuple[str, str], ...], told: tuple[tuple[str, bytes], ...]
) -> tuple[Extension, ...]:
    """Extensions by their own state or else the agent's: the same value for all members that are alike."""
    said = {name.lower(): _status_in(raw) for name, raw in told}
    named = {name.lower(): (name, state) for name, state in rows if name}
    for name, _ in told:
        if name:
            named.setdefault(name.lower(), (name, ""))
    return tuple(
        _extension(name, given, said.get(key, ExtensionStatus()))
        for key, (name, given) in named.items()
    )


def _status_in(raw: bytes) -> ExtensionStatus:
    """The first status; an empty one where there is none, or none that can be read."""
    try:
        statuses = msgspec.json.decode(raw, type=list[ExtensionStatus] | None)
    except msgspec.MsgspecError:
        statuses = None
    return statuses[0] if statuses else ExtensionStatus()


def _extension(name: str, given: str, status: ExtensionStatus) -> Extension:
    head, _, last = status.code.rpartition("/")
    word = given or status.code.partition("/")[2].partition("/")[0]
    state = provisioning_state(word) if word else None
    if state is not ProvisioningState.FAILED or head.lower() != _FAILED:
        return Extension(name, state)
    # The last part is the handler's own number, which says nothing by itself.
    code = last if last.isalpha() else EXTENSION_FAILED
    return Extension(name, state, Failure(code, status.message or "", in_utc(status.time)))
