"""What of the sources has to outlive a process: the revision accepted last, and the text of each good spec.

Everything else is read or observed again. Without this file nothing is lost but memory: a spec that is broken
at a restart then has no last good form, a fleet whose spec is gone is not known of, and no revision is too
old. A file that is not whole, or of another version, is told and treated as absent; it is never repaired.

The file holds specs as they were written, first-boot data included, and is readable by its owner only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from controller.core.acceptance import (
    Accepted,
    Freeze,
    FreezeReason,
    SourceStanding,
    Standing,
    key_of,
)
from controller.core.tags import parse_time
from controller.sources.snapshot import recall
from controller.spec.compile import compile_specs
from controller.spec.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from controller.sources.snapshot import Beside, Snapshot
    from controller.spec.values import Fleet

FORMAT_VERSION = 1
FILE_NAME = "sources.json"

_Json: TypeAlias = "dict[str, Any]"
TextKey: TypeAlias = tuple[str, str]
"""A fleet's key and the digest of its spec."""


@dataclass(frozen=True, slots=True)
class SpecText:
    """The file that a spec stands in, with what the specs in it refer to."""

    path: str
    content: bytes
    beside: Beside


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was found. ``trouble`` says why it is less than there was, or is empty."""

    accepted: Accepted
    texts: Mapping[TextKey, SpecText]
    trouble: str = ""


NOTHING = Recalled(Accepted(), {})


def texts_of(found: Snapshot) -> dict[TextKey, SpecText]:
    """The text of each valid spec of a snapshot."""
    files = {one.path: one for one in found.files}
    beside: dict[str, dict[tuple[str, str], bytes | str]] = {}
    for (path, relative), content in found.beside.items():
        beside.setdefault(path, {})[path, relative] = content
    texts: dict[TextKey, SpecText] = {}
    for fleet in found.specs.fleets:
        file = files.get(fleet.source.rpartition(":")[0])
        if file is not None:
            text = SpecText(file.path, file.content, beside.get(file.path, {}))
            texts[key_of(fleet), fleet.spec_digest] = text
    return texts


class LastGood:
    """The file in the daemon's own directory. Written whole, flushed to disk, then put in place."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME
        self._written = b""

    def load(self, roots: Iterable[str], now: datetime) -> Recalled:
        """Read what is known of these sources. Raises nothing."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return NOTHING
        except OSError as error:
            return _lost(self._path, (error.strerror or "it cannot be read").lower())
        try:
            recalled = _from_document(_checked(content), frozenset(roots), now)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _lost(self._path, str(error) if type(error) is ValueError else "it is not whole")
        self._written = content
        return recalled

    def save(self, accepted: Accepted, texts: Mapping[TextKey, SpecText]) -> None:
        """Write what has to outlive us, unless it stands there already. Raises ``OSError``."""
        content = _to_bytes(_document(accepted, texts))
        if content == self._written:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        self._written = content


def _lost(path: Path, reason: str) -> Recalled:
    trouble = (
        f"what was known of the sources is lost: {path} is of no use ({reason}). Specs are read anew; a broken "
        "one has no last good form, and no revision counts as older than another. Remove the file to be rid of "
        "this message"
    )
    return Recalled(Accepted(), {}, trouble)


def _document(accepted: Accepted, texts: Mapping[TextKey, SpecText]) -> _Json:
    blobs: dict[str, str] = {}
    fleets = [
        _fleet_entry(one, text, blobs)
        for one in accepted.standings
        if one.fleet is not None and (text := texts.get((one.key, one.fleet.spec_digest)))
    ]
    sources = [{"root": one.root, "revision": one.revision} for one in accepted.sources]
    return {"sources": sources, "fleets": fleets, "blobs": blobs}


def _fleet_entry(one: Standing, text: SpecText, blobs: dict[str, str]) -> _Json:
    def put(content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        blobs[name] = base64.b64encode(content).decode("ascii")
        return name

    return {
        "key": one.key,
        "name": one.name,
        "root": one.root,
        "revision": one.revision,
        "digest": one.fleet.spec_digest if one.fleet is not None else "",
        "held": one.held,
        "renamedFrom": one.renamed_from,
        "inForceSince": one.in_force_since.isoformat() if one.in_force_since else "",
        "path": text.path,
        "content": put(text.content),
        "beside": [
            {"name": relative, "refused": content}
            if isinstance(content, str)
            else {"name": relative, "content": put(content)}
            for (_path, relative), content in sorted(text.beside.items(), key=lambda item: item[0])
        ],
    }


def _to_bytes(body: _Json) -> bytes:
    text = json.dumps(body, sort_keys=True)
    check = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(
        {"formatVersion": FORMAT_VERSION, "sha256": check, "body": body}, sort_keys=True
    ).encode()


def _checked(content: bytes) -> _Json:
    document: _Json = json.loads(content)
    if document["formatVersion"] != FORMAT_VERSION:
        raise ValueError(f"another version of Evenkeel wrote it: {document['formatVersion']}")
    body: _Json = document["body"]
    if hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest() != document["sha256"]:
        raise ValueError("its checksum is wrong")
    return body


def _from_document(body: _Json, roots: frozenset[str], now: datetime) -> Recalled:
    blobs = {name: base64.b64decode(text) for name, text in body["blobs"].items()}
    texts: dict[TextKey, SpecText] = {}
    standings: list[Standing] = []
    unread: list[str] = []
    compiled = _Compiled()
    for entry in body["fleets"]:
        if entry["root"] not in roots:
            continue
        text = _text(entry, blobs)
        fleet = compiled.fleet(text, entry["key"], entry["digest"])
        if fleet is None:
            unread.append(entry["name"])
        else:
            texts[entry["key"], entry["digest"]] = text
        standings.append(_standing(entry, fleet, now))
    sources = tuple(
        SourceStanding(one["root"], one["revision"], now)
        for one in body["sources"]
        if one["root"] in roots
    )
    return Recalled(Accepted(tuple(standings), sources), texts, _unread_words(unread))


def _text(entry: _Json, blobs: Mapping[str, bytes]) -> SpecText:
    path = entry["path"]
    beside: dict[tuple[str, str], bytes | str] = {
        (path, one["name"]): blobs[one["content"]] if "content" in one else str(one["refused"])
        for one in entry["beside"]
    }
    return SpecText(path, blobs[entry["content"]], beside)


def _standing(entry: _Json, fleet: Fleet | None, now: datetime) -> Standing:
    freeze = Freeze(
        FreezeReason.NOT_READ_YET,
        f"{entry['root']} has not been read since the start: nothing is changed before",
    )
    return Standing(
        key=entry["key"],
        name=entry["name"],
        root=entry["root"],
        fleet=fleet,
        freeze=freeze,
        revision=entry["revision"],
        since=now,
        renamed_from=entry["renamedFrom"],
        held=entry["held"],
        # Versions before this entry did not write it.
        in_force_since=parse_time(entry.get("inForceSince")),
    )


def _unread_words(names: list[str]) -> str:
    if not names:
        return ""
    return (
        f"the last good specs of {', '.join(names)} mean something else to this version of Evenkeel and are "
        "not used: until their present specs are valid, these fleets are frozen without one"
    )


class _Compiled:
    """Compiles each remembered file once. Other documents in it may be broken: they are of no interest."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], dict[TextKey, Fleet]] = {}

    def fleet(self, text: SpecText, key: str, digest: str) -> Fleet | None:
        """The fleet of this key, if its spec still means what it meant."""
        place = (text.path, text.content)
        if place not in self._known:
            self._known[place] = dict(self._compile(text))
        return self._known[place].get((key, digest))

    def _compile(self, text: SpecText) -> Iterator[tuple[TextKey, Fleet]]:
        def read(source: SourceFile, relative: str) -> bytes:
            return recall(text.beside, source, relative)

        for fleet in compile_specs([SourceFile(text.path, text.content)], read).fleets:
            yield (key_of(fleet), fleet.spec_digest), fleet
