"""What may be acted upon, from what was accepted before and what the sources say now.

A source that cannot be read, a spec that is broken or gone, a revision that goes back: each freezes its
own fleets and no other. Frozen means that a fleet is looked at and reported, and nothing of it is changed.
No absence is ever a wish: a fleet ends by a tombstone (``state: Absent``) and in no other way.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from controller.core.claims import Ground, Judged, gather_claims
from controller.core.large_removal import hold_large_removals
from controller.core.standings import (
    Accepted,
    BrokenClaim,
    Freeze,
    FreezeReason,
    Reading,
    SourceReading,
    SourceStanding,
    Standing,
    Trouble,
    key_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from controller.core.claims import Claim

__all__ = [
    "Accepted",
    "BrokenClaim",
    "Freeze",
    "FreezeReason",
    "Reading",
    "SourceReading",
    "SourceStanding",
    "Standing",
    "Trouble",
    "accept",
    "key_of",
    "revision_token",
]

PATIENCE = timedelta(seconds=60)
"""How long a source may be in the middle of being written before its fleets are frozen."""


def accept(before: Accepted, reading: Reading, now: datetime) -> Accepted:
    """Decide anew where every fleet and every source stands.

    ``reading`` has one entry for each source; what ``before`` knows of other sources is forgotten, since
    nobody names them any more.
    """
    judged = tuple(_judge(before, one, reading.approvals, now) for one in reading.sources)
    roots = {one.root for one in reading.sources}
    known = {one.key: one for one in before.standings if one.root in roots}
    claims = gather_claims(judged, Ground(known, reading.approvals, now))
    claims = hold_large_removals(claims, known)
    return Accepted(
        standings=tuple(
            _stand(claims[key], known.get(key), before.source(claims[key].root), now)
            for key in sorted(claims)
        ),
        sources=tuple(one.standing for one in judged),
    )


def revision_token(root: str, older: str, newer: str) -> str:
    """The word that approves this one step between two revisions of a source, and nothing else."""
    return hashlib.sha256(f"{root}|{older}|{newer}".encode()).hexdigest()[:12]


def _judge(
    before: Accepted, one: SourceReading, approvals: frozenset[str], now: datetime
) -> Judged:
    """Say whether a source's word counts now, is waited for, or freezes what came from it."""
    was = before.source(one.root) or SourceStanding(one.root, "", now)
    if one.trouble is not None:
        standing = _since(SourceStanding(one.root, was.revision, now, trouble=one.trouble), was)
        if one.trouble.passing and now - standing.since < PATIENCE:
            return Judged(one, standing, steady=True)
        return Judged(one, standing, Freeze(FreezeReason.SOURCE_UNREADABLE, one.trouble.sentence))
    if was.revision and one.revision != was.revision and one.descends is False:
        token = revision_token(one.root, was.revision, one.revision)
        if token not in approvals:
            standing = SourceStanding(one.root, was.revision, now, waiting=one.revision)
            return Judged(one, _since(standing, was), _goes_back(one, was.revision, token))
    return Judged(one, _since(SourceStanding(one.root, one.revision, now), was))


def _goes_back(one: SourceReading, accepted: str, token: str) -> Freeze:
    detail = (
        f"{one.root} is at {_short(one.revision)}, which does not follow upon {_short(accepted)}, accepted "
        f"last: somebody reset it, pushed by force or changed the branch. Nothing of it is acted upon until "
        f"it goes on from there (`git merge -s ours {_short(accepted).partition(':')[2]}` makes it do so "
        f"and keeps its files), or until `{token}` approves this one step"
    )
    return Freeze(FreezeReason.REVISION_NOT_DESCENDANT, detail, token)


def _short(revision: str) -> str:
    kind, _colon, name = revision.partition(":")
    return f"{kind}:{name[:12]}" if kind == "git" else revision


def _since(new: SourceStanding, was: SourceStanding) -> SourceStanding:
    """Keep the time at which the present state began."""
    same = (new.revision, new.waiting, new.trouble and new.trouble.code) == (
        was.revision,
        was.waiting,
        was.trouble and was.trouble.code,
    )
    since = was.since if same else new.since
    return SourceStanding(new.root, new.revision, since, new.trouble, new.waiting)


def _stand(
    claim: Claim, was: Standing | None, source: SourceStanding | None, now: datetime
) -> Standing:
    """Turn a claim into a standing that remembers since when it has been so, and an earlier name."""
    same = was is not None and _state(was) == _state(claim)
    renamed = ""
    if was is not None and was.fleet is not None:
        renamed = was.renamed_from if was.name == claim.name else was.name
    return Standing(
        key=claim.key,
        name=claim.name,
        root=claim.root,
        fleet=claim.fleet,
        freeze=claim.freeze,
        revision=claim.revision,
        since=was.since if same and was is not None else now,
        renamed_from=renamed,
        held=claim.held,
        in_force_since=_in_force_since(claim, was, source, now),
    )


def _in_force_since(
    claim: Claim, was: Standing | None, source: SourceStanding | None, now: datetime
) -> datetime | None:
    """Since when the spec is in force without a break that was seen; a restart alone is none.

    A moment in the future is one of another time of day, and counts as the present.
    """
    if was is None:
        return now if source is not None and source.revision else None
    kept = was.in_force_since and min(was.in_force_since, now)
    broken_off = was.freeze is not None and was.freeze.reason is not FreezeReason.NOT_READ_YET
    if claim.freeze is not None:
        return kept if broken_off else now
    return now if broken_off or _digest(was) != _digest(claim) else kept


def _digest(one: Standing | Claim) -> str | None:
    return one.fleet.spec_digest if one.fleet is not None else None


def _state(one: Standing | Claim) -> tuple[str | None, str | None, str]:
    reason = str(one.freeze.reason) if one.freeze is not None else None
    return _digest(one), reason, one.name
