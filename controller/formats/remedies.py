"""What a person may do about what is prevented or frozen: the last column of two tables in docs/concepts.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core.standings import FreezeReason
from controller.core.steps import Prevented

if TYPE_CHECKING:
    from collections.abc import Mapping

PREVENTED: Mapping[Prevented, str] = {
    Prevented.LOCKED: "remove the lock, if it is yours to remove",
    Prevented.LOCKS_UNREADABLE: "let the identity read locks; wait if Azure fails",
    Prevented.HELD: "ask its owner, or wait for its end",
    Prevented.PROTECTED: "remove the policy from the VM",
    Prevented.QUORUM: "wait until the voters are healthy",
    Prevented.OPEN_SERIAL: "wait: it settles by itself",
    Prevented.NO_CAPACITY: "name more sizes or zones, or wait",
    Prevented.NOT_OFFERED: "name other sizes or zones",
    Prevented.QUOTA: "ask for quota, or name a size of another family",
    Prevented.SPREAD: "wait for capacity, or use `Relax`",
    Prevented.DOMAIN_CAP: "raise the cap, or lower the replicas",
    Prevented.SET_LIMIT: "split the fleet",
    Prevented.OVERSHOOT: "find out who creates them; the excess goes first",
    Prevented.MELTDOWN: "find the common cause",
    Prevented.MAX_DELETE: "nothing: the next pass goes on",
    Prevented.APPROVAL: "read the plan, then approve it",
    Prevented.NOT_OURS: "name it in `adopt`, or leave it out",
    Prevented.UNKNOWN_MEMBER: "mend the name",
    Prevented.UNIFORM_SET: "give the fleet another `scaleSet`",
    Prevented.NO_OUTBOUND: "give the members one of the four ways out that the plan names",
    Prevented.NETWORK_MISSING: "create it, or name another one",
    Prevented.BASIC_LOAD_BALANCER: "upgrade it to Standard, or name another one",
    Prevented.SUBNET_FULL: "widen the subnet, or name another one",
    Prevented.SUSPENDED: "ask its owner, or wait for its end",
    Prevented.TOMBSTONE_HOLD: "wait; `state: Present` cancels it",
    Prevented.STUCK: "look for its cause in Azure's activity log",
    Prevented.PROBING: "wait: the others follow, or look elsewhere",
    Prevented.POWER_UNKNOWN: "wait until Azure shows power states again; look for an outage of the zone",
}
"""For each obstacle what ends it."""

FROZEN: Mapping[FreezeReason, str] = {
    FreezeReason.NOT_READ_YET: "wait",
    FreezeReason.SOURCE_UNREADABLE: "read the sentence: mount, permissions, a git lock",
    FreezeReason.REVISION_NOT_DESCENDANT: "go on from there, or approve the step",
    FreezeReason.CLAIMED_TWICE: "keep its spec in one of them",
    FreezeReason.SPEC_BROKEN: "mend the spec; `evenkeel validate` shows the place",
    FreezeReason.SPEC_VANISHED: "put it back; to let the fleet go, put it back with `state: Absent`",
    FreezeReason.SOURCE_INCOMPLETE: "mend that file",
    FreezeReason.NAME_MOVED: "put the id back, rename, or approve",
    FreezeReason.LARGE_REMOVAL: "approve each fleet, or put the numbers back",
}
"""For each freeze what ends it."""
