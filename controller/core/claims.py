"""Which source claims which fleet: present and valid, present and broken, gone, or not to be told.

What two sources claim is refused to both. A spec that is no longer there is never a wish to delete: its
fleet is retained as it is, and told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from controller.core import tombstone
from controller.core.limits import approval_token
from controller.core.standings import Freeze, FreezeReason, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from controller.core.standings import BrokenClaim, SourceReading, SourceStanding, Standing
    from controller.spec.values import Fleet

FORGET_AFTER = timedelta(hours=24)
"""How long a tombstone that was taken away is told: the fleet's end may not have been reached."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A source's reading with the judgement on the source as a whole.

    ``freeze`` freezes all that came from it. ``steady``: what stood before stands on for the moment.
    """

    reading: SourceReading
    standing: SourceStanding
    freeze: Freeze | None = None
    steady: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source says about one fleet. ``fleet`` is the spec accepted last, or the new one.

    ``gone``: the source is known to have no spec of it any more.
    """

    key: str
    name: str
    root: str
    fleet: Fleet | None
    freeze: Freeze | None
    revision: str
    gone: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What claims are judged on: the standings there were, by key, the approvals, and the time."""

    known: Mapping[str, Standing]
    approvals: frozenset[str]
    now: datetime


def gather_claims(judged: Iterable[Judged], ground: Ground) -> dict[str, Claim]:
    """Bring the claims of all sources together: at most one for each key, none for what is forgotten."""
    found: dict[str, list[Claim]] = defaultdict(list)
    for source in judged:
        for claim in _claims_of(source, ground):
            found[claim.key].append(claim)
    known = ground.known
    claims = {key: _one_of(several, known.get(key)) for key, several in found.items()}
    return _names_once(_names_stay(claims, known), known)


def frozen(claim: Claim, was: Standing | None, freeze: Freeze) -> Claim:
    """The claim as it stands frozen: on the spec accepted last, if there is one."""
    fleet, revision, held = (was.fleet, was.revision, was.held) if was else (None, "", False)
    return replace(claim, fleet=fleet, freeze=freeze, revision=revision, held=held)


def is_approved(fleet: Fleet) -> bool:
    """Whether somebody has given the word that approves this very spec."""
    return fleet.approval == approval_token(fleet)


def _claims_of(source: Judged, ground: Ground) -> Iterator[Claim]:
    mine = {key: one for key, one in ground.known.items() if one.root == source.reading.root}
    if source.steady:
        yield from (_as_it_was(one, one.freeze) for one in mine.values())
    elif source.freeze is not None:
        yield from (_as_it_was(one, source.freeze) for one in mine.values())
        yield from _new_and_waiting(source.reading, source.freeze, ground.known)
    else:
        yield from _whole(source.reading, mine, ground)


def _as_it_was(one: Standing, freeze: Freeze | None) -> Claim:
    return Claim(one.key, one.name, one.root, one.fleet, freeze, one.revision, held=one.held)


def _new_and_waiting(
    reading: SourceReading, freeze: Freeze, known: Mapping[str, Standing]
) -> Iterator[Claim]:
    """Fleets that only a revision has which is not accepted: told, and without a spec to act upon."""
    for fleet in reading.fleets:
        key = key_of(fleet)
        if key not in known:
            yield Claim(key, fleet.name, reading.root, None, freeze, "")


def _whole(reading: SourceReading, mine: Mapping[str, Standing], ground: Ground) -> Iterator[Claim]:
    """What an accepted revision says, with what it no longer says."""
    claims: dict[str, Claim] = {}
    for fleet in reading.fleets:
        key, spec = key_of(fleet), _with_approval(fleet, ground.approvals)
        claims[key] = Claim(key, fleet.name, reading.root, spec, None, reading.revision)
    untold = ""
    for one in reading.broken:
        key_or_none = _whose(one, mine, claims)
        if key_or_none is None:
            untold = untold or one.where
        elif key_or_none not in claims:
            was = ground.known.get(key_or_none)
            claims[key_or_none] = _broken(one, key_or_none, reading.root, was)
    yield from claims.values()
    for key, absent in mine.items():
        if key not in claims:
            yield from _absent(absent, reading, untold, ground.now)


def _with_approval(fleet: Fleet, approvals: frozenset[str]) -> Fleet:
    token = approval_token(fleet)
    return replace(fleet, approval=token) if token in approvals else fleet


def _whose(
    one: BrokenClaim, mine: Mapping[str, Standing], claims: Mapping[str, Claim]
) -> str | None:
    """Tell whose spec is broken: by the set it names, else by a name that was known for another set."""
    if one.key is not None and one.key in mine:
        return one.key
    for key, was in mine.items():
        if one.name is not None and was.name == one.name and key not in claims:
            return key
    return one.key


def _broken(one: BrokenClaim, key: str, root: str, was: Standing | None) -> Claim:
    name = one.name or (was.name if was else key.rpartition("/")[2])
    freeze = Freeze(
        FreezeReason.SPEC_BROKEN,
        f"its spec at {one.where} is broken: {one.detail}. Nothing is changed until it is mended",
    )
    return frozen(Claim(key, name, root, None, freeze, ""), was, freeze)


def _absent(was: Standing, reading: SourceReading, untold: str, now: datetime) -> Iterator[Claim]:
    """Keep a fleet whose spec is not there. Only a tombstone, or what never had a valid spec, may go."""
    if untold:
        detail = (
            f"its spec is not in {reading.root} and may be the one at {untold}, which cannot be read: "
            f"nothing is concluded from that. Mend {untold}"
        )
        yield _as_it_was(was, Freeze(FreezeReason.SOURCE_INCOMPLETE, detail))
    elif was.fleet is not None and not _is_forgotten(was, was.fleet, now):
        freeze = Freeze(FreezeReason.SPEC_VANISHED, _vanished_words(was.fleet, reading.root))
        yield replace(_as_it_was(was, freeze), gone=True)


def _is_forgotten(was: Standing, fleet: Fleet, now: datetime) -> bool:
    """Whether a fleet that was to end may leave the list: at once if nothing had to be done for its end."""
    if not tombstone.is_asked_for(fleet):
        return fleet.absent
    vanished = was.freeze is not None and was.freeze.reason is FreezeReason.SPEC_VANISHED
    return vanished and now - was.since >= FORGET_AFTER


def _vanished_words(fleet: Fleet, root: str) -> str:
    if fleet.absent:
        return (
            f"its tombstone is no longer in {root}: nothing more is deleted. If members are left, put it back "
            f"until they are gone; {FORGET_AFTER.total_seconds() / 3600:.0f} hours after it went it is forgotten"
        )
    return (
        f"its spec is no longer in {root}; its members are kept as they are, and nobody looks after them. Put "
        "the spec back; to let the fleet go, put it back with `state: Absent`, and take it away after that"
    )


def _one_of(several: list[Claim], was: Standing | None) -> Claim:
    """Choose the one claim that counts; two that may both be meant are refused."""
    present = [one for one in several if not one.gone] or several
    if len(present) == 1:
        return present[0]
    roots = " and ".join(one.root for one in present)
    detail = (
        f"{roots} claim its scale set: nobody can know which is right. Keep its spec in one of them"
    )
    first = next((one for one in present if was and one.root == was.root), present[0])
    return frozen(first, was, Freeze(FreezeReason.CLAIMED_TWICE, detail))


def _names_stay(claims: dict[str, Claim], known: Mapping[str, Standing]) -> dict[str, Claim]:
    """Hold what takes the name of another scale set's fleet: a changed id would build a second fleet."""
    owners = {one.name: one for one in known.values() if one.fleet and not one.fleet.absent}
    return {key: _own_name(one, claims, known, owners) for key, one in claims.items()}


