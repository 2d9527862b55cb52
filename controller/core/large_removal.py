"""A change of specs that removes much at once, over all fleets, waits for the word of somebody.

The limits are those of a single fleet's approval, and so is the token: one word approves both. A tombstone
that deletes counts as all members of its fleet; one that retains removes none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core.claims import frozen, is_approved
from controller.core.limits import APPROVAL_COUNT, APPROVAL_SHARE_PERCENT, approval_token
from controller.core.standings import Freeze, FreezeReason
from controller.core.tombstone import desired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.core.claims import Claim
    from controller.core.standings import Standing
    from controller.spec.values import Fleet


def hold_large_removals(
    claims: dict[str, Claim], known: Mapping[str, Standing]
) -> dict[str, Claim]:
    """Hold each fleet that shrinks, on its last good spec, while the sum is too large and unapproved.

    A fleet that is held stays so until its own token is given or it no longer shrinks: else the approval
    of some would let the rest through.
    """
    total = sum(desired(one.fleet) for one in known.values() if one.fleet is not None)
    losses = {key: loss for key, one in claims.items() if (loss := _loss(one, known.get(key))) > 0}
    removed = sum(losses.values())
    large = removed > APPROVAL_COUNT and removed * 100 > APPROVAL_SHARE_PERCENT * total
    result = dict(claims)
    for key, loss in losses.items():
        one, was = claims[key], known[key]
        if (large or was.held) and one.fleet is not None and not is_approved(one.fleet):
            freeze = _freeze(one.fleet, loss)
            result[key] = replace(frozen(one, was, freeze), held=True)
    return result


def _loss(one: Claim, was: Standing | None) -> int:
    """How many members less the claim wants than the spec that was accepted last."""
    if one.freeze is not None or one.fleet is None or was is None or was.fleet is None:
        return 0
    return desired(was.fleet) - desired(one.fleet)


def _freeze(fleet: Fleet, loss: int) -> Freeze:
    # Sums over all fleets are left out: they change as others are approved, and what was told stays true.
    token = approval_token(fleet)
    detail = (
        f"one change would remove more than {APPROVAL_SHARE_PERCENT} % and more than {APPROVAL_COUNT} of the "
        f"members of all fleets, and of this one {loss} of {desired(fleet) + loss}. Approve that with "
        f"`evenkeel/approve: {token}`, or put the number back"
    )
    return Freeze(FreezeReason.LARGE_REMOVAL, detail, token)
