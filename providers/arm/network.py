"""Microsoft.Network as a whole: every resource in it, and who refers to whom.

Resources that clients wrote stand on the shelf; NICs and addresses that VMs declare follow from the VMs.
Links are looked up in indices that are made anew when anything has changed and somebody asks.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from providers.arm.network_cards import arrived, attached, departed, inline, wanted_by
from providers.arm.network_kinds import NAMESPACE, kind_of
from providers.arm.network_references import bring_about
from providers.simulated.documents import mapping_in, mappings_in, references
from providers.simulated.lifecycle import Phase
from providers.simulated.records import InstanceRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from providers.arm.emulator import Emulator
    from providers.simulated.records import ScaleSetRecord

_MARK = f"/providers/{NAMESPACE.lower()}/"


class Network:
    """The resources of Microsoft.Network and the links between them."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._links: tuple[int, Mapping[str, list[str]]] = (-1, {})
        self._owners: tuple[int, Mapping[str, str]] = (-1, {})

    def get(self, resource_id: str) -> dict[str, object] | None:
        """The resource of an id as it is kept, with its state; None if there is none."""
        document = self._emulator.shelf.get(resource_id)
        if document is not None:
            return document if "type" in document else None
        return self._declared(resource_id)

    def below(self, scope: str, resource_type: str | None = None) -> list[dict[str, object]]:
        """Resources at or below a scope, of one type or (None) of all."""
        wanted = None if resource_type is None else resource_type.lower()
        found = {
            str(document["id"]).lower(): document
            for document in self._emulator.shelf.below(scope, resource_type)
            if _MARK in str(document["id"]).lower()
        }
        prefix = f"{scope.lower().rstrip('/')}/"
        for document in self._inline():
            key = str(document["id"]).lower()
            fits = wanted is None or str(document["type"]).lower() == wanted
            if fits and key.startswith(prefix):
                found.setdefault(key, document)
        return list(found.values())

    def users_of(self, resource_id: str) -> list[str]:
        """The ids of what refers to a resource and is still there."""
        changes, links = self._links
        if changes != self._emulator.world.changes:
            links = self._all_links()
            self._links = (self._emulator.world.changes, links)
        users = links.get(resource_id.lower(), ())
        return [user for user in users if self.get(_resource_of(user)) is not None]

    def owner_of(self, card_id: str) -> str | None:
        """The id of the VM that has a NIC, also while it is on its way out."""
        changes, owners = self._owners
        if changes != self._emulator.world.changes:
            owners = {
                card.lower(): record.id
                for record in self._emulator.world.roster
                for card, _ in attached(record)
            }
            self._owners = (self._emulator.world.changes, owners)
        return owners.get(card_id.lower())

    def notice(self, key: str, record: InstanceRecord | ScaleSetRecord | None) -> None:
        """Take note of a step in the life of a VM: what it refers to comes into being, what it had goes."""
        if record is None:
            for ghost in reversed(self._emulator.world.ghosts):
                if ghost.record.key == key:
                    departed(self._emulator, ghost.record)
                    return
        elif isinstance(record, InstanceRecord) and record.life.phase is Phase.CREATING:
            if not self._emulator.region.scenario.strict:
                bring_about(self._emulator, wanted_by(record), record.ref.location)
            arrived(self._emulator, record)

    def _declared(self, resource_id: str) -> dict[str, object] | None:
        # Such a name begins with the VM's and a hyphen; which hyphen, only the VM can tell.
        key = resource_id.lower()
        scope, _, rest = key.partition(_MARK)
        name = rest.rpartition("/")[2]
        for at in (at for at, letter in enumerate(name) if letter == "-"):
            vm_key = f"{scope}/providers/microsoft.compute/virtualmachines/{name[:at]}"
            record = self._emulator.world.roster.get(vm_key)
            for document in inline(record) if record is not None else ():
                if str(document["id"]).lower() == key:
                    return document
        return None

    def _inline(self) -> Iterator[dict[str, object]]:
        for record in self._emulator.world.roster:
            yield from inline(record)

    def _all_links(self) -> Mapping[str, list[str]]:
        links: defaultdict[str, list[str]] = defaultdict(list)
        for document in self._all():
            for target, user in _links(document):
                links[target.lower()].append(user)
        return links

    def _all(self) -> Iterator[Mapping[str, object]]:
        documents = self._emulator.world.documents
        kept = sorted(key for key in documents if _MARK in key)
        for key in kept:
            document = mapping_in(documents[key], "document")
            if "type" in document:
                yield document
        written = set(kept)
        yield from (
            document for document in self._inline() if str(document["id"]).lower() not in written
        )


def _resource_of(user: str) -> str:
    return "/".join(user.split("/")[:9])


def _links(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    # Links belong to the child that has them: an address is used by an IP configuration, not by its NIC.
    own = str(document["id"])
    kind = kind_of(str(document["type"]))
    properties = mapping_in(document, "properties")
    children = [child.name for child in kind.children] if kind is not None else []
    for name in children:
        for entry in mappings_in(properties, name):
            user = f"{own}/{name}/{entry.get('name')}"
            yield from ((target, user) for target in _others(entry, own))
    rest = {name: value for name, value in properties.items() if name not in children}
    yield from ((target, own) for target in _others(rest, own))


def _others(value: object, own: str) -> Iterator[str]:
    inside = f"{own.lower()}/"
    return (target for target in references(value) if not target.lower().startswith(inside))
