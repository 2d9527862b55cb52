"""Rules about a fleet as a whole: what it needs, its names, tags and annotations."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.diagnostics import Severity
from controller.spec.model.fleet import APPROVE
from controller.spec.rules.view import SPEC, Finding, pools_of, repeated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.model.control import Suspension
    from controller.spec.model.fleet import FleetDocument, Spec
    from controller.spec.nodes import Path

_OWN_PREFIX = "evenkeel-"
_AZURE_PREFIXES = ("azure", "microsoft", "windows")
_TAG_BANNED = re.compile(r"[<>%&\\?/]")
_NOTHING_TO_SUSPEND = frozenset({"drift", "repair", "rebalance"})
"""Processes that change nothing in this version, whether they sleep or not."""
MAX_TAGS = 40
"""Azure allows 50 tags on a resource; the controller keeps ten for its own."""
MAX_MEMBERS = 1_000
MAX_MEMBERS_MANAGED_IMAGE = 600
_FOREIGN = (
    ("aks-managed-", "", "Azure Kubernetes Service"),
    ("resourcetype", "service fabric", "Service Fabric"),
)
"""Marks of owners that manage their VMs themselves: how a tag's name begins, its value, the owner."""


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what is wrong with the fleet as a whole."""
    spec = document.spec
    yield from _pools_or_not(spec)
    yield from _duplicates(spec)
    yield from _annotations(document)
    yield from _tags(spec)
    yield from _too_many(document)
    yield from _contradictions(spec)
    yield from _without_effect(spec)


def _pools_or_not(spec: Spec) -> Iterator[Finding]:
    own = {
        "replicas": spec.replicas,
        "sizes": spec.sizes,
        "spot": spec.spot,
        "template": spec.template,
        "sizeAllocation": spec.size_allocation,
    }
    if spec.pools is not None:
        given = [name for name, value in own.items() if value is not None]
        if given:
            shown = ", ".join(f"`{name}`" for name in given)
            yield Finding(
                Code.FIELDS_EXCLUDE,
                (*SPEC, "pools"),
                f"`pools` excludes {shown} beside it",
                "move them into each pool, or remove `pools`",
                at_key=True,
                also=tuple((*SPEC, name) for name in given),
            )
        return
    for name in ("replicas", "sizes", "template"):
        if own[name] is None:
            yield Finding(
                Code.MISSING_FIELD,
                (*SPEC, name),
                f"`{name}` is missing in `spec`",
                f"add `{name}:`, or describe the fleet by `pools`",
                also=((*SPEC, "pools"),),
            )


def _duplicates(spec: Spec) -> Iterator[Finding]:
    lists: dict[Path, tuple[str, ...]] = {
        (*SPEC, "adopt"): spec.adopt,
        (*SPEC, "scaleIn", "remove"): spec.scale_in.remove,
        (*SPEC, "requiredTags"): spec.required_tags,
        (*SPEC, "pools"): tuple(pool.name for pool in spec.pools or ()),
        (*SPEC, "protection", "instances"): tuple(
            entry.name for entry in spec.protection.instances
        ),
        (*SPEC, "limits", "overrides"): tuple(entry.guard for entry in spec.limits.overrides),
        (*SPEC, "suspend"): tuple(entry.process for entry in _suspensions(spec)),
    }
    field = {"pools": "name", "instances": "name", "overrides": "guard", "suspend": "process"}
    for path, values in lists.items():
        for index, value in repeated(values):
            below = (field[str(path[-1])],) if path[-1] in field else ()
            yield Finding(
                Code.DUPLICATE_ENTRY,
                (*path, index, *below),
                f"`{value}` stands twice in `{path[-1]}`",
                "keep one of the two",
            )


def _annotations(document: FleetDocument) -> Iterator[Finding]:
    for name, value in document.metadata.annotations.items():
        path: Path = ("metadata", "annotations", name)
        if name == APPROVE and not value.strip():
            yield Finding(
                Code.ANNOTATION,
                path,
                f"`{APPROVE}` holds no token",
                "copy the token from the plan, or remove the annotation",
            )
        elif name.startswith("evenkeel/") and name != APPROVE:
            near = get_close_matches(name, [APPROVE], n=1)
            yield Finding(
                Code.ANNOTATION,
                path,
                f"there is no annotation `{name}`",
                f"did you mean `{APPROVE}`?" if near else f"the only one is `{APPROVE}`",
                at_key=True,
            )


def _tags(spec: Spec) -> Iterator[Finding]:
    path: Path = (*SPEC, "tags")
    present = {name.lower() for name in spec.tags}
    for index, name in enumerate(spec.required_tags):
        if name.lower() not in present:
            yield Finding(
                Code.TAG_REQUIRED,
                (*SPEC, "requiredTags", index),
                f"the required tag `{name}` is not among `tags`",
                f"add `{name}:` to `spec.tags`",
                also=(path,),
            )
    if len(spec.tags) > MAX_TAGS:
        yield Finding(
            Code.TAG_REFUSED,
            path,
            f"{len(spec.tags)} tags; at most {MAX_TAGS} fit next to the controller's own",
            "Azure allows 50 tags on a resource",
        )
    for index, twice in repeated(spec.tags):
        yield Finding(
            Code.TAG_REFUSED,
            (*path, list(spec.tags)[index]),
            f"tag `{twice}` stands twice; Azure ignores case in tag names",
            "keep one of the two",
            at_key=True,
        )
    for name, value in spec.tags.items():
        yield from _tag(name, value)


def _tag(name: str, value: str) -> Iterator[Finding]:
    path: Path = (*SPEC, "tags", name)
    lower = name.lower()
    owner = next(
        (
            who
            for prefix, marked, who in _FOREIGN
            if lower.startswith(prefix) and marked in {"", value.lower()}
        ),
        None,
    )
    if owner is not None:
        yield Finding(
            Code.FOREIGN_OWNER,
            path,
            f"the tag `{name}` belongs to {owner}, which manages its VMs itself",
            "remove the tag; let the controller keep a scale set of its own",
            at_key=True,
        )
    reason = _tag_refusal(lower, name, value)
    if reason:
        yield Finding(
            Code.TAG_REFUSED,
            path,
            f"tag `{name}`: {reason}",
            "choose another name or a shorter value",
            at_key=True,
        )


def _tag_refusal(lower: str, name: str, value: str) -> str:
    if lower.startswith(_OWN_PREFIX):
        return f"names that begin with `{_OWN_PREFIX}` are the controller's own"
    if lower.startswith(_AZURE_PREFIXES):
        return "Azure keeps names that begin with `azure`, `microsoft` or `windows` for itself"
    if not name or len(name) > 512 or _TAG_BANNED.search(name):
        return "Azure takes names of 1 to 512 characters without `<>%&\\?/`"
    if len(value) > 256:
        return "Azure takes values of at most 256 characters"
    return ""


def _too_many(document: FleetDocument) -> Iterator[Finding]:
    pools = pools_of(document)
    total = sum(pool.replicas for pool in pools)
    managed = any(
        pool.template is not None and is_managed_image(pool.template.image.id) for pool in pools
    )
    limit = MAX_MEMBERS_MANAGED_IMAGE if managed else MAX_MEMBERS
    if total <= limit:
        return
    remedy = (
        "put the image into a compute gallery: then 1,000 are possible"
        if managed and total <= MAX_MEMBERS
        else "split the fleet into several scale sets"
    )
    what = " made from a managed image" if managed else ""
    largest = max(pools, key=lambda pool: pool.replicas)
    yield Finding(
        Code.TOO_MANY_REPLICAS,
        largest.at("replicas"),
        f"{total:,} replicas; a Flexible scale set{what} holds at most {limit:,} instances",
        remedy,
    )


def is_managed_image(image_id: str | None) -> bool:
    """Whether an image's ARM id names a managed image and not one in a compute gallery."""
    return image_id is not None and "/galleries/" not in image_id.lower()


