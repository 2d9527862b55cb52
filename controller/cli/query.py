"""``--query``: JMESPath over the document that ``-o json`` prints, as ``az`` has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import jmespath
from jmespath.exceptions import JMESPathError

if TYPE_CHECKING:
    from providers.base import Json


@dataclass(frozen=True, slots=True)
class Query:
    """A query that has been understood."""

    compiled: Any

    def search(self, document: Json) -> Json:
        """What the query finds. Raises ``click.UsageError`` where it asks for what cannot be computed."""
        try:
            found: Json = self.compiled.search(document)
        except JMESPathError as error:
            raise click.UsageError(f"--query: {error}") from error
        return found


def parse_query(text: str) -> Query:
    """Read a query. Raises ``click.BadParameter``."""
    try:
        return Query(jmespath.compile(text))
    except JMESPathError as error:
        first = str(error).splitlines()[0]
        raise click.BadParameter(f"--query {text!r} is no JMESPath: {first}") from error
