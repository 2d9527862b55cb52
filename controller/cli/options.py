"""Options that commands share, and the environment variables that mirror them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from controller.cli.exits import Exit
from controller.cli.screen import Screen, screen_of
from controller.formats.redact import redact, redact_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from controller.cli.forms import FormType
    from providers.base import Document, Json

DEFAULT_STATE = ".evenkeel/region.json"
IN_MEMORY = "none"
DEFAULT_TIMEOUT_SECONDS = 3600.0
"""How long ``--until-converged`` tries: an hour, three times the longest creation in Azure."""

_COLORS = click.Choice(["auto", "always", "never"])


@dataclass(frozen=True)
class Show:
    """How a command prints: the format of data, how much is said, colour.

    Not slotted, because the two screens are found out once and kept.
    """

    output: str = "text"
    verbose: int = 0
    log_format: str = "console"
    color: str = "auto"

    @cached_property
    def out(self) -> Screen:
        """What stdout can show."""
        return screen_of(sys.stdout, self.color, os.environ)

    @cached_property
    def err(self) -> Screen:
        """What stderr can show."""
        return screen_of(sys.stderr, self.color, os.environ)

    def data(self, text: str) -> None:
        """Write data to stdout, with exactly one line end."""
        write(redact_text(text.rstrip("\n")))

    def line(self, text: str) -> None:
        """Write one line of data, which may be empty, to stdout."""
        write(redact_text(text))

    def document(self, document: Document) -> None:
        """Write a document to stdout, as YAML when that was asked for and as JSON otherwise."""
        self.value(document, self.output)

    def value(self, value: Json, form: str) -> None:
        """Write any JSON value to stdout, as YAML when ``form`` says so and as JSON otherwise."""
        from controller.formats.text import json_text, yaml_text

        clean = redact(value)
        write((yaml_text(clean) if form == "yaml" else json_text(clean)).rstrip("\n"))

    def say(self, text: str) -> None:
        """Write a line for people to stderr."""
        click.echo(redact_text(text), err=True, color=True)


def write(text: str) -> None:
    """Write a line without secrets to stdout. When nobody reads any more, the command ends, as ``SIGPIPE`` would have it."""
    try:
        click.echo(text, color=True)
    except BrokenPipeError:
        # click would make an error of it; a reader that has seen enough is none.
        raise click.exceptions.Exit(Exit.BROKEN_PIPE) from None


@dataclass(frozen=True, slots=True)
class Source:
    """Where fleets are looked at: which provider, which simulated region, which scenario.

    ``named`` is False when nobody chose a provider. ``state`` None: memory only.
    """

    provider: str = "simulated"
    named: bool = False
    state: Path | None = Path(DEFAULT_STATE)
    scenario: Path | None = None
    arm_url: str | None = None
    arm_ca: Path | None = None

    @property
    def azure_words(self) -> list[str]:
        """The options that led to Azure, as they were typed; empty for another provider."""
        if self.provider != "azure":
            return []
        at = [] if self.arm_url is None else ["--arm-url", self.arm_url]
        trust = [] if self.arm_ca is None else ["--arm-ca", str(self.arm_ca)]
        return ["--provider", "azure", *at, *trust]

    @property
    def sentence(self) -> str:
        """The first line on stderr: where the command looks, and why there."""
        if self.provider != "simulated":
            return f"provider {self.provider}" + (f" at {self.arm_url}" if self.arm_url else "")
        place = "in memory only" if self.state is None else f"kept in {self.state}"
        return f"simulated region {place}" + ("" if self.named else " (no --provider given)")


def show_options(outputs: Sequence[str] = ()) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add ``-v``, ``--log-format``, ``--color`` and, given formats, ``-o``; passed on as ``show``."""

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        @wraps(function)
        def collected(**values: object) -> int:
            taken = {
                name: values.pop(name)
                for name in ("output", "verbose", "log_format", "color")
                if name in values
            }
            return function(show=Show(**taken), **values)  # type: ignore[arg-type]  # click has checked

        options = [*_show_options(), *([_output_option(outputs)] if outputs else [])]
        return _with(options, collected)

    return decorate


