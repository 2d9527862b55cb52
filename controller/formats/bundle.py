"""A bundle of documents as one file or directory: the same documents always give the same bytes."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from typing import TYPE_CHECKING

from controller.formats.redact import redact
from controller.formats.text import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from providers.base import Document, Json

MANIFEST = "manifest.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say; a real one would make each bundle another."""


def bundle_files(documents: Mapping[str, Document], about: Document) -> dict[str, bytes]:
    """The files of a bundle by name, without secrets: the documents, and a manifest with their digests."""
    files = {f"{name}.json": _text(document) for name, document in sorted(documents.items())}
    listed: list[Json] = [
        {"name": name, "bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
        for name, text in files.items()
    ]
    return {MANIFEST: _text({**about, "files": listed}), **files}


def write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a bundle as one zip, which is there whole or not at all. Raises OSError."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    draft = path.with_name(f"{path.name}.part")
    _write(draft, whole.getvalue())
    draft.replace(path)


def write_directory(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a bundle into a directory that is not there yet, or empty. Raises OSError."""
    path.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, text)


def _write(path: Path, content: bytes) -> None:
    """Write a file that is nobody else's to read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _text(document: Document) -> bytes:
    clean = redact(document)
    return json_text(clean if isinstance(clean, dict) else {}).encode()
