"""The tags in which a fleet keeps what must outlive a process, and how their values are written.

On a member: whose it is, its serial number, its pool, the fingerprint of its template, its intended
place, a hold. On the set: serial numbers, remembered scarcity, a tombstone. On what a member left behind:
since when that is known. Azure allows 256 characters in a value.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from controller.spec.values import Hold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.core.steps import Create
    from controller.spec.values import Fleet, Pool
    from providers.base import GroupRef

OWNER = "evenkeel-owner"
FLEET = "evenkeel-fleet"
SERIAL = "evenkeel-serial"
POOL = "evenkeel-pool"
TEMPLATE = "evenkeel-template"
PLACE = "evenkeel-place"
REVISION = "evenkeel-revision"
HOLD = "evenkeel-hold"
DELETION_COST = "evenkeel-deletion-cost"
LEFT_OVER = "evenkeel-left-over-since"
SERIALS = "evenkeel-serials"
RESERVED_AT = "evenkeel-reserved-at"
RETRIED_AT = "evenkeel-retried-at"
SCARCITY = "evenkeel-scarcity"
TOMBSTONE = "evenkeel-tombstone"

VALUE_LIMIT = 256
COST_LIMIT = 2**31 - 1


def owner_mark(ref: GroupRef) -> str:
    """The owner tag's value: a digest of the set's ARM id, so that a copied VM is not taken for ours."""
    return "ek-" + hashlib.sha256(ref.id.lower().encode()).hexdigest()[:16]


def owned(ref: GroupRef, tags: Mapping[str, str]) -> bool:
    """Whether tags say that a member belongs to this set's fleet."""
    return tags.get(OWNER) == owner_mark(ref)


def member_tags(fleet: Fleet, pool: Pool, step: Create) -> dict[str, str]:
    """All tags of a member to create: the fleet's own, then ours, which win."""
    place = step.zone if step.zone is not None else str(step.fault_domain)
    ours = {
        OWNER: owner_mark(fleet.ref),
        FLEET: fleet.name,
        SERIAL: str(int(step.instance.rpartition("-")[2])),
        TEMPLATE: pool.template.fingerprint,
        PLACE: "" if step.zone is None and step.fault_domain is None else place,
        REVISION: fleet.revision,
        POOL: pool.name,
    }
    return {**fleet.tags, **{name: value for name, value in ours.items() if value}}


def adoption_tags(fleet: Fleet, pool: Pool) -> dict[str, str | None]:
    """Tags that make a found member ours. Its template is unknown, so no fingerprint is claimed."""
    return {OWNER: owner_mark(fleet.ref), FLEET: fleet.name, POOL: pool.name or None}


def parse_hold(value: str | None) -> Hold | None:
    """Read ``owner=…;until=RFC 3339;reason=…``.

    A hold that cannot be read still holds, without an end: taking it for nothing could cost a disk.
    """
    if not value:
        return None
    fields: dict[str, str] = {}
    for piece in value.split(";"):
        key, _, text = piece.partition("=")
        fields[key.strip().lower()] = text.strip()
    end = fields.get("until", "")
    until = parse_time(end)
    trouble = f"its end {end!r} cannot be read" if end and until is None else ""
    reason = fields.get("reason", "") or trouble
    return Hold(owner=fields.get("owner", "") or "unknown", reason=reason, until=until)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """When a set was marked for its end, and with which spec."""

    since: datetime
    digest: str


def tombstone_digest(fleet: Fleet) -> str:
    """Names the spec that a tombstone stands for: the head of its digest, which an approval leaves alone."""
    return fleet.spec_digest[:16]


def tombstone_mark(fleet: Fleet, now: datetime) -> str:
    """``2026-11-21T12:00:00+00:00;`` and the spec's digest.

    A started second counts as a whole one, so that the hold is never shorter than it should be.
    """
    since = now.replace(microsecond=0) + timedelta(seconds=1 if now.microsecond else 0)
    return f"{since.isoformat()};{tombstone_digest(fleet)}"


def parse_tombstone(value: str | None) -> Tombstone | None:
    """Read what ``tombstone_mark`` wrote; None for what cannot be read, which then begins anew."""
    moment, _, digest = (value or "").partition(";")
    since = parse_time(moment)
    return Tombstone(since, digest) if since and digest else None


def parse_cost(value: str | None) -> int:
    """Read a deletion cost, a whole number as in Kubernetes; 0 for what is none.

    It is cut at the 32 bits that Kubernetes gives it, so that no cost outweighs a more important aim.
    """
    digits = (value or "").strip().removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        return 0
    size = min(int(digits[:20]), COST_LIMIT)
    return -size if (value or "").strip().startswith("-") else size


def parse_time(text: str | None) -> datetime | None:
    """Read an RFC 3339 time with a zone; None when there is none or it cannot be read."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None
