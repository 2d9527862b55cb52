"""Which process looks after which fleet: fleets fall into shards, shards fall to processes.

Both by hashing, so that every process comes to the same answer from the same list of processes, and so
that one that comes or goes moves only the shards that it gets or had. The hashes are part of what
processes of different versions have to agree on: they never change.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SHARDS = 16
"""How many shards there are, and so how many processes can have work at the same time.

Each costs one renewal every fifteen seconds, about a dollar a month for all of them. One process more
than a handful brings nothing anyway: Azure's limits are shared by all of a subscription.
"""


@dataclass(frozen=True, slots=True)
class Moves:
    """What one process should do about the shards now: ask for some, prepare to give others away."""

    acquire: tuple[int, ...]
    hand_over: tuple[int, ...]


def shard_of(key: str) -> int:
    """The shard of a fleet, by its key."""
    return int.from_bytes(_hash(f"fleet {key}")[:8], "big") % SHARDS


def owner_of(shard: int, members: Collection[str]) -> str | None:
    """The member to which a shard falls: the one with the highest hash of both. None without members."""
    return max(members, key=lambda member: (_hash(f"shard {shard} {member}"), member), default=None)


def choose_moves(
    me: str, members: Collection[str], *, taken: Collection[int], mine: Mapping[int, bool]
) -> Moves:
    """What ``me`` should do, if ``members`` (with ``me``) are alive and ``taken`` shards have a holder.

    ``mine`` are the shards that ``me`` holds; True: it is being handed over already. A shard whose owner
    is another live member is handed over; one that nobody holds is taken by its owner only.
    """
    owners = {shard: owner_of(shard, members) for shard in range(SHARDS)}
    return Moves(
        acquire=tuple(
            shard
            for shard, owner in owners.items()
            if owner == me and shard not in mine and shard not in taken
        ),
        hand_over=tuple(shard for shard in sorted(mine) if owners[shard] != me and not mine[shard]),
    )


def _hash(words: str) -> bytes:
    return hashlib.sha256(words.encode()).digest()
