"""``evenkeel schema``: the JSON Schema of a spec, for editors and for checks without evenkeel."""

from __future__ import annotations

import json

import click

from controller.cli.exits import SHORT_EXIT_CODES, Exit
from controller.cli.options import write

_HELP = """Print the JSON Schema of a spec.

\b
Example:
  evenkeel schema > specs/fleet.schema.json

An editor with a YAML language server uses it when the first line of a spec is
`# yaml-language-server: $schema=fleet.schema.json`.
"""


@click.command("schema", help=_HELP, epilog=SHORT_EXIT_CODES)
def command() -> int:
    """Print the schema as JSON with two spaces."""
    from controller.spec.schema import spec_schema

    write(json.dumps(spec_schema(), indent=2, ensure_ascii=False))
    return Exit.DONE
