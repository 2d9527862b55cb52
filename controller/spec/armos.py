"""The OS profile, the security profile and the extensions of a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.spec.properties import Properties, given

if TYPE_CHECKING:
    from controller.spec.model.guest import Extension, Health, Patching, Security
    from controller.spec.model.template import Template

HEALTH_EXTENSION = "HealthExtension"


def os_profile(template: Template, custom_data: str | None) -> Properties:
    """Build the OS profile; ``custom_data`` is base64."""
    linux = template.os == "Linux"
    return given(
        computerName="{computerName}",
        adminUsername=template.admin_username,
        customData=custom_data,
        linuxConfiguration=_linux(template) if linux else None,
        windowsConfiguration=None if linux else _windows(template),
    )


def _linux(template: Template) -> Properties:
    path = f"/home/{template.admin_username}/.ssh/authorized_keys"
    keys: list[Properties] = [
        {"path": path, "keyData": key.strip()} for key in template.ssh_public_keys
    ]
    configuration: Properties = {"disablePasswordAuthentication": True, "provisionVMAgent": True}
    return configuration | given(
        ssh=given(publicKeys=keys), patchSettings=_patching(template.patching)
    )


def _windows(template: Template) -> Properties:
    mode = template.patching.mode if template.patching is not None else None
    configuration: Properties = {
        "provisionVMAgent": True,
        "enableAutomaticUpdates": mode != "Manual",
    }
    return configuration | given(
        timeZone=template.time_zone, patchSettings=_patching(template.patching)
    )


def _patching(patching: Patching | None) -> Properties | None:
    if patching is None:
        return None
    return given(
        patchMode=patching.mode,
        assessmentMode=patching.assessment,
        enableHotpatching=patching.hotpatching,
        automaticByPlatformSettings=given(
            rebootSetting=patching.reboot,
            bypassPlatformSafetyChecksOnUserSchedule=(
                patching.bypass_platform_safety_checks_on_user_schedule
            ),
        ),
    )


def security_profile(security: Security | None) -> Properties | None:
    """Build the security profile; None where the spec says nothing."""
    if security is None:
        return None
    return given(
        securityType=security.type,
        encryptionAtHost=security.encryption_at_host,
        uefiSettings=given(secureBootEnabled=security.secure_boot, vTpmEnabled=security.v_tpm),
    )


def extensions(template: Template) -> list[Properties]:
    """Build the extensions in their order; the health extension, which asks the application, comes last."""
    built = [_extension(extension) for extension in template.extensions]
    if template.health is not None:
        built.append(_health(template.health, template.os))
    return built


def _extension(extension: Extension) -> Properties:
    secret = extension.protected_settings_from_key_vault
    properties: Properties = {
        "publisher": extension.publisher,
        "type": extension.type,
        "typeHandlerVersion": extension.type_handler_version,
        "autoUpgradeMinorVersion": extension.auto_upgrade_minor_version,
    }
    properties |= given(
        enableAutomaticUpgrade=extension.enable_automatic_upgrade,
        settings=extension.settings,
        protectedSettingsFromKeyVault=None
        if secret is None
        else {"secretUrl": secret.secret_url, "sourceVault": {"id": secret.source_vault}},
        provisionAfterExtensions=list(extension.provision_after_extensions),
        suppressFailures=extension.suppress_failures or None,
        forceUpdateTag=extension.force_update_tag,
    )
    return {"name": extension.name, "properties": properties}


def _health(health: Health, system: str) -> Properties:
    rich = health.states == "Rich"
    settings: Properties = {"protocol": health.protocol}
    settings |= given(
        port=health.port,
        requestPath=health.path,
        intervalInSeconds=health.interval_seconds,
        numberOfProbes=health.probes,
        gracePeriod=health.grace_period_seconds,
    )
    return {
        "name": HEALTH_EXTENSION,
        "properties": {
            "publisher": "Microsoft.ManagedServices",
            "type": f"ApplicationHealth{system}",
            "typeHandlerVersion": "2.0" if rich else "1.0",
            "autoUpgradeMinorVersion": True,
            "settings": settings,
        },
    }
