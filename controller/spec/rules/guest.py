"""Rules about the guest: operating system, data, extensions, patching, security, proximity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.diagnostics import Severity
from controller.spec.model.guest import Payload
from controller.spec.rules.view import Finding, repeated, templates_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.model.fleet import FleetDocument
    from controller.spec.model.guest import Health, Patching, Security
    from controller.spec.model.template import Template
    from controller.spec.nodes import Path

_MODES = {
    "Linux": ("ImageDefault", "AutomaticByPlatform"),
    "Windows": ("AutomaticByOS", "AutomaticByPlatform", "Manual"),
}
_RESERVED_USERS = frozenset({"admin", "administrator", "root", "guest", "user", "test", "owner"})


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what is wrong with what runs inside the members of each template."""
    zones = document.spec.placement.zones or ()
    for path, template in templates_of(document):
        yield from _system(path, template)
        yield from _payloads(path, template)
        yield from _extensions(path, template)
        if template.patching is not None:
            yield from _patching((*path, "patching"), template.patching, template.os)
        if template.health is not None:
            yield from _health((*path, "health"), template.health)
        if template.security is not None:
            yield from _security((*path, "security"), template.security)
        if template.proximity_placement_group is not None and len(zones) > 1:
            yield Finding(
                Code.PROXIMITY,
                (*path, "proximityPlacementGroup"),
                f"a proximity placement group is one datacenter; this fleet spans {len(zones)} zones",
                "name one zone, or remove the group",
                also=(("spec", "placement"),),
                at_key=True,
            )


def _system(path: Path, template: Template) -> Iterator[Finding]:
    other = {"Linux": "timeZone", "Windows": "sshPublicKeys"}[template.os]
    given = {"Linux": bool(template.time_zone), "Windows": bool(template.ssh_public_keys)}
    if given[template.os]:
        yield Finding(
            Code.WRONG_OS,
            (*path, other),
            f"`{other}` does nothing under {template.os}",
            "remove it, or correct `os`",
            also=((*path, "os"),),
            at_key=True,
        )
    if template.os == "Linux" and not template.ssh_public_keys:
        yield Finding(
            Code.SSH_KEY,
            (*path, "sshPublicKeys"),
            "no SSH key is given, so nobody can log in, and Azure refuses most images without one",
            "add `sshPublicKeys:` with at least one key",
            severity=Severity.WARNING,
        )
    if template.admin_username.lower() in _RESERVED_USERS:
        yield Finding(
            Code.RESOURCE_NAME,
            (*path, "adminUsername"),
            f"Azure does not take `{template.admin_username}` as the administrator's name",
            "choose another, such as `azureuser`",
        )


def _payloads(path: Path, template: Template) -> Iterator[Finding]:
    for name, payload in (("userData", template.user_data), ("customData", template.custom_data)):
        if isinstance(payload, Payload) and (payload.inline is None) == (payload.file is None):
            given = payload.inline is not None
            yield Finding(
                Code.FIELDS_EXCLUDE,
                (*path, name),
                f"`{name}` has both `inline` and `file`" if given else f"`{name}` holds nothing",
                "give either `inline` or `file`",
                at_key=True,
            )


def _extensions(path: Path, template: Template) -> Iterator[Finding]:
    place = (*path, "extensions")
    names = [extension.name for extension in template.extensions]
    for index, name in repeated(names):
        yield Finding(
            Code.DUPLICATE_ENTRY,
            (*place, index, "name"),
            f"two extensions are called `{name}`",
            "give each a name of its own",
        )
    for index, extension in enumerate(template.extensions):
        earlier = {name.lower() for name in names[:index]}
        for step, wanted in enumerate(extension.provision_after_extensions):
            if wanted.lower() not in earlier:
                yield Finding(
                    Code.EXTENSION_ORDER,
                    (*place, index, "provisionAfterExtensions", step),
                    f"no extension called `{wanted}` stands before this one",
                    "extensions are installed in the order of the list",
                )
        if extension.type.startswith("ApplicationHealth") and template.health is not None:
            yield Finding(
                Code.DUPLICATE_ENTRY,
                (*place, index, "type"),
                "`health` adds the Application Health extension already",
                "keep one of the two",
            )


