"""Options that say which right a command needs to change fleets, and the taking of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from controller.cli.exits import CommandError, Exit
from providers.leases import LeaseAddress, LeaseAddressError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from controller.cli.options import Source
    from controller.engine.compose import Composition
    from controller.engine.tenancy import LeaseSettings
    from controller.spec.values import Fleet

DEFAULT_STATE_DIRECTORY = ".evenkeel"
SHORTEST, LONGEST = 15, 60
_USUAL = 45
_WORDS = ("none", "file")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Leasing:
    """What was said about leases. ``where`` None: nothing was said."""

    where: str | None = None
    seconds: int = _USUAL
    state_directory: Path = Path(DEFAULT_STATE_DIRECTORY)

    def settings(self, source: Source, role: str, *, dry_run: bool = False) -> LeaseSettings:
        """Whence the right comes. Without a word: locks on this host for Azure.

        A simulated region needs none: its file is locked by whoever uses it. Nor does a dry run, which
        changes nothing and is not to keep others from it.
        """
        from controller.engine.tenancy import LeaseSettings

        usual = "file" if source.provider == "azure" else "none"
        return LeaseSettings(
            lease="none" if dry_run else self.where or usual,
            role=role,
            state_directory=self.state_directory,
            scope=source.arm_url or "",
            lease_seconds=self.seconds,
            environment=os.environ,
        )


def lease_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add ``--lease``, ``--lease-seconds`` and ``--state-dir``; passed on as ``leasing``."""

    @wraps(function)
    def collected(**values: object) -> int:
        where, seconds = values.pop("lease"), values.pop("lease_seconds")
        leasing = Leasing(
            where=None if where is None else str(where),
            seconds=int(str(seconds)),
            state_directory=Path(str(values.pop("state_dir"))),
        )
        return function(leasing=leasing, **values)

    for option in reversed(_OPTIONS):
        collected = option(collected)
    return collected


def _where(_context: click.Context, _parameter: click.Parameter, given: str | None) -> str | None:
    """Check that a place for leases is one of ours, before anything is asked of it."""
    if given is None or given in _WORDS:
        return given
    try:
        LeaseAddress.parse(given)
    except LeaseAddressError as error:
        raise click.BadParameter(f"{error}; or file, or none") from error
    return given


_OPTIONS = (
    click.option(
        "--lease",
        envvar="EVENKEEL_LEASE",
        metavar="WHERE",
        callback=_where,
        help="Who may change fleets: URL of a blob container, file (a lock on this host) or none. "
        "Default for azure: file.",
    ),
    click.option(
        "--lease-seconds",
        type=click.IntRange(SHORTEST, LONGEST),
        default=_USUAL,
        envvar="EVENKEEL_LEASE_SECONDS",
        metavar="S",
        help=f"Length of a lease, the same for all processes. Default: {_USUAL}",
    ),
    click.option(
        "--state-dir",
        envvar="EVENKEEL_STATE_DIR",
        default=DEFAULT_STATE_DIRECTORY,
        metavar="DIR",
        help=f"Keeps locks. Default: {DEFAULT_STATE_DIRECTORY}",
    ),
)


@dataclass(frozen=True, slots=True)
class Right:
    """The right to change these fleets at ``place``, which is taken while something is done with it."""

    place: Composition
    settings: LeaseSettings
    fleets: Sequence[Fleet]

    def run(self, work: Callable[[Composition], Coroutine[Any, Any, T]]) -> T:
        """Do ``work`` with the right over all the fleets. Raises ``CommandError`` if it is not to be had.

        ``work`` gets the composition with a fence around its provider.
        """
        from controller.cli.place import FAILURE_CODES
        from controller.engine.compose import CompositionError
        from controller.engine.fence import Fenced
        from controller.engine.report import failure_verdict
        from controller.engine.tenancy import command_tenure, while_holding
        from controller.engine.tenure import key_of
        from providers.errors import LeaseHeld, ProviderError

        try:
            tenure = command_tenure(self.settings)
        except CompositionError as error:
            code = FAILURE_CODES.get(error.verdict, Exit.ERROR)
            raise CommandError(str(error), code=code) from error
        fenced = replace(self.place, provider=Fenced(self.place.provider, tenure))
        keys = [key_of(fleet.ref) for fleet in self.fleets]
        try:
            return self.place.run(while_holding(tenure, keys, lambda: work(fenced)))
        except LeaseHeld as error:
            raise CommandError(
                f"nothing was done: {error.message}",
                hint="try again when it has ended, or stop it",
                code=Exit.THROTTLED,
            ) from error
        except ProviderError as error:
            code = FAILURE_CODES.get(failure_verdict(error), Exit.ERROR)
            raise CommandError(f"nothing was done: {error}", code=code) from error
