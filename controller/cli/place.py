"""The provider that a command was told to use, with trouble turned into sentences and exit codes."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from controller.cli.exits import CommandError, Exit
from controller.engine.compose import CompositionError, Settings, compose
from controller.engine.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.cli.options import Source
    from controller.engine.compose import Composition

FAILURE_CODES = {Verdict.UNREACHABLE: Exit.UNREACHABLE, Verdict.THROTTLED: Exit.THROTTLED}


@contextmanager
def opened_provider(
    source: Source,
    *,
    read_only: bool = False,
    mutation_seconds: float | None = None,
    speed: float | None = None,
) -> Iterator[Composition]:
    """Provide what the options ask for while the block lasts. Raises ``CommandError``.

    ``read_only``: nothing that would change something in Azure reaches the network. ``mutation_seconds``:
    a change that would take longer is of no use. ``speed``: the time of a simulated region runs by itself.
    """
    settings = Settings(
        provider=source.provider,
        state=source.state,
        scenario=source.scenario,
        arm_url=source.arm_url,
        arm_ca=source.arm_ca,
        environment=os.environ,
        read_only=read_only,
        mutation_seconds=mutation_seconds,
        speed=speed,
    )
    with composed(settings) as composition:
        yield composition


@contextmanager
def composed(settings: Settings) -> Iterator[Composition]:
    """Provide what settings ask for while the block lasts. Raises ``CommandError``."""
    try:
        with compose(settings) as composition:
            yield composition
    except CompositionError as error:
        raise CommandError(str(error), code=FAILURE_CODES.get(error.verdict, Exit.ERROR)) from error
