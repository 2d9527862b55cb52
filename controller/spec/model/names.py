"""Names and times: what Azure and the controller accept, each with its rule in words."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from controller.spec.codes import Code
from controller.spec.model.base import matching, refusal

_FLEET = matching(
    r"[a-z]([a-z0-9-]{0,34}[a-z0-9])?",
    Code.FLEET_NAME,
    "a fleet name: 1 to 36 lower-case letters, digits and hyphens, a letter first, no hyphen last",
)
FleetName = Annotated[str, *_FLEET]
"""Members are called ``<fleet>-<serial>``, so the name has to leave room for the serial."""

_POOL = matching(
    r"[a-z]([a-z0-9-]{0,22}[a-z0-9])?",
    Code.FLEET_NAME,
    "a pool name: 1 to 24 lower-case letters, digits and hyphens, a letter first, no hyphen last",
)
PoolName = Annotated[str, *_POOL]

_SCALE_SET = matching(
    r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?",
    Code.RESOURCE_NAME,
    "a scale set name: 1 to 64 letters, digits, `_`, `.` and `-`, a letter or digit first, "
    "no `.` or `-` last",
)
ScaleSetName = Annotated[str, *_SCALE_SET]

_RESOURCE_GROUP = matching(
    r"[\w().-]{0,89}[\w()-]",
    Code.RESOURCE_NAME,
    "a resource group name: 1 to 90 letters, digits, `_`, `-`, `.` and brackets, no `.` last",
)
ResourceGroupName = Annotated[str, *_RESOURCE_GROUP]

_INSTANCE = matching(
    r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?",
    Code.RESOURCE_NAME,
    "a VM name: 1 to 64 letters, digits, `_`, `.` and `-`, a letter or digit first",
)
InstanceName = Annotated[str, *_INSTANCE]

_LOCATION = matching(
    r"[a-z][a-z0-9]{1,49}",
    Code.LOCATION,
    "a location as Azure's interfaces write it, such as `westeurope`",
)
Location = Annotated[str, *_LOCATION]

_SUBSCRIPTION = matching(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    Code.SUBSCRIPTION_ID,
    "a subscription id: it has to be a GUID, not a name",
)
SubscriptionId = Annotated[str, *_SUBSCRIPTION]

_LINUX_USER = matching(
    r"[A-Za-z_][A-Za-z0-9_.-]{0,63}",
    Code.RESOURCE_NAME,
    "a user name: at most 64 letters, digits, `_`, `.` and `-`, no digit first",
)
UserName = Annotated[str, *_LINUX_USER]

_CHILD = matching(
    r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?",
    Code.RESOURCE_NAME,
    "a resource name: at most 80 letters, digits, `_`, `.` and `-`, a letter or digit first",
)
ChildName = Annotated[str, *_CHILD]

_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_EXAMPLE_TIME = "2026-12-31T18:00:00Z"


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time with an offset. Raises ``ValueError`` for anything else."""
    if _TIME.fullmatch(text) is None:
        raise ValueError(text)
    return datetime.fromisoformat(text.replace("z", "Z").replace("t", "T"))


def _check_time(text: str) -> str:
    try:
        parse_time(text)
    except ValueError:
        raise refusal(
            Code.MALFORMED_TIME,
            f"`{text}` is not a time with its offset from UTC",
            f"write it like `{_EXAMPLE_TIME}` (RFC 3339)",
        ) from None
    return text


Time = Annotated[
    str,
    AfterValidator(_check_time),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": [_EXAMPLE_TIME]}),
]

_KEY = re.compile(
    r"(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-nistp(?:256|384|521)|sk-\S+)\s+\S+(?:\s.*)?", re.DOTALL
)


def _check_key(text: str) -> str:
    if _KEY.fullmatch(text.strip()) is None:
        remedy = "give one line of a `.pub` file, such as `ssh-ed25519 AAAA… you@host`"
        if "PRIVATE KEY" in text:
            raise refusal(
                Code.CREDENTIAL_INLINE, "this is a private key: it must not be in a spec", remedy
            )
        raise refusal(Code.SSH_KEY, "this is not an SSH public key", remedy)
    return text


SshKey = Annotated[
    str,
    AfterValidator(_check_key),
    WithJsonSchema({"type": "string", "pattern": "^(ssh-|ecdsa-|sk-)"}),
]

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Percent = Annotated[int, Field(ge=0, le=100)]
Weight = Annotated[int, Field(ge=1, le=100)]
"""A relative share. A hundredfold difference is the most that means anything with 1,000 members."""
SharePercent = Annotated[int, Field(ge=1, le=100)]
Port = Annotated[int, Field(ge=1, le=65535)]
