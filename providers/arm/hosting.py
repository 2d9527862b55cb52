"""The region behind an emulator: opened from its file, or made anew, and saved as it changes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from providers.simulated.region import SimulatedRegion
from providers.simulated.state import RegionFileError, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from providers.simulated.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Hosting:
    """What a region is made from if there is none yet.

    ``state`` None: the region lives in memory alone. ``start`` is where a new region's clock stands.
    ``strict``: only what was made exists; it can be switched on later, too.
    """

    start: datetime
    state: Path | None = None
    scenario: Scenario | None = None
    seed: int = 0
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Hosted:
    """A region, and what saves it (None: nothing does)."""

    region: SimulatedRegion
    save: Callable[[], None] | None


@contextmanager
def hosted(hosting: Hosting) -> Iterator[Hosted]:
    """Hold a region for as long as the block lasts; its file is saved at the end.

    Raises ``RegionFileError`` if the file is in use, is not understood, or began under another scenario.
    """
    if hosting.state is None:
        yield Hosted(_strict(_fresh(hosting), hosting), None)
        return
    with opened(hosting.state) as file:
        region = file.load()
        if region is None:
            region = _fresh(hosting)
        elif hosting.scenario is not None and not _same(region.scenario, hosting.scenario):
            raise RegionFileError(
                "the region in this file began under another scenario",
                hosting.state,
                "choose another file with --state, or remove this one to begin anew",
            )
        save = partial(file.save, _strict(region, hosting))
        try:
            yield Hosted(region, save)
        finally:
            save()


def _fresh(hosting: Hosting) -> SimulatedRegion:
    return SimulatedRegion.fresh(hosting.start, seed=hosting.seed, scenario=hosting.scenario)


def _strict(region: SimulatedRegion, hosting: Hosting) -> SimulatedRegion:
    if hosting.strict:
        region.use(replace(region.scenario, strict=True))
    return region


def _same(one: Scenario, other: Scenario) -> bool:
    return replace(one, strict=other.strict) == other
