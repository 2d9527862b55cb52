"""Where members stand: zones or fault domains, and how evenly."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from controller.spec.codes import Code
from controller.spec.model.base import Many, Part, Some, refusal
from controller.spec.model.names import Positive, SharePercent, Weight

Zone = Literal["1", "2", "3"]
MAX_SPREADING = "max"


def _fault_domains(value: object) -> object:
    if value == 1 and not isinstance(value, bool):
        raise refusal(
            Code.FAULT_DOMAIN_COUNT,
            "a fault domain count of 1 is Azure's max spreading",
            "write `faultDomains: max`",
        )
    is_count = isinstance(value, int) and not isinstance(value, bool)
    if value == MAX_SPREADING or (is_count and value in {2, 3}):
        return value
    if is_count:
        raise refusal(
            Code.FAULT_DOMAIN_COUNT,
            f"The specified fault domain count {value} must fall in the range 1 to 3.",
            "write 2 or 3 for fixed spreading, or `max`",
        )
    raise refusal(
        Code.UNKNOWN_VALUE, f"`{value}` is not a fault domain count", "write 2, 3 or `max`"
    )


FaultDomains = Annotated[
    int | str, BeforeValidator(_fault_domains), WithJsonSchema({"enum": [2, 3, MAX_SPREADING]})
]


class Placement(Part):
    """Where members may stand and how evenly they are spread. Absent: `faultDomains: max`."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["zones", "faultDomains"]}})

    zones: Some[Zone] | None = None
    """Availability zones over which members are spread. Excludes `faultDomains`."""
    fault_domains: FaultDomains | None = None
    """Fault domains of a set without zones: 2 or 3 (fixed spreading), or `max` (the platform spreads)."""
    max_skew: Positive = 1
    """Largest difference between the fullest and the emptiest zone or fault domain."""
    when_unsatisfiable: Literal["Relax", "Block"] = "Relax"
    """`Relax`: place members elsewhere when a domain has no capacity. `Block`: wait for it."""
    exclude: Many[str] = ()
    """Zones or fault domains that take no new member and whose members go first."""
    weights: dict[str, Weight] = Field(default_factory=dict)
    """Relative shares of zones or fault domains; 1 where absent."""
    max_per_zone: Positive | None = None
    """At most so many members in one zone."""
    max_percent_per_zone: SharePercent | None = None
    """At most this percentage of the replicas in one zone, rounded up."""
    min_domains: Positive = 1
    """With fewer eligible domains than this, the spread counts as uneven."""
