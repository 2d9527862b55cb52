"""First-boot data: inline text or a file beside the spec, as the base64 text that Azure takes."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.rules.view import Finding, templates_of
from controller.spec.source import FileRefusedError, ReadFile, SourceFile

if TYPE_CHECKING:
    from controller.spec.model.fleet import FleetDocument
    from controller.spec.model.guest import Payload
    from controller.spec.nodes import Path

MAX_BYTES = 64 * 1024
"""Azure takes up to 64 KiB of user data and of custom data."""


@dataclass(slots=True)
class Payloads:
    """Base64 text of each payload by its path, and what is wrong with payloads."""

    texts: dict[Path, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def load_payloads(document: FleetDocument, source: SourceFile, read: ReadFile | None) -> Payloads:
    """Read and measure every ``userData`` and ``customData`` of ``document``."""
    payloads = Payloads()
    for path, template in templates_of(document):
        for name, payload in (
            ("userData", template.user_data),
            ("customData", template.custom_data),
        ):
            if payload is not None:
                _load(payloads, (*path, name), payload, source, read)
    return payloads


def _load(
    payloads: Payloads, path: Path, payload: Payload, source: SourceFile, read: ReadFile | None
) -> None:
    place = (*path, "inline" if payload.inline is not None else "file")
    try:
        content = _content(payload, source, read)
    except FileRefusedError as refused:
        payloads.findings.append(
            Finding(
                Code.FILE_REFUSED,
                place,
                f"the file `{payload.file}` {refused}",
                "name a regular file beside the spec or below it, by a relative path",
            )
        )
        return
    if len(content) > MAX_BYTES:
        payloads.findings.append(
            Finding(
                Code.DATA_TOO_LARGE,
                place,
                f"{len(content):,} bytes; Azure takes {MAX_BYTES:,}",
                "fetch the rest at boot, or bake it into the image",
            )
        )
        return
    payloads.texts[path] = base64.b64encode(content).decode("ascii")


def _content(payload: Payload, source: SourceFile, read: ReadFile | None) -> bytes:
    if payload.inline is not None:
        return payload.inline.encode()
    if payload.file is None:
        return b""
    if read is None:
        raise FileRefusedError("cannot be read here: only inline data is possible")
    return read(source, payload.file)
