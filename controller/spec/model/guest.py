"""What runs inside a member: first-boot data, extensions, patching, health, notices, security."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from controller.spec.model.base import IdentityId, Many, NonEmpty, Part, VaultId
from controller.spec.model.names import ChildName, Port


class Payload(Part):
    """Data for the first boot: inline text or a file beneath the spec's root, at most 64 KiB."""

    inline: NonEmpty | None = None
    """The text itself. It is shown wherever the spec is: no secrets."""
    file: NonEmpty | None = None
    """Path of a file, relative to the spec file."""


class Identity(Part):
    """Managed identities of the members. Flexible orchestration accepts user-assigned ones only."""

    user_assigned: Many[IdentityId] = ()
    """ARM ids of user-assigned identities."""


class VaultSecret(Part):
    """A secret in a key vault, which Azure reads and the controller never sees."""

    secret_url: Annotated[str, Field(pattern=r"^https://")]
    """URL of the secret, with its version."""
    source_vault: VaultId
    """ARM id of the key vault."""


class Extension(Part):
    """One VM extension. Extensions are installed in the order of the list."""

    name: ChildName
    """Name of the extension, unique in the template."""
    publisher: NonEmpty
    """Publisher, such as `Microsoft.Azure.Monitor`."""
    type: NonEmpty
    """Type, such as `AzureMonitorLinuxAgent`."""
    type_handler_version: NonEmpty
    """Version, such as `"1.0"`."""
    auto_upgrade_minor_version: bool = True
    """Take a newer minor version at deployment."""
    enable_automatic_upgrade: bool | None = None
    """Let Azure upgrade the extension later."""
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """Public settings, passed on as they are written."""
    protected_settings_from_key_vault: VaultSecret | None = None
    """Protected settings, kept in a key vault."""
    provision_after_extensions: Many[NonEmpty] = ()
    """Names of extensions that have to be installed before."""
    suppress_failures: bool = False
    """Let the VM succeed although this extension fails."""
    force_update_tag: NonEmpty | None = None
    """A changed value runs the extension again."""


class Patching(Part):
    """Patching inside the guest."""

    mode: Literal["ImageDefault", "AutomaticByPlatform", "AutomaticByOS", "Manual"] | None = None
    """Linux: `ImageDefault`, `AutomaticByPlatform`. Windows: `AutomaticByOS`, `AutomaticByPlatform`, `Manual`."""
    assessment: Literal["ImageDefault", "AutomaticByPlatform"] | None = None
    """Who looks for missing patches."""
    reboot: Literal["IfRequired", "Never", "Always"] | None = None
    """Restart after patching; needs `mode: AutomaticByPlatform`."""
    bypass_platform_safety_checks_on_user_schedule: bool | None = None
    """Patch on a schedule of your own; needs `mode: AutomaticByPlatform`."""
    hotpatching: bool | None = None
    """Windows: patch without restart; needs `mode: AutomaticByPlatform`."""


class Health(Part):
    """Application Health extension: the member itself is asked whether it serves."""

    protocol: Literal["http", "https", "tcp"]
    """How the application is asked."""
    port: Port | None = None
    """Port; 80 for http and 443 for https where absent, needed for tcp."""
    path: NonEmpty | None = None
    """Path of the request, needed for http and https."""
    states: Literal["Binary", "Rich"] = "Binary"
    """`Binary`: Healthy, Unhealthy (extension 1.0). `Rich`: also Initializing and Unknown (2.0)."""
    interval_seconds: Annotated[int, Field(ge=5, le=60)] = 5
    """Seconds between probes. Azure: 5 to 60."""
    probes: Annotated[int, Field(ge=1, le=24)] = 1
    """Equal answers in a row that change the state. Azure: 1 to 24."""
    grace_period_seconds: Annotated[int, Field(ge=0, le=14_400)] | None = None
    """Seconds after the start in which a member counts as initializing (Rich only). Azure: at most 14,400."""


class TerminateNotification(Part):
    """A notice to the member before it is deleted (Scheduled Events)."""

    timeout_minutes: Annotated[int, Field(ge=5, le=15)] = 5
    """Minutes that the member has for its farewell. Azure: 5 to 15."""


class BootDiagnostics(Part):
    """Console log and screenshot of the boot."""

    enabled: bool = True
    """Whether they are kept."""
    storage_uri: Annotated[str, Field(pattern=r"^https://")] | None = None
    """Blob endpoint of a storage account of yours; Azure's own storage where absent."""


class Security(Part):
    """Trusted launch, confidential VMs, encryption at host."""

    type: Literal["TrustedLaunch", "ConfidentialVM"] | None = None
    """Azure's `securityType`; Azure's default for the image where absent."""
    secure_boot: bool | None = None
    """UEFI secure boot; needs `type` TrustedLaunch or ConfidentialVM."""
    v_tpm: bool | None = None
    """Virtual TPM; needs `type` TrustedLaunch or ConfidentialVM."""
    disk_encryption: (
        Literal["VMGuestStateOnly", "DiskWithVMGuestState", "NonPersistedTPM"] | None
    ) = None
    """Confidential VMs only, and needed there: what the OS disk's encryption covers."""
    encryption_at_host: bool | None = None
    """Encrypt caches and temporary disks on the host."""
