"""The guest's settings, as Compute shows them of a VM and of a set's profile: defaults filled in, no secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.simulated.documents import mapping_in, plain_document

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATCHES = {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"}
_SECRETS = ("adminPassword", "customData")


def os_profile(given: Mapping[str, object], *, windows: bool) -> dict[str, object]:
    """An ``osProfile`` with what Azure fills in. Recorded for Linux; for Windows after the documentation."""
    shown = plain_document(given)
    for secret in _SECRETS:
        shown.pop(secret, None)
    if windows:
        shown["windowsConfiguration"] = _windows(mapping_in(given, "windowsConfiguration"))
    else:
        shown["linuxConfiguration"] = _linux(mapping_in(given, "linuxConfiguration"))
    defaults = {
        "secrets": [],
        "allowExtensionOperations": True,
        "requireGuestProvisionSignal": True,
    }
    return defaults | shown


def _windows(asked: Mapping[str, object]) -> dict[str, object]:
    patches = {**_PATCHES, "patchMode": "AutomaticByOS", **mapping_in(asked, "patchSettings")}
    defaults = {"provisionVMAgent": True, "enableAutomaticUpdates": True}
    return {**defaults, **asked, "patchSettings": patches}


def _linux(asked: Mapping[str, object]) -> dict[str, object]:
    patches = {**_PATCHES, **mapping_in(asked, "patchSettings")}
    defaults = {
        "disablePasswordAuthentication": False,
        "provisionVMAgent": True,
    }
    return {**defaults, **asked, "patchSettings": patches}
