"""The document as a whole."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from controller.spec.model.base import Many, NonEmpty, Part, Some
from controller.spec.model.capacity import Pool, SizeAllocation, SizeEntry, Spot
from controller.spec.model.control import Limits, Protection, Quorum, ScaleIn, Suspend
from controller.spec.model.names import (
    Count,
    FleetName,
    InstanceName,
    Location,
    ResourceGroupName,
    ScaleSetName,
    SubscriptionId,
)
from controller.spec.model.placement import Placement
from controller.spec.model.template import Template

API_VERSION = "evenkeel/v1alpha1"
KIND = "Fleet"
APPROVE = "evenkeel/approve"


class Metadata(Part):
    """Name and labels of a fleet."""

    name: FleetName
    """Name of the fleet; its members are called `<name>-000001` and so on."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels for people and metrics."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """`evenkeel/approve` holds the token that approves what a guard holds back."""


class AzurePlace(Part):
    """Which scale set. Its ARM id is the identity of the fleet."""

    subscription: SubscriptionId
    """Id of the subscription."""
    resource_group: ResourceGroupName
    """Name of the resource group, which has to exist."""
    location: Location
    """Azure's short name of the location, such as `westeurope`."""
    scale_set: ScaleSetName | None = None
    """Name of the scale set; the fleet's name where absent."""


class Spec(Part):
    """What the fleet shall be: either `replicas`, `sizes`, `template`, or `pools`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["replicas", "sizes", "template"]}, {"required": ["pools"]}]
        }
    )

    azure: AzurePlace
    """Which scale set."""
    replicas: Count | None = None
    """Members that the fleet shall have."""
    placement: Placement = Placement()
    """Where members stand."""
    sizes: Some[SizeEntry] | None = None
    """VM sizes in order of preference."""
    size_allocation: SizeAllocation | None = None
    """`Ranked` (default): the most preferred size that can be had. `CapacitySpread`: shares by weight."""
    spot: Spot | None = None
    """Mix of Spot and Regular. Absent: all Regular."""
    template: Template | None = None
    """What each member is made from."""
    pools: Some[Pool] | None = None
    """Groups of members with templates of their own, such as Linux and Windows in one set."""
    scale_in: ScaleIn = ScaleIn()
    """How members are chosen to go."""
    protection: Protection = Protection()
    """Instances that must stay."""
    adopt: Many[InstanceName] = ()
    """Members of the set that somebody else created and that become the fleet's."""
    limits: Limits = Limits()
    """Guards against doing too much."""
    quorum: Quorum | None = None
    """Present: the fleet is a voting group."""
    deletion: Literal["Batch", "Single"] = "Batch"
    """`Batch`: one request for all victims. `Single`: one each, which ARM itself refuses under a lock."""
    deletion_policy: Literal["Retain", "Delete"] = "Retain"
    """What `state: Absent` means: `Retain` leaves everything as it is, `Delete` deletes members and set."""
    deletion_hold_minutes: Annotated[int, Field(ge=10, le=1440)] = 10
    """Minutes that `state: Absent` has to stand unchanged before `deletionPolicy: Delete` deletes anything."""
    state: Literal["Present", "Absent"] = "Present"
    """`Absent`: the fleet ends as `deletionPolicy` says. `Present` again, before it is over, cancels that."""
    suspend: Suspend = False
    """`true`: look and report, change nothing. A list: only these processes sleep, each until its time."""
    tags: dict[str, str] = Field(default_factory=dict)
    """Tags of each member."""
    required_tags: Many[NonEmpty] = ()
    """Tags that have to be among `tags`."""


class FleetDocument(Part):
    """One fleet of Azure VMs in a scale set with Flexible orchestration, as Evenkeel keeps it."""

    api_version: Literal["evenkeel/v1alpha1"]
    """Version of the language of specs."""
    kind: Literal["Fleet"]
    """Always `Fleet`."""
    metadata: Metadata
    """Name and labels."""
    spec: Spec
    """What the fleet shall be."""
