"""``evenkeel reconcile``: one pass over every fleet, a plan, or passes until there is nothing to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from controller.cli.exits import EXIT_CODES
from controller.cli.leasing import lease_options
from controller.cli.options import DEFAULT_TIMEOUT_SECONDS, show_options, source_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.cli.options import Show, Source
    from controller.cli.reconciling import Request

_HELP = """Bring the fleets in PATH to what their specs say: one pass, or passes until
there is nothing to do. A broken spec freezes its own fleet only.

\b
Examples:
  evenkeel reconcile specs/ --dry-run
  evenkeel reconcile specs/ --until-converged --timeout 1800
  evenkeel reconcile specs/ --dry-run --out plan.json
  evenkeel reconcile specs/ --apply plan.json
"""


_OPTIONS = (
    click.option(
        "--dry-run",
        is_flag=True,
        envvar="EVENKEEL_DRY_RUN",
        help="Show the plan; change nothing.",
    ),
    click.option(
        "--until-converged",
        is_flag=True,
        envvar="EVENKEEL_UNTIL_CONVERGED",
        help="Make passes until there is nothing to do.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0),
        envvar="EVENKEEL_TIMEOUT",
        metavar="S",
        help=f"With --until-converged: seconds to try. Default: {DEFAULT_TIMEOUT_SECONDS:.0f}",
    ),
    click.option(
        "--observed",
        envvar="EVENKEEL_OBSERVED",
        type=click.Path(path_type=Path),
        help="With --dry-run: plan from a saved observation.",
    ),
    click.option(
        "--out",
        envvar="EVENKEEL_OUT",
        type=click.Path(path_type=Path),
        help="With --dry-run: also save the plan for --apply.",
    ),
    click.option(
        "--apply",
        "saved",
        envvar="EVENKEEL_APPLY",
        type=click.Path(path_type=Path),
        help="Carry out a saved plan, unless something moved.",
    ),
    click.option(
        "--audit",
        envvar="EVENKEEL_AUDIT",
        type=click.Path(path_type=Path),
        help="Put each change on record here before it is sent.",
    ),
    click.option(
        "--approve",
        "tokens",
        multiple=True,
        envvar="EVENKEEL_APPROVE",
        metavar="TOKEN",
        help="Say yes to what a guard holds back; may be given again.",
    ),
    click.option(
        "--detailed-exitcode",
        is_flag=True,
        envvar="EVENKEEL_DETAILED_EXITCODE",
        help="Exit 2 when changes are pending, 3 when they are blocked.",
    ),
)


def _mode_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add the options that say what is done with a plan."""
    # Decorators apply from the last to the first; the help lists them in the order above.
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command("reconcile", help=_HELP, epilog=f"\b\n{EXIT_CODES}")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@_mode_options
@source_options
@lease_options
@show_options(["text", "json", "yaml", "markdown"])
def command(paths: tuple[str, ...], *, source: Source, show: Show, **modes: object) -> int:
    """Check the options against each other, then do what they say."""
    from controller.cli.reconciling import Request, reconcile

    request = Request(paths=paths, source=source, show=show, **modes)  # type: ignore[arg-type]  # click has checked
    _check(request)
    return reconcile(request)


def _check(request: Request) -> None:
    """Refuse options that contradict each other; a usage error says which."""
    rules = (
        (request.observed and not request.dry_run, "--observed needs --dry-run"),
        (request.out and not request.dry_run, "--out needs --dry-run"),
        (request.saved and request.dry_run, "--apply and --dry-run exclude each other"),
        (
            request.saved and request.until_converged,
            "--apply makes one pass: drop --until-converged",
        ),
        (
            request.dry_run and request.until_converged,
            "--dry-run makes one pass: drop --until-converged",
        ),
        (
            request.timeout is not None and not request.until_converged,
            "--timeout needs --until-converged",
        ),
    )
    for broken, sentence in rules:
        if broken:
            raise click.UsageError(sentence)
