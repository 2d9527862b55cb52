"""Recorded traffic of Azure Resource Manager, read from the formats of four recorders into one."""

from __future__ import annotations

import ast
import json
import os
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

VARIABLE = "EVENKEEL_ARM_CORPUS"
_BODY_KEYS = {"string", "data", "encoding", "base64_string"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its answer. Header names are in lower case; ``number`` is its index."""

    recording: str
    number: int
    method: str
    url: str
    sent: str
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def path(self) -> str:
        """The decoded path of the request."""
        return unquote(urlsplit(self.url).path)

    @property
    def query(self) -> dict[str, str]:
        """The query, names in lower case."""
        return {name.lower(): value for name, value in parse_qsl(urlsplit(self.url).query)}

    @property
    def body(self) -> Any:
        """The answer's body as JSON; None if it is none."""
        return _as_json(self.text)

    @property
    def moment(self) -> datetime | None:
        """When it was answered, by the ``Date`` header; None where the recorder dropped it."""
        text = self.headers.get("date")
        try:
            return parsedate_to_datetime(text) if text else None
        except ValueError:
            return None


def corpus() -> Path | None:
    """The folder with recordings, OpenAPI documents and examples; None if there is none here."""
    named = os.environ.get(VARIABLE)
    found = Path(named) if named else None
    return found if found is not None and (found / "recordings").is_dir() else None


def recordings(folder: Path) -> list[Path]:
    """Files of recordings, in a fixed order. Lists of collected errors are not recordings."""
    return sorted(
        path
        for path in (folder / "recordings").glob("*/*")
        if path.suffix in {".json", ".yaml"} and path.name != "skus_response_selection.json"
    )


def exchanges(path: Path) -> list[Exchange]:
    """What a file recorded, in the order of its dates."""
    found = [_exchange(path, number, entry) for number, entry in enumerate(_entries(path))]
    dated = [each for each in found if each.moment is not None]
    # Some recorders group by URL; where every date is known, dates give the order.
    if "azure-powershell" in path.parts and len(dated) == len(found):
        return sorted(found, key=lambda each: (str(each.moment), each.number))
    return found


class _Loader(yaml.CSafeLoader):
    """Reads recordings, which tag some strings as Python's."""


def _plain(loader: yaml.CSafeLoader, _suffix: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node)


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", _plain)


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".yaml":
        with path.open("rb") as stream:
            loader = _Loader(stream)
            document = loader.get_single_data()
            loader.dispose()
    else:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    for name in ("interactions", "Entries", "entries"):
        if name in document:
            yield from document[name]
            return


def _exchange(path: Path, number: int, entry: dict[str, Any]) -> Exchange:
    if "RequestUri" in entry:
        asked = {"method": entry["RequestMethod"], "url": entry["RequestUri"]}
        asked["body"] = entry.get("RequestBody")
        status, headers = int(entry["StatusCode"]), entry.get("ResponseHeaders")
        text = entry.get("ResponseBody")
    elif "req_body" in entry:
        asked = {"method": entry["method"], "url": entry["url"], "body": entry["req_body"]}
        status, headers, text = int(entry["status"]), entry["resp_headers"], entry["resp_body"]
    else:
        asked, given = entry["request"], entry["response"]
        shown = given.get("status")
        status = int(shown["code"] if isinstance(shown, dict) else given["code"])
        headers, text = given.get("headers"), given.get("body")
    return Exchange(
        recording=f"{path.parent.name}/{path.name.partition('.')[0]}",
        number=int(entry.get("n", number)),
        method=str(asked["method"]).upper(),
        url=str(asked.get("uri") or asked["url"]),
        sent=_text(asked.get("body")),
        status=status,
        headers=_headers(headers),
        text=_text(text),
    )


def _headers(found: Mapping[str, object] | None) -> dict[str, str]:
    return {
        name.lower(): ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in (found or {}).items()
    }


def _text(body: object) -> str:
    if isinstance(body, dict) and set(body) & _BODY_KEYS:
        body = body.get("string", body.get("data", ""))
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    if isinstance(body, str) and body.startswith(("b'", 'b"')):
        # One recorder wrote bodies as Python shows bytes.
        return str(ast.literal_eval(body).decode())
    if body is None or isinstance(body, str):
        return body or ""
    return json.dumps(body)


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
