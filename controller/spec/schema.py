"""The JSON Schema of a spec, made from the models, for editors and for checks without this program.

Descriptions are the texts under the models' fields; they are read from the source only here, so that
importing the models stays fast.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from controller.spec.model.base import Part
from controller.spec.model.fleet import API_VERSION, KIND, FleetDocument

if TYPE_CHECKING:
    from pydantic import BaseModel

    from providers.base import Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_ID = "https://github.com/evenkeel/evenkeel/raw/main/specs/fleet.schema.json"

_EXAMPLE: dict[str, Json] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "web"},
    "spec": {
        "azure": {
            "subscription": "00000000-0000-0000-0000-000000000000",
            "resourceGroup": "web-rg",
            "location": "westeurope",
        },
        "replicas": 3,
        "placement": {"zones": ["1", "2", "3"]},
        "sizes": ["Standard_D2s_v5"],
        "template": {
            "image": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
            "sshPublicKeys": ["ssh-ed25519 AAAA ops"],
            "network": {
                "subnet": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/web-rg"
                "/providers/Microsoft.Network/virtualNetworks/web/subnets/web",
                "outbound": "natGateway",
            },
        },
    },
}


def spec_schema() -> dict[str, Json]:
    """Build the JSON Schema (2020-12) of one fleet document."""
    made = cast("dict[str, Json]", FleetDocument.model_json_schema(by_alias=True))
    definitions = cast("dict[str, dict[str, Json]]", made.pop("$defs"))
    models = _models()
    described: dict[str, Json] = {
        name: _tidy(_described(definition, models[name]) if name in models else definition)
        for name, definition in sorted(definitions.items())
    }
    root = cast("dict[str, Json]", _tidy(_described(made, FleetDocument)))
    return {
        "$schema": DIALECT,
        "$id": SCHEMA_ID,
        **root,
        "title": "Evenkeel fleet",
        "examples": [_EXAMPLE],
        "$defs": described,
    }


def _models() -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    waiting: list[type[BaseModel]] = [Part]
    while waiting:
        model = waiting.pop()
        found[model.__name__] = model
        waiting += model.__subclasses__()
    return found


def field_texts(model: type[BaseModel]) -> dict[str, str]:
    """Read the text under each field of ``model`` and of the models above it, by the field's alias."""
    texts: dict[str, str] = {}
    for above in reversed(model.__mro__):
        if issubclass(above, Part) and above is not Part:
            texts |= _own_texts(above)
    return {
        field.alias or name: texts[name]
        for name, field in model.model_fields.items()
        if name in texts
    }


def _own_texts(model: type[BaseModel]) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    body = cast("ast.ClassDef", tree.body[0]).body
    texts: dict[str, str] = {}
    for statement, following in pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(following, ast.Expr):
            name = cast("ast.Name", statement.target).id
            texts[name] = str(cast("ast.Constant", following.value).value)
    return texts


def _described(definition: dict[str, Json], model: type[BaseModel]) -> dict[str, Json]:
    texts = field_texts(model)
    properties = cast("dict[str, dict[str, Json]]", definition["properties"])
    for alias, schema in properties.items():
        if alias in texts:
            schema["description"] = texts[alias]
            schema["markdownDescription"] = texts[alias]
    return definition


def _tidy(schema: Json) -> Json:
    """Drop what helps no reader: pydantic's titles, null as a type, defaults of null or of whole parts."""
    if isinstance(schema, list):
        return [_tidy(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        name: value if name in {"examples", "default", "const", "enum"} else _tidy(value)
        for name, value in schema.items()
        if not (name == "title" and isinstance(value, str))
        and not (name == "default" and (value is None or isinstance(value, dict)))
    }
    choices = kept.get("anyOf")
    if isinstance(choices, list):
        choices = [choice for choice in choices if choice != {"type": "null"}]
        if len(choices) == 1 and isinstance(choices[0], dict):
            del kept["anyOf"]
            return choices[0] | kept
        kept["anyOf"] = choices
    return kept
