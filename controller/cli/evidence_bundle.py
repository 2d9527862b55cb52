"""What goes into an evidence bundle, gathered in one look that changes nothing."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from controller.cli.audit_text import examination_document
from controller.cli.config_text import config_document
from controller.cli.diagnostics import as_document
from controller.cli.exits import CommandError, Exit
from controller.cli.gather import Gathered, broken_fleets, gather
from controller.cli.items import items_of
from controller.cli.specs import load_specs, read_specs
from controller.cli.tables import listing
from controller.engine.clock import WallClock
from controller.engine.trail_reading import examine
from controller.formats.bundle import bundle_files, write_directory, write_zip
from controller.formats.fleet_document import condition_entry
from controller.formats.observation import observation_document
from controller.formats.plan_document import plan_document
from controller.formats.text import time_text
from controller.sources.directory import read_sources
from controller.spec.nodes import plain
from controller.spec.secrets import MASK
from controller.spec.syntax import compose

if TYPE_CHECKING:
    from pathlib import Path

    import click

    from controller.cli.options import Show, Source
    from controller.cli.specs import Loaded
    from providers.base import Document, Json

FORMAT_VERSION = "1.0"
_PACKAGES = (
    "evenkeel",
    "aiohttp",
    "azure-core",
    "azure-identity",
    "azure-mgmt-compute",
    "click",
    "cryptography",
    "msgspec",
    "pydantic",
    "pyyaml",
    "rich",
    "structlog",
    "tenacity",
    "watchfiles",
)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. ``trail`` None: there is no audit trail to examine."""

    paths: tuple[str, ...]
    out: Path
    trail: Path | None
    source: Source
    show: Show


def write_evidence(request: Request, context: click.Context) -> int:
    """Write the bundle, say where, and return the exit code of the look."""
    zipped = request.out.suffix == ".zip"
    if not zipped and request.out.is_dir() and any(request.out.iterdir()):
        raise CommandError(
            f"{request.out} is not empty; nothing was written", hint="name another directory"
        )
    specs = read_specs(request.paths)
    gathered = _look(request, specs)
    about: Document = {
        "formatVersion": FORMAT_VERSION,
        "observedAt": time_text(gathered.now),
        "source": request.source.sentence,
        "paths": list(request.paths),
        "complete": not gathered.unseen and not specs.has_errors,
    }
    files = bundle_files(_documents(request, context, gathered, specs), about)
    try:
        (write_zip if zipped else write_directory)(request.out, files)
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise CommandError(f"the bundle cannot be written to {request.out}: {reason}") from error
    request.show.say(f"evenkeel: evidence of {len(files)} files written to {request.out}")
    return gathered.code


def _look(request: Request, specs: Loaded) -> Gathered:
    """Look at the fleets; without any valid spec there is nobody to look at, and the bundle says why."""
    if specs.fleets:
        return gather(request.paths, request.source, request.show)
    load_specs(request.paths, request.show)
    now = WallClock().now
    return Gathered((), tuple(broken_fleets(specs.broken, now)), now, Exit.ERROR)


def _documents(
    request: Request, context: click.Context, gathered: Gathered, specs: Loaded
) -> dict[str, Document]:
    sights = gathered.sights
    seen = {one.plan.fleet: one.sighting.observed for one in sights}
    return {
        "specs": _specs(request.paths),
        "diagnostics": {"diagnostics": [as_document(one) for one in specs.diagnostics]},
        "observation": observation_document(
            gathered.now, seen, specs=[one.sighting.fleet for one in sights]
        ),
        "locks": {name: _locks(name, gathered) for name in seen},
        "plan": plan_document([one.plan for one in sights], {}),
        "conditions": _conditions(gathered),
        "fleets": listing(items_of("fleets", sights, gathered.unseen)),
        "instances": listing(items_of("instances", sights)),
        "events": listing(items_of("events", sights)),
        "versions": _versions(),
        "config": config_document(context),
        "audit": _audit(request.trail),
    }


def _specs(paths: tuple[str, ...]) -> Document:
    """The specs as values, by file. What is no YAML has its place in the diagnostics only."""
    found: dict[str, Json] = {}
    for source in read_sources(paths).files:
        composed = compose(source.content.decode("utf-8", errors="replace"))
        found[source.path] = [
            _without_settings(plain(one.root))
            for one in composed.documents
            if one.root is not None and one.whole
        ]
    return found


def _without_settings(value: Json, key: str = "") -> Json:
    """Without settings of extensions, which are scripts with anything in them."""
    if isinstance(value, dict):
        return {
            name: MASK
            if key == "extensions" and name == "settings"
            else _without_settings(part, name)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_without_settings(part, key) for part in value]
    return value


def _locks(name: str, gathered: Gathered) -> Json:
    """All locks over a fleet; None: they could not be read."""
    observed = next(o.sighting.observed for o in gathered.sights if o.plan.fleet == name)
    if observed.locks is None:
        return None
    return [{"level": str(one.level), "scope": one.scope} for one in observed.locks]


def _conditions(gathered: Gathered) -> Document:
    """By fleet, as this one look has them; the daemon knows since when."""
    seen: dict[str, Json] = {
        one.plan.fleet: {
            "specDigest": one.sighting.fleet.spec_digest,
            "conditions": [condition_entry(each) for each in one.conditions],
        }
        for one in gathered.sights
    }
    unseen: dict[str, Json] = {
        one.name: {"conditions": [condition_entry(each) for each in one.conditions]}
        for one in gathered.unseen
    }
    return {**seen, **unseen}


def _versions() -> Document:
    packages: dict[str, Json] = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = None
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "platform": platform.platform(),
        "packages": packages,
    }


def _audit(trail: Path | None) -> Document:
    """Whether the trail is whole, and its anchor, to be kept where nobody can change both."""
    if trail is None:
        return {"trail": None}
    try:
        found = examine(trail, archived=True)
    except OSError as error:
        return {"trail": str(trail), "error": error.strerror or "it cannot be read"}
    return {"trail": str(trail), **examination_document(found)}
