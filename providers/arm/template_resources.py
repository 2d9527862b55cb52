"""A template as the resources that it wants: copies made, children named, order known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from providers.arm.template_functions import (
    UNKNOWN,
    Scope,
    invalid_template,
    resolved,
    resource_id,
)
from providers.simulated.documents import mapping_in, mappings_in

if TYPE_CHECKING:
    from collections.abc import Iterator

# Azure: a template has at most 800 resources, copies counted.
_MOST = 800
_BODY = ("location", "tags", "sku", "zones", "identity", "plan", "kind", "properties")
_NOT_SERVED = "Microsoft.Resources/deployments"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One resource to put. ``body`` still has its expressions; ``scope`` is what they see.

    ``loops`` are the names of the copy loops that it came from, ``depends_on`` the ids of resources of the
    same template that must be there first.
    """

    id: str
    kind: str
    name: str
    api_version: str
    body: Mapping[str, object]
    scope: Scope
    location: str
    loops: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, object]:
        """The body to send. Raises ``Refusal`` (400) for an expression that cannot be evaluated."""
        found = resolved({name: self.body[name] for name in _BODY if name in self.body}, self.scope)
        return dict(found) if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Template:
    """A template with its parameters filled in."""

    resources: tuple[Wanted, ...]
    outputs: Mapping[str, object]
    scope: Scope


def understood(
    template: Mapping[str, object], given: Mapping[str, object], scope: Scope
) -> Template:
    """Make out what a template wants, and check that all its expressions can be evaluated.

    Raises ``Refusal`` (400): InvalidTemplate.
    """
    scope = replace(scope, parameters=_parameters(template, given, scope))
    scope = replace(scope, variables=_variables(template, scope))
    found = list(_expanded(mappings_in(template, "resources"), scope, parent=None))
    if len(found) > _MOST:
        raise invalid_template(f"The template has {len(found)} resources, the limit is {_MOST}.")
    resources = tuple(replace(wanted, depends_on=_needed(wanted, found)) for wanted in found)
    _check_ids(resources)
    _check_order(resources)
    for wanted in resources:
        _ = wanted.document
    return Template(resources, mapping_in(template, "outputs"), scope)


def _parameters(
    template: Mapping[str, object], given: Mapping[str, object], scope: Scope
) -> dict[str, object]:
    declared = mapping_in(template, "parameters")
    known = {name.lower(): name for name in declared}
    found: dict[str, object] = {}
    for name, value in given.items():
        if name.lower() not in known:
            allowed = ", ".join(declared) or "none"
            raise invalid_template(
                f"The following parameters were supplied, but do not correspond to any parameters defined in "
                f"the template: '{name}'. The parameters defined in the template are: '{allowed}'"
            )
        found[known[name.lower()]] = value.get("value") if isinstance(value, Mapping) else value
    for name, declaration in declared.items():
        if name in found:
            continue
        if not isinstance(declaration, Mapping) or "defaultValue" not in declaration:
            raise invalid_template(f"The value for the template parameter '{name}' is not provided")
        found[name] = resolved(declaration["defaultValue"], scope)
    return found


def _variables(template: Mapping[str, object], scope: Scope) -> dict[str, object]:
    # A variable may use those before and behind it, so the open ones are tried until none is left.
    waiting = dict(mapping_in(template, "variables"))
    found: dict[str, object] = {}
    while waiting:
        ready = [name for name, value in waiting.items() if not _uses(value, waiting)]
        if not ready:
            raise invalid_template(f"The template variables {sorted(waiting)} need each other")
        for name in ready:
            found[name] = resolved(waiting.pop(name), replace(scope, variables=found))
    return found


def _uses(value: object, names: Mapping[str, object]) -> bool:
    if isinstance(value, Mapping):
        return any(_uses(inner, names) for inner in value.values())
    if isinstance(value, list):
        return any(_uses(inner, names) for inner in value)
    if not isinstance(value, str) or not value.startswith("["):
        return False
    text = value.lower().replace(" ", "")
    return any(f"variables('{name.lower()}')" in text for name in names)