def _own_name(
    one: Claim,
    claims: Mapping[str, Claim],
    known: Mapping[str, Standing],
    owners: Mapping[str, Standing],
) -> Claim:
    was, owner = known.get(one.key), owners.get(one.name)
    is_new = one.freeze is None and (was is None or was.fleet is None)
    if not is_new or one.fleet is None or owner is None or owner.key == one.key:
        return one
    now = claims.get(owner.key)
    renamed = now is not None and now.freeze is None and now.name != one.name
    if renamed or is_approved(one.fleet):
        return one
    token = approval_token(one.fleet)
    detail = (
        f"fleet {one.name} has been the scale set {owner.key} and now names {one.key}: that would build a "
        "second fleet and leave the first alone. Put the id back, give the new fleet another name, or "
        f"approve it with `evenkeel/approve: {token}`"
    )
    return frozen(one, None, Freeze(FreezeReason.NAME_MOVED, detail, token))


def _names_once(claims: dict[str, Claim], known: Mapping[str, Standing]) -> dict[str, Claim]:
    """Refuse a name that two sources give to different scale sets."""
    names = Counter(one.name for one in claims.values() if one.freeze is None)
    result = {}
    for key, one in claims.items():
        if one.freeze is None and names[one.name] > 1:
            others = ", ".join(
                sorted(other.root for other in claims.values() if other.name == one.name)
            )
            detail = f"two fleets are called {one.name} ({others}): give each a name of its own"
            freeze = Freeze(FreezeReason.CLAIMED_TWICE, detail)
            result[key] = frozen(one, known.get(key), freeze)
        else:
            result[key] = one
    return result
