"""``--query``: JMESPath over the document that ``-o json`` prints, as ``az`` has it.

``az`` prints a list as an array, we print it as kubectl does, as an object with ``items``. Both habits work: a query
that begins as one of an array, such as ``[].name`` or ``length(@)``, is asked of the items.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import jmespath
from jmespath.exceptions import JMESPathError

if TYPE_CHECKING:
    from providers.base import Json


_FIRST_DECIDES = frozenset(
    {
        "filter_projection",
        "flatten",
        "index_expression",
        "pipe",
        "projection",
        "subexpression",
        "value_projection",
    }
)
"""Nodes of a query whose first part looks at the document, and whose other parts at what that found."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query that has been understood. ``of_array``: it speaks of an array, where a list would be an object."""

    compiled: Any
    of_array: bool

    def search(self, document: Json) -> Json:
        """What the query finds. Raises ``click.UsageError`` where it asks for what cannot be computed."""
        asked = document
        if self.of_array and isinstance(document, dict) and document.get("kind") == "List":
            asked = document["items"]
        try:
            found: Json = self.compiled.search(asked)
        except JMESPathError as error:
            raise click.UsageError(f"--query: {error}") from error
        return found


def parse_query(text: str) -> Query:
    """Read a query. Raises ``click.BadParameter``."""
    try:
        compiled = jmespath.compile(text)
    except JMESPathError as error:
        first = str(error).splitlines()[0]
        raise click.BadParameter(f"--query {text!r} is no JMESPath: {first}") from error
    return Query(compiled, of_array=_is_of_array(compiled.parsed))


def _is_of_array(node: Any) -> bool:
    """Whether the part of a query that sees the document itself takes it for an array."""
    kind = node["type"]
    if kind in {"identity", "current"}:
        return True
    parts = [one for one in node["children"] if isinstance(one, dict)]
    # What follows a `&` is asked of each element.
    if kind == "expref":
        return False
    return any(map(_is_of_array, parts[:1] if kind in _FIRST_DECIDES else parts))