def _patching(path: Path, patching: Patching, system: str) -> Iterator[Finding]:
    allowed = _MODES[system]
    if patching.mode is not None and patching.mode not in allowed:
        yield Finding(
            Code.WRONG_OS,
            (*path, "mode"),
            f"{system} has no patch mode `{patching.mode}`",
            "write one of " + ", ".join(f"`{mode}`" for mode in allowed),
            also=((*path[:-1], "os"),),
        )
    if patching.hotpatching is not None and system == "Linux":
        yield Finding(
            Code.WRONG_OS,
            (*path, "hotpatching"),
            "hotpatching is a feature of Windows",
            "remove it",
            also=((*path[:-1], "os"),),
            at_key=True,
        )
    elif patching.mode != "AutomaticByPlatform":
        by_platform = {
            "reboot": patching.reboot,
            "bypassPlatformSafetyChecksOnUserSchedule": (
                patching.bypass_platform_safety_checks_on_user_schedule
            ),
            "hotpatching": patching.hotpatching,
        }
        for name, value in by_platform.items():
            if value is not None:
                yield Finding(
                    Code.FIELDS_EXCLUDE,
                    (*path, name),
                    f"`{name}` needs `mode: AutomaticByPlatform`",
                    "set the mode, or remove the field",
                    also=((*path, "mode"),),
                    at_key=True,
                )


def _health(path: Path, health: Health) -> Iterator[Finding]:
    if health.protocol == "tcp":
        if health.port is None:
            yield Finding(
                Code.MISSING_FIELD, (*path, "port"), "`port` is missing for tcp", "add `port:`"
            )
        if health.path is not None:
            yield Finding(
                Code.FIELDS_EXCLUDE,
                (*path, "path"),
                "tcp has no `path`",
                "remove it, or write `protocol: http`",
                also=((*path, "protocol"),),
                at_key=True,
            )
        if health.states == "Rich":
            yield Finding(
                Code.FIELDS_EXCLUDE,
                (*path, "states"),
                "rich health states come in the body of an answer, which tcp does not have",
                "write `protocol: http`, or `states: Binary`",
                also=((*path, "protocol"),),
            )
    elif health.path is None:
        yield Finding(
            Code.MISSING_FIELD,
            (*path, "path"),
            f"`path` is missing for {health.protocol}",
            "add `path:`, such as `/healthz`",
        )
    if health.grace_period_seconds is not None and health.states == "Binary":
        yield Finding(
            Code.FIELDS_EXCLUDE,
            (*path, "gracePeriodSeconds"),
            "a grace period needs rich health states",
            "write `states: Rich`, or remove it",
            also=((*path, "states"),),
            at_key=True,
        )


def _security(path: Path, security: Security) -> Iterator[Finding]:
    special = security.type in {"TrustedLaunch", "ConfidentialVM"}
    for name, value in (("secureBoot", security.secure_boot), ("vTpm", security.v_tpm)):
        if value is not None and not special:
            yield Finding(
                Code.SECURITY,
                (*path, name),
                f"`{name}` needs `type: TrustedLaunch` or `ConfidentialVM`",
                "set the type, or remove the field",
                also=((*path, "type"),),
                at_key=True,
            )
    confidential = security.type == "ConfidentialVM"
    if confidential != (security.disk_encryption is not None):
        yield Finding(
            Code.SECURITY,
            (*path, "type") if confidential else (*path, "diskEncryption"),
            "`type: ConfidentialVM` and `diskEncryption` belong together",
            "give both, or neither",
            also=((*path, "diskEncryption"),),
        )
