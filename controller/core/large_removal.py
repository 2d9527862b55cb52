"""A change of specs that removes much at once, over all fleets, waits for the word of somebody.

The limits are those of a single fleet's approval, and so is the token: one word approves both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core.claims import frozen, is_approved
from controller.core.limits import APPROVAL_COUNT, APPROVAL_SHARE_PERCENT, approval_token
from controller.core.standings import Freeze, FreezeReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.core.claims import Claim
    from controller.core.standings import Standing
    from controller.spec.values import Fleet


def wanted_members(fleet: Fleet) -> int:
    """How many members a spec wants. A tombstone wants none, whatever becomes of them."""
    return 0 if fleet.absent else fleet.replicas


def hold_large_removals(
    claims: dict[str, Claim], known: Mapping[str, Standing]
) -> dict[str, Claim]:
    """Hold each fleet that shrinks, on its last good spec, while the sum is too large and unapproved.

    A fleet that is held stays so until its own token is given or it no longer shrinks: else the approval
    of some would let the rest through.
    """
    total = sum(wanted_members(one.fleet) for one in known.values() if one.fleet is not None)
    losses = {key: loss for key, one in claims.items() if (loss := _loss(one, known.get(key))) > 0}
    removed = sum(losses.values())
    large = removed > APPROVAL_COUNT and removed * 100 > APPROVAL_SHARE_PERCENT * total
    result = dict(claims)
    for key in losses:
        one, was = claims[key], known[key]
        if (large or was.held) and one.fleet is not None and not is_approved(one.fleet):
            freeze = _freeze(one.fleet, was, f"{removed} of {total}")
            result[key] = replace(frozen(one, was, freeze), held=True)
    return result


def _loss(one: Claim, was: Standing | None) -> int:
    """How many members less the claim wants than the spec that was accepted last."""
    if one.freeze is not None or one.fleet is None or was is None or was.fleet is None:
        return 0
    return wanted_members(was.fleet) - wanted_members(one.fleet)


def _freeze(fleet: Fleet, was: Standing, sums: str) -> Freeze:
    token = approval_token(fleet)
    before = wanted_members(was.fleet) if was.fleet else 0
    detail = (
        f"one change would remove {sums} members over all fleets, more than {APPROVAL_SHARE_PERCENT} % and "
        f"more than {APPROVAL_COUNT}; of this fleet {before - wanted_members(fleet)} of {before}. Approve it "
        f"with `evenkeel/approve: {token}`, or put the number back"
    )
    return Freeze(FreezeReason.LARGE_REMOVAL, detail, token)
