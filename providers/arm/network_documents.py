"""A resource of Microsoft.Network as it is kept, and as it is shown: ids, types, states and etags filled in.

Kept is what the client said, without nulls, and what was allotted to it once. All that follows from where
a resource stands (``id``, ``type``, ``etag``, ``provisioningState`` of it and of its children) is shown only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.arm.places import tags_in
from providers.simulated.documents import mapping_in, mappings_in, plain, plain_document

if TYPE_CHECKING:
    from providers.arm.network_kinds import Kind

# What Azure shows and a client sends back; a collection of children by one of these names is kept.
_SHOWN_ONLY = frozenset(
    {
        "provisioningState",
        "resourceGuid",
        "ipConfiguration",
        "ipConfigurations",
        "backendIPConfigurations",
        "networkInterfaces",
        "subnets",
        "virtualMachine",
        "macAddress",
        "ipAddress",
    }
)
_BESIDE = ("zones", "identity", "extendedLocation", "kind")


def kept(
    kind: Kind, resource_id: str, body: Mapping[str, object], before: Mapping[str, object] | None
) -> dict[str, object]:
    """The document to keep for a PUT. Collections of children that the body leaves out stay as they were.

    Raises ``Refusal`` (400) for a child without a name.
    """
    former = mapping_in(before or {}, "properties")
    properties = {
        name: value
        for name, value in _said(mapping_in(body, "properties")).items()
        if name not in _SHOWN_ONLY or kind.child(name) is not None
    }
    for child in kind.children:
        given = mappings_in(properties, child.name)
        if child.name in properties:
            properties[child.name] = [
                child_kept(f"{resource_id}/{child.name}", entry) for entry in given
            ]
        elif child.name in former:
            properties[child.name] = former[child.name]
    document: dict[str, object] = {
        "name": resource_id.rpartition("/")[2],
        "id": resource_id,
        "type": kind.type,
        "location": body.get("location") or (before or {}).get("location"),
        "properties": properties,
    }
    # Recorded: what nobody ever gave tags shows none, not an empty set of them.
    tags = tags_in(body)
    if tags is None and "tags" in (before or {}):
        tags = {}
    if tags is not None:
        document["tags"] = tags
    if kind.sku is not None:
        document["sku"] = {**kind.sku, **_said(mapping_in(body, "sku"))}
    return document | {name: plain(body[name]) for name in _BESIDE if body.get(name) is not None}


def child_kept(collection: str, entry: Mapping[str, object]) -> dict[str, object]:
    """A child as it is kept. Raises ``Refusal`` (400) if it has no name."""
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise Refusal(
            400,
            "InvalidRequestFormat",
            f"Cannot parse the request: an entry of '{collection}' has no name.",
        )
    properties = {
        key: value
        for key, value in _said(mapping_in(entry, "properties")).items()
        if key not in _SHOWN_ONLY
    }
    beside = {key: plain(entry[key]) for key in ("zones",) if entry.get(key) is not None}
    return {"name": name, **beside, "properties": properties}


def shown(kind: Kind, document: Mapping[str, object]) -> dict[str, object]:
    """A kept document as a GET shows it; links to others are not in it."""
    resource_id = str(document["id"])
    etag = etag_of(document)
    given = mapping_in(document, "properties")
    state = str(given.get("provisioningState", "Succeeded"))
    properties: dict[str, object] = {
        "provisioningState": state,
        "resourceGuid": guid(resource_id.lower()),
        **plain_document(kind.defaults),
        **plain_document(given),
    }
    for child in kind.children:
        if child.name in properties:
            properties[child.name] = [
                child_shown(kind, resource_id, entry, collection=child.name, etag=etag, state=state)
                for entry in mappings_in(properties, child.name)
            ]
    order = ("name", "id", "etag", "type", "location", "tags")
    ordered = {name: document[name] for name in order if name in document}
    rest = {name: value for name, value in document.items() if name not in order}
    return {**ordered, "etag": etag, **rest, "properties": properties}


def child_shown(
    kind: Kind,
    parent_id: str,
    entry: Mapping[str, object],
    *,
    collection: str,
    etag: str,
    state: str,
) -> dict[str, object]:
    """A child as it is shown inside its parent and alone."""
    child = kind.child(collection)
    defaults = child.defaults if child is not None else {}
    name = str(entry["name"])
    beside = {key: value for key, value in entry.items() if key not in {"name", "properties"}}
    return {
        "name": name,
        "id": f"{parent_id}/{collection}/{name}",
        "etag": etag,
        "type": f"{kind.type}/{collection}",
        **beside,
        "properties": {
            "provisioningState": state,
            **plain_document(defaults),
            **mapping_in(entry, "properties"),
        },
    }


def etag_of(document: Mapping[str, object]) -> str:
    """The weak etag of a document: another one whenever it is another document."""
    return f'W/"{guid(json.dumps(document, sort_keys=True, default=str))}"'


def guid(seed: str) -> str:
    """An id that is always the same for the same text."""
    digits = blake2b(seed.encode(), digest_size=16).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _said(given: Mapping[str, object]) -> dict[str, object]:
    # The command line sends null for everything that it was not told.
    return {name: _cleaned(value) for name, value in given.items() if value is not None}


def _cleaned(value: object) -> object:
    if isinstance(value, Mapping):
        return _said(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_cleaned(entry) for entry in value if entry is not None]
    return value
