"""The audit trail of a command that changes something: opened before the first change, told at the end."""

from __future__ import annotations

import getpass
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from controller.cli.exits import CommandError, Exit
from controller.core.chain import NOTHING
from controller.engine.audit import Trail, TrailError, TrailHeldError, Writer
from controller.engine.audited import audited, context_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from controller.cli.options import Show
    from controller.engine.compose import Composition
    from controller.engine.reconcile import Between


@contextmanager
def recorded(
    path: Path | None, scope: Sequence[str], place: Composition, show: Show
) -> Iterator[Between | None]:
    """Give what puts each change on record at ``path``, or None where nobody asked for a trail.

    Raises ``CommandError`` if the trail cannot be written: without it nothing is to be changed.
    """
    if path is None:
        yield None
        return
    actor = actor_of("evenkeel reconcile")
    trail = Trail(path, Writer(actor, tuple(scope)), lambda: place.clock.now)
    try:
        _open(trail)
        yield lambda fleet, planned, provider: audited(
            provider, trail, context_of(fleet, planned, actor), trail.now
        )
    finally:
        head = trail.head
        trail.close()
        for sentence in trail.told:
            show.say(f"evenkeel: {sentence}")
        if head != NOTHING:
            show.say(f"evenkeel: audit trail {path} at {head}")


def actor_of(program: str) -> str:
    """Who runs this: ``ops@bastion, evenkeel reconcile``. A user without a name goes by its number."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}, {program}"


def _open(trail: Trail) -> None:
    try:
        trail.open()
    except TrailHeldError as error:
        raise CommandError(str(error), code=Exit.THROTTLED) from error
    except TrailError as error:
        raise CommandError(str(error), hint="or go without a trail: leave --audit away") from error
