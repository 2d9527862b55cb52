"""Extensions of a VM as Azure shows them: as resources under it, and in the words of its guest agent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
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


class ExtensionStatus(msgspec.Struct, frozen=True, gc=False):
    """``ProvisioningState/succeeded``. The long text and the time of it are decoded when it is a failure."""

    code: str = ""
    message: msgspec.Raw = msgspec.Raw(b"null")
    time: msgspec.Raw = msgspec.Raw(b"null")


class ExtensionView(msgspec.Struct, frozen=True, gc=False):
    """What the guest agent says of an extension; nothing but the name before it has said anything."""

    name: str = ""
    statuses: list[ExtensionStatus] | None = None


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
        tuple([(one.name, one.statuses[0].code if one.statuses else "") for one in told]),
    )
    if all(extension.state is not ProvisioningState.FAILED for extension in found):
        return found
    said = {one.name.lower(): one.statuses[0] for one in told if one.statuses}
    return tuple(_with_reason(vm, extension, said, reasons) for extension in found)


def _named(row: ExtensionRow) -> tuple[str, str]:
    """Name and state of an extension's resource; empty for a resource of another kind."""
    head, _, name = (row.id or "").rpartition("/")
    state = row.properties.provisioning_state if row.properties else None
    return (name, state or "") if head.lower().endswith(_EXTENSIONS) else ("", "")


@lru_cache(maxsize=256)
def _plainly(
    rows: tuple[tuple[str, str], ...], told: tuple[tuple[str, str], ...]
) -> tuple[Extension, ...]:
    """Extensions by their own state or else the agent's: the same value for all members that are alike."""
    codes = {name.lower(): code for name, code in told}
    named = {name.lower(): (name, state) for name, state in rows if name}
    for name, _ in told:
        if name:
            named.setdefault(name.lower(), (name, ""))
    return tuple(
        Extension(name, _extension_state(given, codes.get(key, "")))
        for key, (name, given) in named.items()
    )


def _extension_state(given: str, code: str) -> ProvisioningState | None:
    word = given or code.partition("/")[2].partition("/")[0]
    return provisioning_state(word) if word else None


def _with_reason(
    vm: str,
    extension: Extension,
    said: Mapping[str, ExtensionStatus],
    reasons: Mapping[str, Failure],
) -> Extension:
    if extension.state is not ProvisioningState.FAILED:
        return extension
    status = said.get(extension.name.lower())
    head, _, last = status.code.rpartition("/") if status is not None else ("", "", "")
    if status is None or head.lower() != _FAILED:
        return replace(extension, failure=reasons.get(f"{vm}/{extension.name}".lower()))
    # The last part is the handler's own number, which says nothing by itself.
    code = last if last.isalpha() else EXTENSION_FAILED
    return replace(extension, failure=Failure(code, *_words_of(status)))


def _words_of(status: ExtensionStatus) -> tuple[str, datetime | None]:
    """Text and time of a failure; what cannot be read of them is left out."""
    try:
        message = msgspec.json.decode(status.message, type=str | None)
        moment = msgspec.json.decode(status.time, type=datetime | None)
    except msgspec.MsgspecError:
        return "", None
    return message or "", in_utc(moment)
