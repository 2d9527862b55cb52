"""Documents as text: JSON with two spaces, and YAML that a YAML 1.2 reader understands the same way."""

from __future__ import annotations

import json
import re
from datetime import UTC
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from datetime import datetime

    from providers.base import Json

_NUMBER_IN_YAML_1_2 = re.compile(
    r"^(?:0o[0-7]+|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?)$",
)


def json_text(document: Json) -> str:
    """JSON, two spaces deep, keys in the document's order. Raises ValueError for NaN and infinity."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def yaml_text(document: Json) -> str:
    """The same document as block YAML, keys in the document's order, without anchors."""
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False
    )


def time_text(moment: datetime) -> str:
    """A time as RFC 3339 in UTC: ``2026-11-21T12:00:00Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class _Dumper(yaml.SafeDumper):
    """PyYAML writes YAML 1.1; texts that are numbers in YAML 1.2 only are quoted as well."""

    def ignore_aliases(self, data: object) -> bool:
        """Write a value out each time it occurs."""
        del data
        return True


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER_IN_YAML_1_2, list("-+.0123456789"))
