"""The base of all models, and the types that several of them share."""

import re
from collections.abc import Callable
from typing import Annotated, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from controller.spec.codes import Code

T = TypeVar("T")


class Part(BaseModel):
    """A part of a spec: frozen, without unknown fields, and without any coercion of types."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_camel, defer_build=True
    )


Many: TypeAlias = Annotated[tuple[T, ...], Field(strict=False)]
"""A YAML list. Strictness is lifted for the list alone: YAML has no tuples."""

Some: TypeAlias = Annotated[tuple[T, ...], Field(strict=False, min_length=1)]
"""A YAML list that is not empty."""


def refusal(code: Code, message: str, remedy: str = "") -> PydanticCustomError:
    """Build the error of a field's own rule; ``controller.spec.translate`` turns it into a diagnostic."""
    return PydanticCustomError(code.value, "{message}", {"message": message, "help": remedy})


def matching(pattern: str, code: Code, rule: str) -> tuple[AfterValidator, WithJsonSchema]:
    """Build the check that a text matches ``pattern`` as a whole; ``rule`` says so in words."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise refusal(code, f"`{value}` is not {rule}", remedy_for(value, compiled))
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$"})


def remedy_for(value: str, pattern: re.Pattern[str]) -> str:
    """Suggest the nearest text that matches: lower case, blanks and underscores as hyphens or gone."""
    lower = value.strip().lower()
    for candidate in (
        lower,
        re.sub(r"[\s_.]+", "-", lower),
        re.sub(r"[\s_-]+", "", lower),
        re.sub(r"[^a-z0-9-]+", "", lower).strip("-0123456789"),
    ):
        if candidate != value and pattern.fullmatch(candidate):
            return f"did you mean `{candidate}`?"
    return ""


def _arm_id(kind: str, *endings: str) -> Callable[[str], str]:
    shown = " or ".join(f"`…/{ending}/<name>`" for ending in endings)

    def check(value: str) -> str:
        segments = value.split("/")[1:]
        well_formed = (
            value.startswith("/subscriptions/")
            and len(segments) % 2 == 0
            and all(segment and not segment.isspace() for segment in segments)
        )
        if not well_formed:
            raise refusal(
                Code.RESOURCE_ID,
                f"`{value}` is not the ARM id of {kind}",
                f"an ARM id looks like `/subscriptions/<guid>/resourceGroups/<group>/…`, here with {shown}",
            )
        if segments[-2].lower() not in {ending.rsplit("/", 1)[-1].lower() for ending in endings}:
            raise refusal(
                Code.RESOURCE_ID,
                f"this is the ARM id of a resource of type `{segments[-2]}`, not of {kind}",
                f"give an id that ends in {shown}",
            )
        return value

    return check


def arm_id(kind: str, *endings: str) -> tuple[AfterValidator, WithJsonSchema]:
    """Build the check of an ARM id by its form and by the type of resource that it names.

    ``kind`` names the type with its article, ``endings`` are the resource types that are accepted.
    """
    example = f"/subscriptions/.../{endings[0]}/name"
    schema = {"type": "string", "pattern": "^/subscriptions/", "examples": [example]}
    return AfterValidator(_arm_id(kind, *endings)), WithJsonSchema(schema)


_SUBNET = arm_id("a subnet", "subnets")
_SECURITY_GROUP = arm_id("a network security group", "networkSecurityGroups")
_APPLICATION_GROUP = arm_id("an application security group", "applicationSecurityGroups")
_POOL = arm_id("a backend address pool", "backendAddressPools")
_NAT_RULE = arm_id("an inbound NAT rule", "inboundNatRules")
_PREFIX = arm_id("a public IP prefix", "publicIPPrefixes")
_ENCRYPTION_SET = arm_id("a disk encryption set", "diskEncryptionSets")
_IDENTITY = arm_id("a user-assigned identity", "userAssignedIdentities")
_PROXIMITY = arm_id("a proximity placement group", "proximityPlacementGroups")
_RESERVATION = arm_id("a capacity reservation group", "capacityReservationGroups")
_IMAGE = arm_id("an image", "images", "galleries/images/versions")
_DISK_SOURCE = arm_id("a managed disk or a snapshot", "disks", "snapshots")
_VAULT = arm_id("a key vault", "vaults")

SubnetId = Annotated[str, *_SUBNET]
SecurityGroupId = Annotated[str, *_SECURITY_GROUP]
ApplicationGroupId = Annotated[str, *_APPLICATION_GROUP]
BackendPoolId = Annotated[str, *_POOL]
NatRuleId = Annotated[str, *_NAT_RULE]
PrefixId = Annotated[str, *_PREFIX]
EncryptionSetId = Annotated[str, *_ENCRYPTION_SET]
IdentityId = Annotated[str, *_IDENTITY]
ProximityGroupId = Annotated[str, *_PROXIMITY]
ReservationGroupId = Annotated[str, *_RESERVATION]
ImageId = Annotated[str, *_IMAGE]
DiskSourceId = Annotated[str, *_DISK_SOURCE]
VaultId = Annotated[str, *_VAULT]

NonEmpty = Annotated[str, Field(min_length=1)]
