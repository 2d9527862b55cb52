"""Deployments on their way: which resources have been asked for, which are there, what failed.

A run moves on whenever a request comes in: what was needed first is there, so the next is put, through the
same routes that clients use. Templates stay in memory, for they may hold passwords; a run that an earlier
process of the emulator began has come to nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.arm.messages import Request
from providers.arm.operations import CANCELED, FAILED, RUNNING, SUCCEEDED
from providers.arm.template_functions import UNKNOWN
from providers.arm.template_resources import is_meant, outputs_of
from providers.simulated.documents import mapping_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Reply
    from providers.arm.template_resources import Template, Wanted

ACCEPTED = "Accepted"
UNDER_WAY = "Running"
ENDED = frozenset({SUCCEEDED, FAILED, CANCELED})

# ARM tries again what was refused for the moment. How often and how long is ours.
_AGAIN = frozenset({429, 500, 502, 503, 504})
_AGAIN_SECONDS = 10.0
_LONGEST_SECONDS = 600.0


@dataclass(slots=True)
class Part:
    """One resource of a run. ``operation`` is the operation that its PUT began, ``status`` the HTTP status."""

    wanted: Wanted
    state: str = ""
    started: float = 0.0
    ended: float = 0.0
    operation: str = ""
    status: str = ""
    error: Mapping[str, object] | None = None
    not_before: float = 0.0


@dataclass(slots=True)
class Run:
    """One deployment. Times are seconds since the region's start."""

    id: str
    operation: str
    template: Template
    origin: str
    started: float
    parts: list[Part] = field(default_factory=list)
    state: str = ACCEPTED
    ended: float = 0.0
    error: Mapping[str, object] | None = None
    outputs: Mapping[str, object] | None = None
    canceled: bool = False


