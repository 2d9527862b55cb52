"""The VMs of a region, by id and by scale set, with the sums that every request needs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from providers.simulated.quota import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from providers.base import GroupRef
    from providers.simulated.records import InstanceRecord


class Roster:
    """Every VM that exists. ``put`` and ``drop`` are the only ways to change it."""

    def __init__(self, records: Iterable[InstanceRecord] = ()) -> None:
        self._by_key: dict[str, InstanceRecord] = {}
        self._members: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.usage = Usage()
        for record in records:
            self.put(record)

    def __iter__(self) -> Iterator[InstanceRecord]:
        return iter(self._by_key.values())

    def get(self, key: str) -> InstanceRecord | None:
        """The VM under a lower-case ARM id, or None."""
        return self._by_key.get(key)

    def find(self, ref: GroupRef, name: str) -> InstanceRecord | None:
        """The VM of this name in the set's resource group, a member of the set or not."""
        return self._by_key.get(ref.instance_id(name).lower())

    def member(self, ref: GroupRef, name: str) -> InstanceRecord | None:
        """The member of the set of this name, or None."""
        record = self.find(ref, name)
        belongs = record is not None and record.ref.id.lower() == ref.id.lower()
        return record if belongs else None

    def put(self, record: InstanceRecord) -> None:
        """Add a VM, or take its newer state for the older one. Its size and set never change."""
        key = record.key
        if key not in self._by_key:
            self._members[record.ref.id.lower()][key] = None
            self.usage.add(record, 1)
        self._by_key[key] = record

    def drop(self, record: InstanceRecord) -> None:
        """Take a VM out."""
        del self._by_key[record.key]
        del self._members[record.ref.id.lower()][record.key]
        self.usage.add(record, -1)

    def members(self, ref: GroupRef) -> list[InstanceRecord]:
        """All members of a set, in the order of their creation."""
        return [self._by_key[key] for key in self._members[ref.id.lower()]]

    def count(self, ref: GroupRef) -> int:
        """How many members a set has."""
        return len(self._members[ref.id.lower()])
