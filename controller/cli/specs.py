"""Specs for a command: read, compiled, and their mistakes told on stderr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.cli.diagnostics import render_text
from controller.cli.exits import CommandError
from controller.sources.directory import read_beside, read_sources
from controller.spec.compile import compile_specs
from controller.spec.diagnostics import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.cli.options import Show
    from controller.spec.compile import BrokenSpec
    from controller.spec.diagnostics import Diagnostic
    from controller.spec.values import Fleet


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the named paths hold: valid fleets, broken specs, every mistake, how many files."""

    fleets: tuple[Fleet, ...]
    broken: tuple[BrokenSpec, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: int

    @property
    def has_errors(self) -> bool:
        """Whether something could not be read or is wrong."""
        return any(diagnostic.is_error for diagnostic in self.diagnostics)


def read_specs(paths: Sequence[str]) -> Loaded:
    """Read and compile what the paths hold. Never raises for anything found there."""
    # Also what could be read of an incomplete set is compiled, to tell all mistakes in one run.
    sources = read_sources(paths)
    compiled = compile_specs(sources.files, read_beside)
    return Loaded(
        fleets=compiled.fleets,
        broken=compiled.broken,
        diagnostics=in_order([*sources.diagnostics, *compiled.diagnostics]),
        files=len(sources.files),
    )


def load_specs(paths: Sequence[str], show: Show) -> Loaded:
    """Read specs for a command that goes on with the valid ones; mistakes are told on stderr."""
    specs = read_specs(paths)
    if specs.diagnostics:
        show.say(render_text(specs.diagnostics, color=show.err.colour))
    if specs.broken:
        show.say(f"evenkeel: {_frozen(len(specs.broken))}; the other fleets go on")
    return specs


def choose(specs: Loaded, names: Sequence[str]) -> tuple[Fleet, ...]:
    """The fleets of these names, or all without names. Raises ``CommandError`` for one that is absent."""
    if not specs.fleets and not names:
        raise CommandError("there is no valid spec", hint="mend what is told above")
    known = {fleet.name: fleet for fleet in specs.fleets}
    for name in names:
        if name not in known:
            raise CommandError(_absent(name, specs), hint=_present(specs))
    return tuple(known[name] for name in dict.fromkeys(names)) if names else specs.fleets


def _frozen(count: int) -> str:
    if count == 1:
        return "1 spec is broken: its fleet stays as it is"
    return f"{count} specs are broken: their fleets stay as they are"


def _absent(name: str, specs: Loaded) -> str:
    for one in specs.broken:
        if one.name == name:
            return f"the spec of fleet {name} is broken ({one.file}:{one.line})"
    return f"there is no fleet {name} in the specs"


def _present(specs: Loaded) -> str:
    names = ", ".join(fleet.name for fleet in specs.fleets)
    if names:
        return f"fleets there are: {names}"
    return "name the directory of your specs with --specs PATH or EVENKEEL_SPECS"
