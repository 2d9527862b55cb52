"""Digests of JSON values: equal values give equal digests, whatever the order of their keys."""

from __future__ import annotations

import hashlib
import json

FINGERPRINT_VERSION = "v1"
"""Changed when the same spec would yield another document, so that old members are told apart."""


def canonical(value: object) -> bytes:
    """Write a JSON value in one way only: sorted keys, no blanks, UTF-8."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def sha256(value: object) -> str:
    """Hex digest of a JSON value."""
    return hashlib.sha256(canonical(value)).hexdigest()


def fingerprint(document: object) -> str:
    """Short digest of a template's document, as it stands in the tag ``evenkeel-template``."""
    return f"{FINGERPRINT_VERSION}:{sha256(document)[:16]}"
