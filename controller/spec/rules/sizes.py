"""Rules about VM sizes: names, families, and what the template needs of a size."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.diagnostics import Severity
from controller.spec.nodes import dotted
from controller.spec.rules.view import Finding, PoolView, pools_of, repeated
from providers.sizes import bundled_sizes, parse_size, size_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.model.capacity import Size
    from controller.spec.model.fleet import FleetDocument
    from controller.spec.model.template import Template
    from controller.spec.nodes import Path
    from providers.base import SizeFacts

REFUSED_SERIES = frozenset("GHLMN")
"""Series without memory-preserving maintenance, which Flexible orchestration does not take."""
ACCEPTED = "A, B, D, E and F"
MAX_SUGGESTED = 3
"""Of so many malformed names of one document the nearest good one is sought: each search takes 3 ms of CPU."""


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what is wrong with the sizes of each pool."""
    malformed = 0
    for pool in pools_of(document):
        sound: list[SizeFacts] = []
        for index, size in enumerate(pool.sizes):
            facts = size_facts(size.name)
            finding = _name(pool, index, size, facts, suggest=malformed < MAX_SUGGESTED)
            if finding is not None:
                malformed += finding.code is Code.SIZE_MALFORMED
                yield finding
            elif facts is not None:
                sound.append(facts)
                yield from _features(pool, index, facts)
        yield from _together(pool, sound)


def _name(
    pool: PoolView, index: int, size: Size, facts: SizeFacts | None, *, suggest: bool
) -> Finding | None:
    path = pool.at("sizes", index, "name")
    parsed = parse_size(size.name)
    if parsed is None:
        nearest = _nearest(size.name) if suggest else ""
        return Finding(
            Code.SIZE_MALFORMED,
            path,
            f"`{size.name}` is not a VM size",
            f"did you mean `{nearest}`?" if nearest else "a size is written like `Standard_D2s_v5`",
        )
    if parsed.series.upper() in REFUSED_SERIES:
        return Finding(
            Code.SPECIALTY_SIZE,
            path,
            f"Flexible orchestration does not take sizes of the {parsed.series.upper()} family",
            f"choose a size of the families {ACCEPTED}",
            ("G, H, L, M and N sizes have no memory-preserving maintenance.",),
        )
    if facts is None:
        return Finding(
            Code.SIZE_UNKNOWN,
            path,
            f"the bundled catalogue does not know `{size.name}`",
            "it is checked against the provider when there is one",
            severity=Severity.WARNING,
        )
    return None


def _nearest(name: str) -> str:
    known = (known.lower() for known in bundled_sizes())
    near = get_close_matches(
        name.lower(), known, n=1, cutoff=0.8
    )  # at 0.6 it costs three times as much
    facts = size_facts(near[0]) if near else None
    return facts.name if facts is not None else ""


def _features(pool: PoolView, index: int, facts: SizeFacts) -> Iterator[Finding]:
    path = pool.at("sizes", index, "name")
    if not facts.memory_preserving:
        yield Finding(
            Code.SPECIALTY_SIZE,
            path,
            f"{facts.name} has no memory-preserving maintenance, which Flexible orchestration needs",
            f"choose a size of the families {ACCEPTED}",
        )
    if pool.spot is not None and not facts.spot:
        yield Finding(
            Code.SIZE_NOT_SPOT,
            path,
            f"Azure does not offer {facts.name} as Spot",
            "take it out, or remove `spot`",
            also=(pool.at("spot"),),
        )
    if pool.template is None:
        return
    for lacking, needed in _needs(pool.template, facts):
        yield Finding(
            Code.SIZE_LACKS_FEATURE,
            path,
            f"{facts.name} has no {lacking}, which `{dotted(needed)}` asks for",
            "choose another size, or change the template",
            also=(pool.at("template", *needed),),
        )


def _needs(template: Template, facts: SizeFacts) -> Iterator[tuple[str, Path]]:
    """Name the first thing of each kind that the template asks for and the size lacks, with its path."""
    if not facts.accelerated_networking:
        asked: list[Path] = [("network",)] if template.network.accelerated_networking else []
        asked += [
            ("nics", index) for index, nic in enumerate(template.nics) if nic.accelerated_networking
        ]
        for place in asked[:1]:
            yield "accelerated networking", (*place, "acceleratedNetworking")
    if not facts.premium_storage:
        kinds: dict[Path, str | None] = {("osDisk",): template.os_disk.storage_account_type}
        kinds |= {
            ("dataDisks", index): disk.storage_account_type
            for index, disk in enumerate(template.data_disks)
        }
        premium = [place for place, kind in kinds.items() if (kind or "").startswith("Premium")]
        for place in premium[:1]:
            yield "premium storage", (*place, "storageAccountType")


def _together(pool: PoolView, sound: list[SizeFacts]) -> Iterator[Finding]:
    names = [size.name for size in pool.sizes]
    for index, name in repeated(names):
        yield Finding(
            Code.DUPLICATE_ENTRY,
            pool.at("sizes", index, "name"),
            f"`{name}` stands twice in `sizes`",
            "name each size once",
        )
    ranked = [size.rank is not None for size in pool.sizes]
    if any(ranked) and not all(ranked):
        yield Finding(
            Code.RANKS_MIXED,
            pool.at("sizes", ranked.index(False)),
            "some sizes carry a `rank` and this one does not",
            "give every size a rank, or none",
        )
    architectures = {facts.architecture for facts in sound}
    if len(architectures) > 1:
        odd = next(facts for facts in sound if facts.architecture != sound[0].architecture)
        index = [name.lower() for name in names].index(odd.name.lower())
        yield Finding(
            Code.SIZES_DIFFER,
            pool.at("sizes", index, "name"),
            f"{odd.name} is {odd.architecture}, and {sound[0].name} is {sound[0].architecture}: "
            "no image starts on both",
            "make two pools, each with an image of its architecture",
        )
