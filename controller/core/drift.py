"""How a member differs from the template it should have, field by field.

Only fields that the template sets are compared: what the platform adds or fills in is never drift, and
neither is what Azure does not give back (custom data, user data, secrets). ARM ids and enumerations
compare without regard to case. A member without a fingerprint and without a document counts as current.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from controller.core.steps import FieldDrift, MemberDrift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.core.observed import Member
    from controller.core.scene import Scene
    from controller.spec.values import Pool
    from providers.base import Json

WRITE_ONLY = frozenset(
    {
        "adminPassword",
        "customData",
        "userData",
        "secrets",
        "protectedSettings",
        "computerName",
        "extensions",
        "networkInterfaceConfigurations",
        "networkApiVersion",
    }
)
"""Fields that Azure takes and does not show on the VM afterwards, or shows in another form."""


def find_drift(scene: Scene) -> tuple[MemberDrift, ...]:
    """Every member that differs from its pool's template, in the order of names."""
    found: list[MemberDrift] = []
    # A provider may share one document between members that are alike; each is compared once.
    compared: dict[tuple[int, int], tuple[FieldDrift, ...]] = {}
    for member in scene.buckets.staying:
        pool = scene.pools[member.name]
        fields = (*_size(pool, member), *_model(pool, member, compared))
        older = member.fingerprint not in {None, pool.template.fingerprint}
        if older or fields:
            found.append(MemberDrift(member.name, member.fingerprint or "", fields))
    return tuple(found)


def _size(pool: Pool, member: Member) -> Iterator[FieldDrift]:
    sizes = [choice.name for choice in pool.sizes]
    if member.instance.size.lower() not in {size.lower() for size in sizes}:
        wanted = " or ".join(sizes)
        yield FieldDrift("hardwareProfile.vmSize", wanted, member.instance.size)


def _model(
    pool: Pool, member: Member, compared: dict[tuple[int, int], tuple[FieldDrift, ...]]
) -> tuple[FieldDrift, ...]:
    document = member.instance.document
    if document is None:
        return ()
    key = id(pool), id(document)
    if key not in compared:
        compared[key] = tuple(_compare("", pool.template.document, document))
    return compared[key]


def _compare(path: str, wanted: Json, found: Json) -> Iterator[FieldDrift]:
    if isinstance(wanted, Mapping):
        theirs = found if isinstance(found, Mapping) else {}
        for key in sorted(wanted):
            if key not in WRITE_ONLY:
                yield from _compare(f"{path}.{key}".lstrip("."), wanted[key], theirs.get(key))
    elif isinstance(wanted, Sequence) and not isinstance(wanted, str):
        yield from _compare_rows(path, wanted, found)
    elif found is not None and not _same(wanted, found):
        yield FieldDrift(path, str(wanted), str(found))


def _compare_rows(path: str, wanted: Sequence[Json], found: Json) -> Iterator[FieldDrift]:
    """Rows are matched by ``name``, ``lun`` or ``id`` where they have one, by position otherwise."""
    theirs = list(found) if isinstance(found, Sequence) and not isinstance(found, str) else []
    if theirs and len(theirs) < len(wanted):
        yield FieldDrift(path, f"{len(wanted)} entries", f"{len(theirs)} entries")
    for index, row in enumerate(wanted):
        key = _row_key(row)
        if key is None:
            match: Json = theirs[index] if index < len(theirs) else None
            yield from _compare(f"{path}[{index}]", row, match)
        else:
            match = next((one for one in theirs if _row_key(one) == key), None)
            yield from _compare(f"{path}[{key[1]}]", row, match)


def _row_key(row: Json) -> tuple[str, str] | None:
    if isinstance(row, Mapping):
        for name in ("name", "lun", "id"):
            if name in row and "{" not in str(row[name]):
                return name, str(row[name]).lower()
    return None


def _same(wanted: Json, found: Json) -> bool:
    if isinstance(wanted, str) and "{" in wanted:
        return True
    return str(wanted).strip().lower() == str(found).strip().lower()