def _expanded(
    entries: list[Mapping[str, object]], scope: Scope, *, parent: Wanted | None
) -> Iterator[Wanted]:
    for entry in entries:
        loop = mapping_in(entry, "copy")
        if not loop:
            yield from _one(entry, scope, parent, loops=())
            continue
        count = resolved(loop.get("count"), scope)
        name = str(loop.get("name", ""))
        if not isinstance(count, int) or not 0 <= count <= _MOST:
            raise invalid_template(f"The copy count of '{name}' is not a number from 0 to {_MOST}")
        for number in range(count):
            loops = {**scope.loops, "": number, name.lower(): number}
            yield from _one(entry, replace(scope, loops=loops), parent, loops=(name,))


def _one(
    entry: Mapping[str, object], scope: Scope, parent: Wanted | None, *, loops: tuple[str, ...]
) -> Iterator[Wanted]:
    if resolved(entry.get("condition", True), scope) in {False, "false", "False"}:
        return
    kind, name = (str(resolved(entry.get(word, ""), scope)) for word in ("type", "name"))
    # Recorded: a child may also give its whole type and name.
    whole = parent is not None and kind.lower().startswith(f"{parent.kind}/".lower())
    if parent is not None and not whole:
        kind, name = f"{parent.kind}/{kind}", f"{parent.name}/{name}"
    version = str(resolved(entry.get("apiVersion", ""), scope))
    if not version:
        raise invalid_template(f"The template resource '{name}' has no apiVersion")
    if kind.lower() == _NOT_SERVED.lower():
        raise invalid_template(
            f"The resource '{name}' is a deployment inside a deployment, which is not served here; put its "
            "resources into the template itself"
        )
    depends = [str(resolved(word, scope)) for word in _texts(entry.get("dependsOn"))]
    location = resolved(entry.get("location", scope.location), scope)
    wanted = Wanted(
        id=resource_id(scope.group_scope, kind, name),
        kind=kind,
        name=name,
        api_version=version,
        body=entry,
        scope=scope,
        location=str(location),
        loops=loops if parent is None else (*parent.loops, *loops),
        asked=(*depends, parent.id) if parent is not None else tuple(depends),
    )
    yield wanted
    yield from _expanded(mappings_in(entry, "resources"), scope, parent=wanted)


def _texts(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _needed(wanted: Wanted, among: list[Wanted]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for asked in wanted.asked:
        met = [other.id for other in among if is_meant(asked, other)]
        if not met and not asked.lower().startswith("/subscriptions/"):
            raise invalid_template(f"The resource '{asked}' is not defined in the template")
        found |= dict.fromkeys(met)
    return tuple(found)


def is_meant(asked: str, wanted: Wanted) -> bool:
    """Whether a word of ``dependsOn`` or ``reference`` means a resource: by id, type and name, or loop."""
    word = asked.lower().strip("/")
    by_kind = f"{wanted.kind}/{wanted.name}".lower()
    spelled = wanted.id.partition("/providers/")[2].lower()
    names = {wanted.id.lower().strip("/"), by_kind, spelled, wanted.name.lower()}
    return word in names or word in {loop.lower() for loop in wanted.loops}


def _check_ids(resources: tuple[Wanted, ...]) -> None:
    seen: set[str] = set()
    for wanted in resources:
        if wanted.id.lower() in seen:
            raise invalid_template(
                f"The resource '{wanted.id}' is defined multiple times in a template"
            )
        seen.add(wanted.id.lower())


def _check_order(resources: tuple[Wanted, ...]) -> None:
    waiting = {wanted.id: set(wanted.depends_on) - {wanted.id} for wanted in resources}
    while waiting:
        ready = [own for own, needed in waiting.items() if not needed & waiting.keys()]
        if not ready:
            raise invalid_template(
                f"Circular dependency detected on resource: '{next(iter(waiting))}'"
            )
        for own in ready:
            del waiting[own]


def outputs_of(template: Template, scope: Scope) -> dict[str, object]:
    """The outputs, evaluated. Names are shown as Azure's own serializer writes them: ``VMSS`` as ``vmss``."""
    found: dict[str, object] = {}
    for name, declaration in template.outputs.items():
        if not isinstance(declaration, Mapping):
            continue
        value = resolved(declaration.get("value"), scope)
        kind = str(declaration.get("type", "Object")).capitalize()
        found[_camel(name)] = {"type": kind, "value": None if value is UNKNOWN else value}
    return found


def _camel(name: str) -> str:
    capitals = next((at for at, letter in enumerate(name) if not letter.isupper()), len(name))
    lower = capitals if capitals in {1, len(name)} else max(1, capitals - 1)
    return name[:lower].lower() + name[lower:] if capitals else name
