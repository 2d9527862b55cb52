"""A deployment and its operations, as ARM shows them; recorded in full for ``az vmss create``."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from providers.arm.messages import stamp
from providers.arm.network_documents import guid
from providers.arm.operations import RUNNING, SUCCEEDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from providers.arm.deployment_runs import Part, Run
    from providers.arm.emulator import Emulator
    from providers.arm.template_resources import Template, Wanted

KIND = "Microsoft.Resources/deployments"
_SECRET = {"securestring": "SecureString", "secureobject": "SecureObject"}


def shown_run(
    emulator: Emulator, run: Run, declared: Mapping[str, object], mode: str
) -> dict[str, object]:
    """The deployment with its state. ``declared`` are the template's parameters with their types."""
    last = run.ended or emulator.now
    properties: dict[str, object] = {
        "templateHash": _hash(run.template),
        "parameters": _parameters(run.template, declared),
        "mode": mode,
        "provisioningState": run.state,
        "timestamp": stamp(emulator.region.clock.at(last)).replace("+00:00", "Z"),
        "duration": f"PT{last - run.started:.7f}S",
        "correlationId": guid(run.operation),
        "providers": _providers(run.template.resources),
        "dependencies": _dependencies(run.template.resources),
    }
    if run.outputs:
        properties["outputs"] = dict(run.outputs)
    if run.error is not None:
        properties["error"] = dict(run.error)
    if run.state == SUCCEEDED:
        ids = sorted((part.wanted.id for part in run.parts), key=str.lower)
        properties["outputResources"] = [{"id": own} for own in ids]
    return {
        "id": run.id,
        "name": run.id.rpartition("/")[2],
        "type": KIND,
        "properties": properties,
    }


def shown_part(emulator: Emulator, run: Run, part: Part) -> dict[str, object]:
    """One operation of a deployment: what was done about one resource."""
    name = guid(f"{run.operation}:{part.wanted.id}").replace("-", "").upper()[:16]
    last = part.ended or emulator.now
    properties: dict[str, object] = {
        "provisioningOperation": "Create",
        "provisioningState": UNDER_WAY if part.state == RUNNING else part.state,
        "timestamp": stamp(emulator.region.clock.at(last)).replace("+00:00", "Z"),
        "duration": f"PT{last - part.started:.7f}S",
        "trackingId": guid(f"{run.operation}:{part.wanted.id}:tracking"),
        "statusCode": _STATUS.get(part.status, part.status),
        "targetResource": _target(part.wanted),
    }
    if part.error is not None:
        properties["statusMessage"] = {"error": dict(part.error)}
    return {"id": f"{run.id}/operations/{name}", "operationId": name, "properties": properties}


UNDER_WAY = "Running"
_STATUS = {"200": "OK", "201": "Created", "202": "Accepted", "400": "BadRequest", "409": "Conflict"}


def _target(wanted: Wanted) -> dict[str, object]:
    return {"id": wanted.id, "resourceType": wanted.kind, "resourceName": wanted.name}


def _hash(template: Template) -> str:
    seed = repr([(wanted.id, wanted.body) for wanted in template.resources])
    return str(int.from_bytes(blake2b(seed.encode(), digest_size=8).digest()))


def _parameters(template: Template, declared: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in template.scope.parameters.items():
        declaration = declared.get(name)
        kind = str(declaration.get("type", "String")) if isinstance(declaration, dict) else "String"
        spelled = _SECRET.get(kind.lower(), kind[:1].upper() + kind[1:])
        shown: dict[str, object] = {"type": spelled}
        if kind.lower() not in _SECRET:
            shown["value"] = value
        found[name] = shown
    return found


def _providers(resources: Iterable[Wanted]) -> list[dict[str, object]]:
    found: dict[str, dict[str, dict[str, None]]] = {}
    for wanted in resources:
        namespace, _, kind = wanted.kind.partition("/")
        found.setdefault(namespace, {}).setdefault(kind, {})[wanted.location] = None
    return [
        {
            "namespace": namespace,
            "resourceTypes": [
                {"resourceType": kind, "locations": list(locations)}
                for kind, locations in kinds.items()
            ],
        }
        for namespace, kinds in found.items()
    ]


def _dependencies(resources: tuple[Wanted, ...]) -> list[dict[str, object]]:
    by_id = {wanted.id: wanted for wanted in resources}
    return [
        {"dependsOn": [_target(by_id[own]) for own in wanted.depends_on], **_target(wanted)}
        for wanted in resources
        if wanted.depends_on
    ]
