"""Microsoft.Resources/deployments: templates, which is how Azure's command line makes VMs and scale sets."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from providers.arm.deployment_runs import ENDED, Part, Run
from providers.arm.deployment_views import KIND, shown_part, shown_run
from providers.arm.errors import Refusal
from providers.arm.messages import Reply
from providers.arm.operations import CANCELED
from providers.arm.paging import paged
from providers.arm.places import check_group, check_writable, ref_in
from providers.arm.preflight import check_preflight
from providers.arm.routes import Route
from providers.arm.template_functions import UNKNOWN, Scope
from providers.arm.template_resources import Template, understood
from providers.simulated import locks
from providers.simulated.documents import mapping_in

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

# The wait between polls; most resources of a template are there in less.
_POLL_SECONDS = 5.0


def put(emulator: Emulator, request: Request) -> Reply:
    """Start a deployment (201; 200 if there was one of this name).

    Raises ``Refusal`` (400) if the template is not understood, or if Compute says beforehand that it will
    refuse part of it.
    """
    template, parameters, mode = _read(emulator, request)
    own = _id(request)
    locks.check_write(emulator.world.locks(), own)
    check_writable(emulator, request, emulator.settings.location)
    check_preflight(emulator, template)
    before = _note(emulator, own)
    run = _begun(emulator, request, template)
    emulator.runs.begin(run)
    _keep(emulator, run, parameters, mode)
    headers = {
        "Azure-AsyncOperation": f"{request.origin}{own}/operationStatuses/{run.operation}"
        f"?api-version={request.api_version}",
        "Retry-After": emulator.wait(_POLL_SECONDS),
    }
    return Reply(200 if before is not None else 201, _shown(emulator, own), headers)


def validate(emulator: Emulator, request: Request) -> Reply:
    """Say what a template would do (200), or why it would be refused (400)."""
    template, parameters, mode = _read(emulator, request)
    check_preflight(emulator, template)
    run = replace(_begun(emulator, request, template), state="Succeeded")
    body = shown_run(emulator, run, parameters, mode)
    properties = body["properties"]
    if isinstance(properties, dict):
        properties["validatedResources"] = properties.pop("outputResources")
    return Reply(200, body)


def get(emulator: Emulator, request: Request) -> Reply:
    """Show a deployment with its state and, at the end, its outputs."""
    return Reply(200, _existing(emulator, request))


def head(emulator: Emulator, request: Request) -> Reply:
    """Say whether there is a deployment of this name: 204 or 404, without a body."""
    check_group(emulator, request)
    return Reply(404 if _note(emulator, _id(request)) is None else 204)


def list_all(emulator: Emulator, request: Request) -> Reply:
    """List the deployments of a group."""
    scope = f"{check_group(emulator, request)}/providers/{KIND}/"
    found = [key for key in emulator.world.documents if key.startswith(scope.lower())]
    return paged(emulator, request, found, partial(_shown, emulator))


def delete(emulator: Emulator, request: Request) -> Reply:
    """Forget a deployment (204); its resources stay. 409 while it is under way."""
    own = _id(request)
    run = emulator.runs.get(own)
    if run is not None and run.state not in ENDED:
        text = f"The deployment '{request.params['name']}' is under way and cannot be deleted."
        raise Refusal(409, "DeploymentBeingActive", text, gateway=True)
    emulator.runs.drop(own)
    emulator.shelf.drop(own)
    return Reply(204)


def cancel(emulator: Emulator, request: Request) -> Reply:
    """End a deployment (204); what it has begun goes on. 409 if it has ended."""
    _existing(emulator, request)
    run = emulator.runs.get(_id(request))
    if run is None or run.state in ENDED:
        text = f"Unable to cancel inactive deployment '{request.params['name']}'."
        raise Refusal(409, "DeploymentCannotBeCancelled", text, gateway=True)
    run.canceled = True
    emulator.runs.settle()
    return Reply(204)


def operations(emulator: Emulator, request: Request) -> Reply:
    """List what was done about each resource of a deployment."""
    _existing(emulator, request)
    run = emulator.runs.get(_id(request))
    parts = [part for part in run.parts if part.state] if run is not None else []
    rows = [shown_part(emulator, run, part) for part in parts] if run is not None else []
    return Reply(200, {"value": rows})


def status(emulator: Emulator, request: Request) -> Reply:
    """Say how far a deployment is: Accepted, Running, Succeeded, Failed with its error, or Canceled."""
    properties = mapping_in(_existing(emulator, request), "properties")
    state = str(properties["provisioningState"])
    body: dict[str, object] = {"status": state}
    if "error" in properties:
        body["error"] = properties["error"]
    headers = {} if state in ENDED else {"Retry-After": emulator.wait(_POLL_SECONDS)}
    return Reply(200, body, headers)


def _read(emulator: Emulator, request: Request) -> tuple[Template, dict[str, object], str]:
    check_group(emulator, request)
    properties = mapping_in(request.document(), "properties")
    mode = str(properties.get("mode", "Incremental")).capitalize()
    if mode != "Incremental":
        raise _refused(
            f"The mode '{mode}' is not served here; deploy with the mode 'Incremental', which deletes nothing"
        )
    if "templateLink" in properties or not isinstance(properties.get("template"), dict):
        raise _refused(
            "Only a template in the request's body is served here; put it under 'template'"
        )
    template = mapping_in(properties, "template")
    given = mapping_in(properties, "parameters")
    found = understood(template, given, _scope(emulator, request))
    origin = request.origin

    def look_up(target: str, whole: bool) -> object:
        return emulator.runs.reference(origin, found.resources, target, whole=whole)

    scope = replace(found.scope, reference=look_up)
    resources = tuple(
        replace(wanted, scope=replace(wanted.scope, reference=look_up))
        for wanted in found.resources
    )
    declared = dict(mapping_in(template, "parameters"))
    return replace(found, scope=scope, resources=resources), declared, mode


def _scope(emulator: Emulator, request: Request) -> Scope:
    group = emulator.shelf.get(ref_in(request).group_scope) or {}
    return Scope(
        subscription=request.params["subscription"],
        group=request.params["group"],
        location=str(group.get("location", emulator.settings.location)),
        reference=lambda _target, _whole: UNKNOWN,
        versions=_versions,
    )


def _versions(namespace: str, _kind: str) -> list[str]:
    from providers.arm.pipeline import COMPUTE_VERSIONS

    return list(COMPUTE_VERSIONS) if namespace.lower() == "microsoft.compute" else ["2024-05-01"]


def _begun(emulator: Emulator, request: Request, template: Template) -> Run:
    # Recorded: the operation of a deployment is a number of 20 digits.
    number = int(emulator.new_guid().replace("-", "")[:15], 16)
    return Run(
        id=_id(request),
        operation=f"{number % 10**17:020d}",
        template=template,
        origin=request.origin,
        started=emulator.now,
        parts=[Part(wanted) for wanted in template.resources],
    )


def _keep(emulator: Emulator, run: Run, parameters: dict[str, object], mode: str) -> None:
    shown = shown_run(emulator, run, parameters, mode)
    # Without a type it is a note: deployments are not in the lists of resources.
    note = {"shown": shown, "declared": parameters, "mode": mode}
    emulator.shelf.keep(run.id, note)


def _note(emulator: Emulator, deployment_id: str) -> dict[str, object] | None:
    found = emulator.shelf.get(deployment_id)
    return found if found is not None and "shown" in found else None


def _shown(emulator: Emulator, deployment_id: str) -> dict[str, object]:
    note = _note(emulator, deployment_id) or {}
    kept = mapping_in(note, "shown")
    run = emulator.runs.get(deployment_id)
    if run is not None:
        shown = shown_run(
            emulator, run, mapping_in(note, "declared"), str(note.get("mode", "Incremental"))
        )
        if run.state in ENDED and shown != kept:
            emulator.shelf.keep(deployment_id, {**note, "shown": shown})
        return shown
    properties = dict(mapping_in(kept, "properties"))
    if properties.get("provisioningState") not in ENDED:
        properties["provisioningState"] = CANCELED
    return {**kept, "properties": properties}


def _existing(emulator: Emulator, request: Request) -> dict[str, object]:
    check_group(emulator, request)
    own = _id(request)
    if _note(emulator, own) is None:
        text = f"Deployment '{request.params['name']}' could not be found."
        raise Refusal(404, "DeploymentNotFound", text, gateway=True)
    return _shown(emulator, own)


def _id(request: Request) -> str:
    return f"{ref_in(request).group_scope}/providers/{KIND}/{request.params['name']}"


def _refused(why: str) -> Refusal:
    return Refusal(400, "InvalidDeployment", f"{why}.", gateway=True)


_ALL = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{KIND}"
_ONE = f"{_ALL}/{{name}}"

ROUTES = (
    Route("PUT", _ONE, put),
    Route("GET", _ONE, get),
    Route("HEAD", _ONE, head),
    Route("DELETE", _ONE, delete),
    Route("GET", _ALL, list_all),
    Route("POST", f"{_ONE}/validate", validate),
    Route("POST", f"{_ONE}/cancel", cancel),
    Route("GET", f"{_ONE}/operations", operations),
    Route("GET", f"{_ALL}/{{name}}/operationStatuses/{{operation}}", status),
)
