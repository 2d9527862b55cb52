"""Resources of which the region itself knows nothing: JSON documents by ARM id, with a state that settles by itself.

They are kept in ``World.documents``, and so in the region's file. An entry has the ``document`` as it is
shown; ``state`` stands in ``properties.provisioningState`` until the time ``until``, ``Succeeded`` after
it. An entry with ``gone`` is no more from that time on. Entries whose document has no ``type`` are notes
that the ARM face keeps beside a VM or set of the region.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from providers.simulated.documents import mapping_in, plain_document
from providers.simulated.locks import covers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.simulated.world import World


class Shelf:
    """The documents of one region."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._children: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for key in world.documents:
            self._children[_parent(key)][key] = None

    def get(self, resource_id: str) -> dict[str, object] | None:
        """The document under an id, with its present state; a copy, or None."""
        key = resource_id.lower()
        entry = self._world.documents.get(key)
        if entry is None:
            return None
        if self._reached(entry.get("gone")):
            self.drop(key)
            return None
        return self._shown(entry)

    def keep(
        self,
        resource_id: str,
        document: Mapping[str, object],
        *,
        state: str | None = None,
        seconds: float = 0.0,
    ) -> dict[str, object]:
        """Put a document under an id; it shows ``state`` for so many seconds. Gives it as it is shown."""
        entry: dict[str, object] = {"document": plain_document(document)}
        if state is not None:
            entry |= {"state": state, "until": self._world.clock.elapsed + seconds}
        key = resource_id.lower()
        self._world.documents[key] = entry
        self._children[_parent(key)][key] = None
        self._world.changes += 1
        return self._shown(entry)

    def leave(self, resource_id: str, seconds: float) -> None:
        """Let a document show ``Deleting`` for so many seconds and then be gone."""
        key = resource_id.lower()
        gone = self._world.clock.elapsed + seconds
        entry = {**self._world.documents[key], "state": "Deleting", "until": gone, "gone": gone}
        self._world.documents[key] = entry
        self._world.changes += 1

    def drop(self, resource_id: str) -> None:
        """Take a document away; nothing happens if there is none."""
        key = resource_id.lower()
        if self._world.documents.pop(key, None) is not None:
            self._children[_parent(key)].pop(key, None)
            self._world.changes += 1

    def below(self, scope: str, kind: str | None = None) -> list[dict[str, object]]:
        """Resources at or below an id, of one type or (None) of all, in the order in which they came."""
        wanted = None if kind is None else kind.lower()
        found = []
        for key in list(self._world.documents):
            document = self.get(key) if covers(scope, key) else None
            if document is None or "type" not in document:
                continue
            if wanted is None or str(document["type"]).lower() == wanted:
                found.append(document)
        return found

    def children(self, parent_id: str) -> list[dict[str, object]]:
        """Resources directly under another one, such as the extensions of a VM."""
        keys = list(self._children.get(parent_id.lower(), ()))
        found = [document for key in keys if (document := self.get(key)) is not None]
        return [document for document in found if "type" in document]

    def clear(self, scope: str) -> None:
        """Take away a resource, its notes, and its children."""
        self.drop(scope)
        for key in list(self._children.get(scope.lower(), ())):
            self.clear(key)

    def clear_group(self, scope: str) -> None:
        """Take a resource group away with everything in it."""
        for key in [key for key in self._world.documents if covers(scope, key)]:
            self.drop(key)

    def _shown(self, entry: Mapping[str, object]) -> dict[str, object]:
        document = plain_document(mapping_in(entry, "document"))
        if "state" in entry:
            settled = self._reached(entry.get("until"))
            state = "Succeeded" if settled else str(entry["state"])
            document["properties"] = {
                **mapping_in(document, "properties"),
                "provisioningState": state,
            }
        return document

    def _reached(self, moment: object) -> bool:
        return isinstance(moment, int | float) and moment <= self._world.clock.elapsed


def _parent(key: str) -> str:
    return key.rsplit("/", 2)[0]
