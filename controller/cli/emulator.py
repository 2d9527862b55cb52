"""``evenkeel emulator``: Azure Resource Manager over HTTP, in front of a simulated region."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from controller.cli.exits import SHORT_EXIT_CODES, CommandError, Exit
from controller.cli.options import DEFAULT_STATE, IN_MEMORY, write

if TYPE_CHECKING:
    import ssl

    from providers.arm.emulator import Settings
    from providers.arm.hosting import Hosted, Hosting
    from providers.simulated.scenario import Scenario

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEFAULT_CERTIFICATES = ".evenkeel/emulator"

_HELP = """Answer as Azure Resource Manager does, in front of a simulated region.

The real SDKs, az and other clients work against it. When it is ready, it
prints one JSON line on stdout: url, caFile, subscription, tenant, location.
Any client id, secret and token are accepted. SIGTERM ends it.

\b
Examples:
  evenkeel emulator --port 8443
  evenkeel emulator --http --port 8080 --state none --speed 60
  evenkeel emulator --scenario specs/scenarios/spot-storm.yaml

It speaks https with a CA of its own: let clients trust caFile.

With --speed 0 time stands until POST /evenkeel/clock {"advance": SECONDS}.
"""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the server listens, and where it leaves files. ``certificates`` None: http."""

    host: str
    port: int
    certificates: Path | None
    traffic: Path | None


@click.command("emulator", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.option(
    "--host",
    default=_LOOPBACK[0],
    envvar="EVENKEEL_HOST",
    help="Address to listen on. Default: 127.0.0.1, this machine only.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8443,
    envvar="EVENKEEL_PORT",
    help="Port to listen on; 0: any free one. Default: 8443",
)
@click.option("--http", "plain", is_flag=True, help="Speak http; https otherwise.")
@click.option(
    "--certificates",
    default=DEFAULT_CERTIFICATES,
    envvar="EVENKEEL_CERTIFICATES",
    metavar="DIR",
    help=f"Takes the CA's certificate. Default: {DEFAULT_CERTIFICATES}",
)
@click.option(
    "--state",
    default=DEFAULT_STATE,
    envvar="EVENKEEL_STATE",
    metavar="FILE",
    help=f"Keeps the simulated region. Default: {DEFAULT_STATE}; none: memory only.",
)
@click.option(
    "--scenario",
    envvar="EVENKEEL_SCENARIO",
    metavar="FILE",
    help="Faults and limits of the simulated region.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0, 1_000_000),
    default=1.0,
    envvar="EVENKEEL_SPEED",
    help="Seconds in the region for each second here. Default: 1",
)
@click.option(
    "--throttle",
    type=click.Choice(["azure", "off"]),
    default="azure",
    envvar="EVENKEEL_THROTTLE",
    help="Rate limits: Azure's, or none.",
)
@click.option("--seed", type=int, default=0, envvar="EVENKEEL_SEED", help="Chance of a new region.")
@click.option(
    "--traffic", envvar="EVENKEEL_TRAFFIC", metavar="DIR", help="Keeps each exchange as a file."
)
@click.option(
    "--strict",
    is_flag=True,
    help="Only what was made exists; otherwise all that a request refers to.",
)
def command(**values: object) -> int:
    """Serve until told to stop."""
    from controller.engine.clock import WallClock
    from providers.arm.emulator import Settings
    from providers.arm.hosting import Hosting, hosted
    from providers.simulated.state import RegionFileError

    state = str(values["state"])
    hosting = Hosting(
        start=WallClock().now.replace(microsecond=0),
        state=None if state == IN_MEMORY else Path(state),
        scenario=_scenario(values["scenario"]),
        seed=int(str(values["seed"])),
        strict=bool(values["strict"]),
    )
    settings = Settings(throttle=values["throttle"] == "azure", speed=float(str(values["speed"])))
    place = _Place(
        host=str(values["host"]),
        port=int(str(values["port"])),
        certificates=None if values["plain"] else Path(str(values["certificates"])),
        traffic=None if values["traffic"] is None else Path(str(values["traffic"])),
    )
    _say_where(hosting, place)
    try:
        with hosted(hosting) as region:
            asyncio.run(_serve(region, settings, place))
    except RegionFileError as error:
        # Another command holds the file: that passes, everything else does not.
        busy = isinstance(error.__cause__, BlockingIOError)
        raise CommandError(str(error), code=Exit.THROTTLED if busy else Exit.ERROR) from error
    return Exit.DONE


async def _serve(region: Hosted, settings: Settings, place: _Place) -> None:
    from providers.arm.emulator import Emulator
    from providers.arm.server import Pace, Saver, Server
    from providers.arm.traffic import Traffic

    loop = asyncio.get_running_loop()
    emulator = Emulator(region.region, settings)
    try:
        traffic = None if place.traffic is None else Traffic(place.traffic)
        ca_file, context = _certificates(place)
        server = Server(
            emulator,
            pace=Pace(emulator, loop.time),
            saver=Saver(emulator, region.save),
            traffic=traffic,
        )
        runner, port = await server.start(place.host, place.port, context)
    except OSError as error:
        raise _cannot(error, place) from error
    told = asyncio.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, told.set)
    try:
        _say_ready(settings, _url(place, port), ca_file)
        await told.wait()
    finally:
        await runner.cleanup()


def _certificates(place: _Place) -> tuple[Path | None, ssl.SSLContext | None]:
    if place.certificates is None:
        return None, None
    from controller.engine.clock import WallClock
    from providers.arm.certificate import make_certificates

    return make_certificates(place.certificates, place.host, WallClock().now)


def _say_where(hosting: Hosting, place: _Place) -> None:
    where = "in memory only" if hosting.state is None else f"kept in {hosting.state}"
    click.echo(f"evenkeel: simulated region {where}", err=True)
    if place.host not in _LOOPBACK:
        warning = (
            f"evenkeel: whoever reaches {place.host} can do everything here; no token is checked"
        )
        click.echo(warning, err=True)


def _say_ready(settings: Settings, url: str, ca_file: Path | None) -> None:
    ready = {
        "url": url,
        "caFile": None if ca_file is None else str(ca_file),
        "subscription": settings.subscription,
        "tenant": settings.tenant,
        "location": settings.location,
    }
    write(json.dumps(ready))


def _url(place: _Place, port: int) -> str:
    scheme = "http" if place.certificates is None else "https"
    # az and Terraform compare host names; they have been measured with this one.
    host = "localhost" if place.host in _LOOPBACK else place.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _cannot(error: OSError, place: _Place) -> CommandError:
    what = error.strerror or str(error)
    if error.filename is not None:
        hint = "name directories that can be written with --certificates and --traffic"
        return CommandError(f"{error.filename}: {what}", hint=hint)
    hint = "choose another port with --port, or 0 for any free one"
    return CommandError(f"cannot listen on {place.host}:{place.port}: {what}", hint=hint)


def _scenario(path: object) -> Scenario | None:
    from providers.simulated.scenario_file import ScenarioError, read_scenario

    if path is None:
        return None
    try:
        return read_scenario(Path(str(path)))
    except ScenarioError as error:
        raise CommandError(str(error)) from error