def source_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add the options that say where the VMs are; passed on as ``source``."""

    @wraps(function)
    def collected(**values: object) -> int:
        source = _source(
            provider=values.pop("provider"),
            state=values.pop("state"),
            scenario=values.pop("scenario"),
            arm=(values.pop("arm_url"), values.pop("arm_ca")),
        )
        return function(source=source, **values)

    return _with(_source_options(), collected)


def specs_option(function: Callable[..., int]) -> Callable[..., int]:
    """Add ``--specs`` for the commands whose arguments name fleets and not files."""
    option = click.option(
        "--specs",
        "paths",
        multiple=True,
        default=("specs/",),
        # A path type, so that several paths in the variable are divided as in PATH.
        type=click.Path(),
        envvar="EVENKEEL_SPECS",
        metavar="PATH",
        help="Spec file or directory; may be given again. Default: specs/",
    )
    return option(function)


def _source(
    *, provider: object, state: object, scenario: object, arm: tuple[object, object]
) -> Source:
    url, ca_file = arm
    if provider != "azure" and typed("arm_url"):
        raise click.UsageError("--arm-url is ARM's address; it needs --provider azure")
    return Source(
        provider=str(provider or "simulated"),
        named=provider is not None,
        state=None if state == IN_MEMORY else Path(str(state)),
        scenario=None if scenario is None else Path(str(scenario)),
        arm_url=None if url is None else str(url),
        arm_ca=None if ca_file is None else Path(str(ca_file)),
    )


def typed(parameter: str) -> bool:
    """Whether an option stood on the command line, and not only in the environment."""
    source = click.get_current_context().get_parameter_source(parameter)
    return source is click.core.ParameterSource.COMMANDLINE


def _web_address(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> str | None:
    """Check that an address is one of ARM: scheme and host, nothing behind them."""
    if given is None:
        return None
    parts = urlsplit(given)
    if parts.scheme in {"http", "https"} and parts.hostname and not parts.path.strip("/"):
        return given.rstrip("/")
    raise click.BadParameter(f"{given!r} is not an address such as https://localhost:8443")


def form_option(form: FormType) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add ``-o`` with words and templates; passed on as ``form``."""
    return click.option(
        "-o",
        "--output",
        "form",
        type=form,
        default="text",
        envvar="EVENKEEL_OUTPUT",
        metavar="FORM",
        help=f"Format of the data on stdout: {form.words}. Default: text",
    )


def _output_option(outputs: Sequence[str]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    return click.option(
        "-o",
        "--output",
        type=click.Choice(list(outputs)),
        default=outputs[0],
        envvar="EVENKEEL_OUTPUT",
        help="Format of the data on stdout.",
    )


def _show_options() -> list[Callable[[Callable[..., int]], Callable[..., int]]]:
    return [
        click.option(
            "-v",
            "--verbose",
            count=True,
            envvar="EVENKEEL_VERBOSE",
            help="Say more: what was nearly chosen, and log lines.",
        ),
        click.option(
            "--log-format",
            type=click.Choice(["console", "json"]),
            default="console",
            envvar="EVENKEEL_LOG_FORMAT",
            help="Form of log lines on stderr.",
        ),
        click.option(
            "--color",
            type=_COLORS,
            default="auto",
            envvar="EVENKEEL_COLOR",
            help="Colour. auto: on a terminal or with FORCE_COLOR, unless NO_COLOR is set.",
        ),
    ]


def _source_options() -> list[Callable[[Callable[..., int]], Callable[..., int]]]:
    return [
        click.option(
            "--provider",
            type=click.Choice(["simulated", "azure"]),
            envvar="EVENKEEL_PROVIDER",
            help="Where the VMs are. Default: a simulated region.",
        ),
        click.option(
            "--state",
            default=DEFAULT_STATE,
            envvar="EVENKEEL_STATE",
            metavar="FILE",
            help=f"Keeps the simulated region. Default: {DEFAULT_STATE}; none: memory only.",
        ),
        click.option(
            "--scenario",
            envvar="EVENKEEL_SCENARIO",
            metavar="FILE",
            help="Faults and limits of the simulated region.",
        ),
        click.option(
            "--arm-url",
            envvar="EVENKEEL_ARM_URL",
            metavar="URL",
            callback=_web_address,
            help="An emulator's ARM, for --provider azure; any token is sent.",
        ),
        click.option(
            "--arm-ca",
            envvar="EVENKEEL_ARM_CA",
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False),
            help="The authority that signed the certificate of --arm-url.",
        ),
    ]


def _with(
    options: Sequence[Callable[[Callable[..., int]], Callable[..., int]]],
    function: Callable[..., int],
) -> Callable[..., int]:
    for option in reversed(options):
        function = option(function)
    return function
