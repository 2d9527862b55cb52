"""What is done to a VM that stays: power, maintenance, eviction."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from providers.arm.accepting import accepted
from providers.arm.compute_vms import begun, ending_soon, existing
from providers.arm.errors import Refusal
from providers.arm.messages import Reply
from providers.arm.routes import Route
from providers.base import PowerOperation, Priority
from providers.simulated import locks
from providers.simulated.events import can_be_evicted, evict
from providers.simulated.lifecycle import EDGES
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

# A model is applied anew without anything changing; ours.
_REAPPLY_SECONDS = 20.0


def operate(emulator: Emulator, request: Request, *, operation: PowerOperation) -> Reply:
    """Start a power operation (202). One that changes nothing is accepted and over at once."""
    record = existing(emulator, request)
    emulator.region.operate(record.ref, record.name, operation)
    record = existing(emulator, request)
    goes_on = record.life.phase in EDGES
    started = begun(emulator, record) if goes_on else ending_soon(emulator, record, 0.0)
    return accepted(emulator, request, started, status=202)


def reapply(emulator: Emulator, request: Request) -> Reply:
    """Apply the model of a VM anew (202)."""
    record = existing(emulator, request)
    locks.check_write(emulator.world.locks(), record.id)
    started = ending_soon(emulator, record, _REAPPLY_SECONDS)
    return accepted(emulator, request, started, status=202)


def simulate_eviction(emulator: Emulator, request: Request) -> Reply:
    """Take the capacity from a Spot VM: 204; 409 for any other VM."""
    record = existing(emulator, request)
    locks.check_write(emulator.world.locks(), record.id)
    if record.priority is not Priority.SPOT:
        raise Refusal(
            409,
            "OperationNotAllowed",
            "Operation 'simulateEviction' is allowed only for Spot Virtual Machines",
        )
    if can_be_evicted(record):
        evict(emulator.world, record, emulator.now)
    return Reply(204)


_VM = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute"
    "/virtualMachines/{name}"
)

# Recorded: deallocate is charged like a deletion, everything else like an update.
ROUTES = (
    *(
        Route(
            "POST",
            f"{_VM}/{operation.value}",
            partial(operate, operation=operation),
            ("DeleteVM" if operation is PowerOperation.DEALLOCATE else "UpdateVM",),
            call=Call.OPERATE,
        )
        for operation in PowerOperation
    ),
    Route("POST", f"{_VM}/reapply", reapply, ("UpdateVM",), call=Call.OPERATE),
    Route("POST", f"{_VM}/simulateEviction", simulate_eviction, ("DeleteVM",), call=Call.OPERATE),
)
