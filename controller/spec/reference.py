"""The reference of every field of a spec as Markdown (``docs/spec.md``), made from the JSON Schema.

Types, limits and defaults come from the models, meanings from the texts under their fields. What a field
does not do yet is said here and nowhere else; a test holds it against what the code reads.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from controller.spec.schema import spec_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from providers.base import Json

_Schema: TypeAlias = "Mapping[str, Json]"

WITHOUT_EFFECT: Mapping[str, str] = {
    "Protection.manageLocks": "the controller sets no locks; the protection holds all the same",
    "Network.inboundNatRules": "Azure's inline interfaces cannot carry them",
    "Nic.inboundNatRules": "Azure's inline interfaces cannot carry them",
}
"""Fields that are accepted and change nothing yet, and what that means."""

AT_VALIDATION: Mapping[str, str] = {
    "Quorum.voters": "the planner counts the members that are there",
    "Quorum.zoneLossSafe": "the planner spreads, and does not weigh zones by votes",
}
"""Fields that are checked when a spec is read and decide nothing later."""

_SECOND_TEMPLATE = "spec.pools[].template."
_SAID_IN_THE_MODEL = " Understood, without effect yet."

_INTRODUCTION = """\
# The spec, field by field

Made from the models by `make golden`; do not edit. `evenkeel schema` prints the same as JSON Schema for editors.

[specs.md](specs.md) tells how specs are read; every mistake has a [code](errors.md), its place, and what to write instead. A field
that is not listed here is an error. A file may hold several documents, a directory several files.

*required*: the field has to be there. *absent*: it may be left out, and its meaning says what then holds. **No effect yet**: the field
is accepted and nothing acts on it in this version; where that could hurt, a warning (`EK0210`) says so.
"""


@dataclass(frozen=True, slots=True)
class _Part:
    """One mapping of a spec: its definition and all paths at which it stands."""

    name: str
    schema: _Schema
    paths: list[str]


def spec_reference() -> str:
    """Build the page: an introduction, a list of the parts, and a table of fields for each."""
    parts = _parts()
    lines = [_INTRODUCTION]
    lines += [f"- [`{part.paths[0] or 'document'}`](#{_slug(part)})" for part in parts.values()]
    for part in parts.values():
        lines += ["", *_section(part, parts)]
    return "\n".join(lines) + "\n"


def field_paths() -> frozenset[str]:
    """Name every field by its dotted path, such as ``spec.template.dataDisks[].lun``."""
    return frozenset(
        f"{path}.{name}".lstrip(".")
        for part in _parts().values()
        for path in part.paths
        for name in _properties(part.schema)
    )


def _parts() -> dict[str, _Part]:
    """All parts, each where the reader first meets it."""
    schema = spec_schema()
    definitions = cast("dict[str, _Schema]", schema["$defs"])
    found = {"": _Part("FleetDocument", schema, [""])}

    def visit(above: _Schema, path: str) -> None:
        for field, named, suffix in _references(above):
            place = f"{path}.{field}{suffix}".lstrip(".")
            found.setdefault(named, _Part(named, definitions[named], [])).paths.append(place)
            visit(definitions[named], place)

    visit(schema, "")
    return found


def _references(schema: _Schema) -> Iterator[tuple[str, str, str]]:
    """Name each field that holds another part, the part, and ``[]`` if it holds many."""
    for field, inner in _properties(schema).items():
        text = json.dumps(inner)
        many = '"type": "array"' in text
        if "#/$defs/" in text and "JsonValue" not in text:
            named = text.split("#/$defs/")[1].split('"')[0]
            yield field, named, "[]" if many else ""


def _properties(schema: _Schema) -> dict[str, _Schema]:
    return cast("dict[str, _Schema]", schema.get("properties", {}))


def _section(part: _Part, parts: Mapping[str, _Part]) -> Iterator[str]:
    yield f"## `{part.paths[0] or 'document'}`"
    yield ""
    yield str(part.schema.get("description", ""))
    others = [path for path in part.paths[1:] if not path.startswith(_SECOND_TEMPLATE)]
    if others:
        yield ""
        yield "Also " + ", ".join(f"`{path}`" for path in others) + "."
    yield ""
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    required = cast("list[str]", part.schema.get("required", []))
    for field, schema in _properties(part.schema).items():
        default = "*required*" if field in required else _default(schema)
        kind = _type(schema, parts).replace("|", "\\|")
        yield f"| `{field}` | {kind} | {default} | {_meaning(part.name, field, schema)} |"


def _meaning(part: str, field: str, schema: _Schema) -> str:
    text = str(schema.get("description", "")).removesuffix(_SAID_IN_THE_MODEL)
    key = f"{part}.{field}"
    if key in WITHOUT_EFFECT:
        text += f" **No effect yet**: {WITHOUT_EFFECT[key]}."
    if key in AT_VALIDATION:
        text += f" Used at validation only: {AT_VALIDATION[key]}."
    return text.replace("|", "\\|").replace("\n", " ")


def _default(schema: _Schema) -> str:
    if "default" not in schema:
        return "*absent*"
    value = schema["default"]
    return "empty" if value == [] else f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _type(schema: _Schema, parts: Mapping[str, _Part]) -> str:
    """Say in words what a value may be."""
    if "$ref" in schema:
        named = str(schema["$ref"]).rpartition("/")[2]
        return f"[mapping](#{_slug(parts[named])})" if named in parts else "anything"
    for union in ("anyOf", "oneOf"):
        if union not in schema:
            continue
        choices = cast("list[_Schema]", schema[union])
        return " or ".join(_type(choice, parts) for choice in choices)
    words = [schema["const"]] if "const" in schema else cast("list[Json]", schema.get("enum", []))
    return ", ".join(f"`{_word(word)}`" for word in words) or _kind(schema, parts)


def _word(value: Json) -> str:
    """A value as it is written in YAML; text that looks like a number keeps its quotes."""
    is_word = isinstance(value, str) and not value.isdigit()
    return str(value) if is_word else json.dumps(value)


def _kind(schema: _Schema, parts: Mapping[str, _Part]) -> str:
    match schema.get("type"):
        case "array":
            inner = _type(cast("_Schema", schema["items"]), parts)
            return f"list of {inner}" + (", not empty" if "minItems" in schema else "")
        case "object":
            inner = _type(cast("_Schema", schema["additionalProperties"]), parts)
            return f"mapping of text to {inner}"
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return "`true`, `false`"
        case _:
            return _text(schema)


def _number(schema: _Schema) -> str:
    kind = "whole number" if schema["type"] == "integer" else "number"
    least, most = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        return f"{kind} above {schema['exclusiveMinimum']}"
    if least is not None and most is not None:
        return f"{kind}, {least} to {most}"
    return kind if least is None else f"{kind}, {least} or more"


def _text(schema: _Schema) -> str:
    examples = cast("list[Json]", schema.get("examples", []))
    if schema.get("format") == "date-time":
        return f"time, such as `{examples[0]}`"
    if examples:
        return f"ARM id, such as `{str(examples[0]).replace('...', '…')}`"
    pattern = str(schema.get("pattern", "")).removeprefix("^(?:").removesuffix(")$")
    return f"text like `{pattern}`" if pattern else "text"


def _slug(part: _Part) -> str:
    """The anchor that Markdown renderers give to the part's heading."""
    letters = (letter for letter in part.paths[0].lower() or "document" if letter.isalnum())
    return "".join(letters)
