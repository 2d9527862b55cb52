"""Microsoft's OpenAPI documents: which operations there are, and whether a body is as they say.

References are resolved, ``allOf`` is folded into one object, and an object that lists its properties has no
others. Enumerations that Microsoft marks as open (``modelAsString``) hold any word.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_COMMON = {
    "common-types/v1/common.json": "compute-common-types-v1/common.json",
    "common-types/resource-management/": "arm-common-types-v3/types.json",
}
_SERVICES = ("compute-2024-07-01", "skus-2021-07-01", "locks-2020-05-01")
# Parts of a path template that stand for any number of segments.
_WIDE = {"{scope}", "{parentResourcePath}", "{resourceType}"}
_KEPT = ("type", "required", "minItems", "maxItems", "uniqueItems", "minimum", "maximum")


@dataclass(frozen=True)
class Described:
    """One operation as it is described. ``file`` is the document that it stands in."""

    file: str
    method: str
    template: str
    raw: Mapping[str, Any]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches the paths of the operation."""
        parts = [part for part in self.template.split("/") if part]
        words = [
            ".+" if part in _WIDE else "[^/]+" if part.startswith("{") else re.escape(part)
            for part in parts
        ]
        return re.compile("/" + "/".join(words), re.IGNORECASE)


@dataclass
class OpenApi:
    """All documents of a corpus."""

    folder: Path
    _documents: dict[str, Any] = field(default_factory=dict)
    _definitions: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def operations(self) -> list[Described]:
        """Every operation of the services, those with the fewest wide parts first."""
        found = [
            Described(file, method.upper(), template, raw)
            for service in _SERVICES
            for path in sorted((self.folder / "openapi" / service).glob("*.json"))
            for file in [f"{service}/{path.name}"]
            for template, methods in self._document(file).get("paths", {}).items()
            for method, raw in methods.items()
        ]
        return sorted(found, key=lambda each: sum(each.template.count(word) for word in _WIDE))

    def find(self, method: str, path: str) -> Described | None:
        """The operation that a request means; None if there is none."""
        fitting = (each for each in self.operations if each.method == method)
        return next((each for each in fitting if each.pattern.fullmatch(path)), None)

    def parameters(self, described: Described, where: str) -> dict[str, Any]:
        """Parameters of an operation in its path, query, header or body, by name."""
        found = {}
        for entry in described.raw.get("parameters", []):
            parameter = self._pointed(described.file, entry)
            if parameter.get("in") == where:
                found[str(parameter["name"])] = parameter
        return found

    def complaints(self, described: Described, schema: Mapping[str, Any], body: Any) -> set[str]:
        """What of a body is not as a schema says: each path once, with what is wrong there."""
        whole = {**self._schema(described.file, schema), "$defs": self._definitions}
        return {
            text for error in Draft202012Validator(whole).iter_errors(body) for text in _told(error)
        }

    def examples(self, described: Described) -> Iterator[tuple[str, dict[str, Any]]]:
        """The official examples of an operation that the corpus has, by name."""
        for entry in described.raw.get("x-ms-examples", {}).values():
            tail = str(entry["$ref"]).removeprefix("./examples/")
            path = self.folder / "examples" / described.file.partition("/")[0] / tail
            if path.is_file():
                yield path.stem, json.loads(path.read_text())

    def _document(self, file: str) -> Any:
        if file not in self._documents:
            path = self.folder / "openapi" / file
            self._documents[file] = (
                json.loads(path.read_text("utf-8-sig")) if path.is_file() else {}
            )
        return self._documents[file]

    def _target(self, file: str, reference: str) -> tuple[str, str]:
        document, _, pointer = reference.partition("#")
        if not document:
            return file, pointer
        for part, known in _COMMON.items():
            if part in document:
                return known, pointer
        return f"{file.partition('/')[0]}/{document.rpartition('/')[2]}", pointer

    def _pointed(self, file: str, entry: Mapping[str, Any]) -> Any:
        if "$ref" not in entry:
            return entry
        target, pointer = self._target(file, str(entry["$ref"]))
        found: Any = self._document(target)
        for part in pointer.strip("/").split("/"):
            found = found.get(part, {})
        return found

    def _schema(self, file: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        if "$ref" in raw:
            target, pointer = self._target(file, str(raw["$ref"]))
            name = f"{target}{pointer}".replace("/", ":")
            if name not in self._definitions:
                self._definitions[name] = {}
                self._definitions[name].update(self._schema(target, self._pointed(file, raw)))
            return {"$ref": f"#/$defs/{name}"}
        made = {name: raw[name] for name in _KEPT if name in raw}
        if "enum" in raw and not raw.get("x-ms-enum", {}).get("modelAsString", False):
            made["enum"] = raw["enum"]
        if "items" in raw:
            made["items"] = self._schema(file, raw["items"])
        properties, required = self._members(file, raw)
        made |= {"required": required} if required else {}
        open_end = raw.get("additionalProperties")
        if isinstance(open_end, dict):
            made["additionalProperties"] = self._schema(file, open_end)
        elif properties:
            made["additionalProperties"] = False
        return made | ({"properties": properties} if properties else {})

    def _members(self, file: str, raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Properties and names of the required ones, those of ``allOf`` included."""
        found: dict[str, Any] = {}
        required = list(raw.get("required", []))
        for entry in raw.get("allOf", []):
            target = self._target(file, str(entry["$ref"]))[0] if "$ref" in entry else file
            more, needed = self._members(target, self._pointed(file, entry))
            found |= more
            required += needed
        for name, schema in raw.get("properties", {}).items():
            found[name] = self._schema(file, schema)
        return found, required


def _told(error: Any) -> Iterator[str]:
    path = ""
    for part in error.absolute_path:
        path += "[]" if isinstance(part, int) else f".{part}" if path else str(part)
    if error.validator == "additionalProperties":
        known = set(error.schema.get("properties", {}))
        for name in sorted(set(error.instance) - known):
            yield f"`{path + '.' if path else ''}{name}` is not described"
    elif error.validator == "required":
        name = error.message.split("'")[1]
        yield f"`{path + '.' if path else ''}{name}` is required"
    elif error.validator == "type":
        yield f"`{path or 'the body'}` is not of type {error.validator_value}"
    else:
        yield f"`{path or 'the body'}` breaks {error.validator}"