def _contradictions(spec: Spec) -> Iterator[Finding]:
    held = {entry.name.lower() for entry in spec.protection.instances}
    for index, name in enumerate(spec.scale_in.remove):
        if name.lower() in held:
            yield Finding(
                Code.CONTRADICTORY_NAMES,
                (*SPEC, "scaleIn", "remove", index),
                f"`{name}` is to go first, and `protection` says that it must stay",
                "take it out of one of the two lists",
            )


def _suspensions(spec: Spec) -> tuple[Suspension, ...]:
    return () if isinstance(spec.suspend, bool) else spec.suspend


def _without_effect(spec: Spec) -> Iterator[Finding]:
    if spec.protection.manage_locks:
        remedy = "set the lock yourself; the protection in this spec holds in any case"
        yield _idle((*SPEC, "protection", "manageLocks"), "`manageLocks` has no effect yet", remedy)
    for index, entry in enumerate(_suspensions(spec)):
        if entry.process in _NOTHING_TO_SUSPEND:
            words = f"suspending `{entry.process}` has no effect yet"
            remedy = "keep it if it is meant for a later version; nothing does it in this one"
            yield _idle((*SPEC, "suspend", index, "process"), words, remedy)


def _idle(path: Path, words: str, remedy: str) -> Finding:
    return Finding(
        Code.NO_EFFECT_YET,
        path,
        f"{words}: nothing acts upon it",
        remedy,
        severity=Severity.WARNING,
    )
