"""The life of a VM as one table: where it is, how long that lasts, and what comes next.

Nothing here acts. ``region`` asks this table what follows and keeps the answer with the VM; states that
end by themselves have an ``Edge``, all others wait for somebody. Durations are ranges in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from providers.base import PowerOperation, PowerState, ProvisioningState


class Phase(StrEnum):
    """Where a VM is in its life. Azure shows each as a provisioning state and a power state."""

    CREATING = "creating"
    PROVISIONING_OS = "provisioningOS"
    RUNNING = "running"
    CREATE_FAILED = "createFailed"
    DEGRADED = "degraded"
    STARTING = "starting"
    START_FAILED = "startFailed"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DEALLOCATING = "deallocating"
    DEALLOCATED = "deallocated"
    RESTARTING = "restarting"
    REDEPLOYING = "redeploying"
    REIMAGING = "reimaging"
    MAINTAINING = "maintaining"
    DELETING = "deleting"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Edge:
    """A state that ends by itself: after ``seconds`` (a range) comes ``to``."""

    to: Phase
    seconds: tuple[float, float]


# Azure publishes no durations. Create: ten nodes were ready in 55 s (karpenter-provider-azure#67).
# Delete: 27 to 40 s in recorded traffic, up to minutes in reports.
EDGES = {
    # A host is found and the VM starts to boot; a refusal for capacity comes here, after acceptance.
    Phase.CREATING: Edge(Phase.PROVISIONING_OS, (25, 35)),
    # The guest agent reports ready; together with the line above 40 to 60 s.
    Phase.PROVISIONING_OS: Edge(Phase.RUNNING, (15, 25)),
    # Start of a stopped or deallocated VM; a deallocated one needs capacity again.
    Phase.STARTING: Edge(Phase.RUNNING, (20, 40)),
    # The guest shuts down; the host stays reserved and billed.
    Phase.STOPPING: Edge(Phase.STOPPED, (10, 30)),
    # The host is given back. The way of an evicted Spot VM with policy Deallocate, too.
    Phase.DEALLOCATING: Edge(Phase.DEALLOCATED, (30, 60)),
    # The guest reboots on the same host.
    Phase.RESTARTING: Edge(Phase.RUNNING, (20, 40)),
    # The VM moves to another host of the same zone or fault domain.
    Phase.REDEPLOYING: Edge(Phase.RUNNING, (60, 120)),
    # The OS disk is made anew from the image.
    Phase.REIMAGING: Edge(Phase.RUNNING, (60, 120)),
    # Platform maintenance that somebody asked for now instead of later.
    Phase.MAINTAINING: Edge(Phase.RUNNING, (60, 180)),
    # The VM goes, and with it what its delete options say.
    Phase.DELETING: Edge(Phase.GONE, (30, 60)),
}

SHOWN = {
    Phase.CREATING: (ProvisioningState.CREATING, PowerState.CREATING),
    Phase.PROVISIONING_OS: (ProvisioningState.CREATING, PowerState.RUNNING),
    Phase.RUNNING: (ProvisioningState.SUCCEEDED, PowerState.RUNNING),
    # No host was found: there is a VM resource with NIC and disks, and no power state.
    Phase.CREATE_FAILED: (ProvisioningState.FAILED, PowerState.UNKNOWN),
    # The last operation failed and the VM runs all the same (extension, OS provisioning time-out).
    Phase.DEGRADED: (ProvisioningState.FAILED, PowerState.RUNNING),
    Phase.STARTING: (ProvisioningState.UPDATING, PowerState.STARTING),
    Phase.START_FAILED: (ProvisioningState.FAILED, PowerState.DEALLOCATED),
    Phase.STOPPING: (ProvisioningState.UPDATING, PowerState.STOPPING),
    Phase.STOPPED: (ProvisioningState.SUCCEEDED, PowerState.STOPPED),
    Phase.DEALLOCATING: (ProvisioningState.UPDATING, PowerState.DEALLOCATING),
    Phase.DEALLOCATED: (ProvisioningState.SUCCEEDED, PowerState.DEALLOCATED),
    Phase.RESTARTING: (ProvisioningState.UPDATING, PowerState.RUNNING),
    Phase.REDEPLOYING: (ProvisioningState.UPDATING, PowerState.STARTING),
    Phase.REIMAGING: (ProvisioningState.UPDATING, PowerState.STARTING),
    Phase.MAINTAINING: (ProvisioningState.UPDATING, PowerState.RUNNING),
    Phase.DELETING: (ProvisioningState.DELETING, PowerState.UNKNOWN),
}

# No host is held in these: such a VM takes no capacity. It still counts against quota.
WITHOUT_HOST = frozenset({Phase.CREATE_FAILED, Phase.START_FAILED, Phase.DEALLOCATED})

# A zone that fails takes down what is on its way up.
ON_THE_WAY_UP = frozenset({Phase.CREATING, Phase.PROVISIONING_OS, Phase.STARTING})

_UP = frozenset({Phase.RUNNING, Phase.DEGRADED})
_DOWN = frozenset({Phase.STOPPED, Phase.DEALLOCATED, Phase.START_FAILED})


@dataclass(frozen=True, slots=True)
class Operate:
    """A power operation: the phases in which Azure takes it, and the phase it leads to."""

    within: frozenset[Phase]
    to: Phase


OPERATIONS = {
    PowerOperation.START: Operate(_DOWN, Phase.STARTING),
    PowerOperation.POWER_OFF: Operate(_UP, Phase.STOPPING),
    PowerOperation.DEALLOCATE: Operate(
        _UP | {Phase.STOPPED, Phase.CREATE_FAILED}, Phase.DEALLOCATING
    ),
    PowerOperation.RESTART: Operate(_UP, Phase.RESTARTING),
    PowerOperation.REDEPLOY: Operate(_UP | {Phase.STOPPED}, Phase.REDEPLOYING),
    PowerOperation.REIMAGE: Operate(_UP | {Phase.STOPPED}, Phase.REIMAGING),
    PowerOperation.PERFORM_MAINTENANCE: Operate(_UP, Phase.MAINTAINING),
}

# Operations that leave a VM as it is already do nothing and are accepted.
ALREADY = {
    PowerOperation.START: frozenset({Phase.RUNNING}),
    PowerOperation.POWER_OFF: frozenset({Phase.STOPPED}),
    PowerOperation.DEALLOCATE: frozenset({Phase.DEALLOCATED}),
}