class Runs:
    """The deployments of this process."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._all: dict[str, Run] = {}
        self._busy = False

    def begin(self, run: Run) -> None:
        """Start a run; one of the same name makes room."""
        self._all[run.id.lower()] = run

    def get(self, deployment_id: str) -> Run | None:
        """The run of a deployment that this process began."""
        return self._all.get(deployment_id.lower())

    def drop(self, deployment_id: str) -> None:
        """Forget a run."""
        self._all.pop(deployment_id.lower(), None)

    def settle(self) -> None:
        """Carry all runs on as far as they get."""
        if self._busy:
            return
        self._busy = True
        try:
            for run in list(self._all.values()):
                if run.state not in ENDED:
                    self._advance(run)
        finally:
            self._busy = False

    def _advance(self, run: Run) -> None:
        if run.canceled:
            self._end(run, CANCELED)
            return
        moved = True
        while moved:
            moved = False
            for part in run.parts:
                moved = self._step(run, part) or moved
        states = {part.state for part in run.parts}
        if FAILED in states and RUNNING not in states:
            run.error = self._failure(run)
            self._end(run, FAILED)
        elif states <= {SUCCEEDED}:
            self._conclude(run)
        else:
            run.state = UNDER_WAY

    def _step(self, run: Run, part: Part) -> bool:
        if part.state == RUNNING:
            return self._look(run, part)
        if part.state or any(other.state == FAILED for other in run.parts):
            return False
        there = {other.wanted.id for other in run.parts if other.state == SUCCEEDED}
        if set(part.wanted.depends_on) - there or part.not_before > self._emulator.now:
            return False
        return self._put(run, part)

    def _put(self, run: Run, part: Part) -> bool:
        now = self._emulator.now
        part.started = part.started or now
        try:
            body = part.wanted.document
        except Refusal as refusal:
            return self._close(part, FAILED, mapping_in(refusal.body(), "error"))
        if _has_unknown(body):
            # It refers to a resource that is not there yet.
            return False
        reply = self._ask(run, "PUT", part.wanted.id, part.wanted.api_version, body)
        if reply.status in _AGAIN and now - part.started < _LONGEST_SECONDS:
            part.not_before = now + _AGAIN_SECONDS
            return False
        part.status = str(reply.status)
        found = reply.body if isinstance(reply.body, dict) else {}
        if reply.status >= 400:
            return self._close(part, FAILED, mapping_in(found, "error"))
        url = reply.headers.get("Azure-AsyncOperation", "")
        part.operation = url.partition("?")[0].rpartition("/")[2]
        part.state = RUNNING
        return True

    def _look(self, run: Run, part: Part) -> bool:
        if part.operation:
            operation = self._emulator.operations.get(part.operation)
            if operation is not None and operation.status == RUNNING:
                return False
            if operation is not None and operation.status != SUCCEEDED:
                error = {"code": operation.code, "message": operation.message}
                return self._close(part, FAILED, error)
            return self._close(part, SUCCEEDED)
        shown = self._ask(run, "GET", part.wanted.id, part.wanted.api_version).body
        properties = mapping_in(shown if isinstance(shown, dict) else {}, "properties")
        state = str(properties.get("provisioningState", SUCCEEDED))
        return state in ENDED and self._close(part, state)

    def _close(self, part: Part, state: str, error: Mapping[str, object] | None = None) -> bool:
        part.state = state
        part.ended = self._emulator.now
        part.error = error
        return True

    def _conclude(self, run: Run) -> None:
        try:
            run.outputs = outputs_of(run.template, run.template.scope)
        except Refusal as refusal:
            run.error = mapping_in(refusal.body(), "error")
            self._end(run, FAILED)
            return
        self._end(run, SUCCEEDED)

    def _end(self, run: Run, state: str) -> None:
        run.state = state
        run.ended = self._emulator.now
        self._emulator.world.changes += 1

    def _failure(self, run: Run) -> Mapping[str, object]:
        details = [
            {name: part.error[name] for name in ("code", "target", "message") if name in part.error}
            for part in run.parts
            if part.error is not None
        ]
        return {
            "code": "DeploymentFailed",
            "target": run.id,
            "message": "At least one resource deployment operation failed. Please list deployment operations "
            "for details. Please see https://aka.ms/arm-deployment-operations for usage details.",
            "details": details,
        }

    def reference(
        self, origin: str, own: tuple[Wanted, ...], target: str, *, whole: bool
    ) -> object:
        """What a template's ``reference`` gives: the properties of a resource, or all of it.

        A resource of the template itself may be meant by its name. Raises ``Refusal`` (404) if there is
        none and the template does not make it either.
        """
        meant = next((wanted for wanted in own if is_meant(target, wanted)), None)
        reply = self._get(
            origin, target if meant is None else meant.id, _version_for(target, meant)
        )
        found = reply.body if isinstance(reply.body, dict) else {}
        if reply.status == 404 and meant is not None:
            return UNKNOWN
        if reply.status >= 400:
            error = mapping_in(found, "error")
            raise Refusal(reply.status, str(error.get("code")), str(error.get("message")))
        return found if whole else mapping_in(found, "properties")

    def _ask(
        self,
        run: Run,
        method: str,
        target: str,
        version: str,
        body: Mapping[str, object] | None = None,
    ) -> Reply:
        from providers.arm.pipeline import answer

        content = b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": "Bearer deployment"}
        query = {"api-version": version}
        return answer(self._emulator, Request(method, target, query, headers, content, run.origin))

    def _get(self, origin: str, target: str, version: str) -> Reply:
        from providers.arm.pipeline import answer

        headers = {"authorization": "Bearer deployment"}
        query = {"api-version": version}
        return answer(self._emulator, Request("GET", target, query, headers, b"", origin))


def _version_for(target: str, meant: Wanted | None) -> str:
    if meant is not None:
        return meant.api_version
    return "2024-07-01" if "/microsoft.compute/" in target.lower() else "2024-05-01"


def _has_unknown(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_unknown(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_has_unknown(inner) for inner in value)
    return value is UNKNOWN
