"""What members are made of: sizes, Spot, and pools of a fleet with several templates."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from controller.spec.codes import Code
from controller.spec.model.base import NonEmpty, Part, Some, refusal
from controller.spec.model.names import Count, Percent, PoolName, Weight
from controller.spec.model.template import Template


class Size(Part):
    """One VM size with its preference."""

    name: NonEmpty
    """Azure's name of the size, such as `Standard_D2s_v5`."""
    rank: Count | None = None
    """Lower is preferred. Absent everywhere: the order of the list."""
    weight: Weight = 1
    """Share of the size under `sizeAllocation: CapacitySpread`."""


def _size(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


SizeEntry = Annotated[Size, BeforeValidator(_size, json_schema_input_type=str | Size)]
SizeAllocation = Literal["Ranked", "CapacitySpread"]


def _price(value: float) -> float:
    if value == -1 or value > 0:
        return value
    raise refusal(
        Code.SPOT_PRICE,
        f"a Spot price of {value:g} is refused by Azure",
        "write -1 to pay up to the regular price, or the most that an hour may cost in US dollars",
    )


MaxPrice = Annotated[
    float,
    AfterValidator(_price),
    WithJsonSchema({"anyOf": [{"const": -1}, {"type": "number", "exclusiveMinimum": 0}]}),
]


class Spot(Part):
    """Mix of Spot and Regular instances by Azure's formula (Spot Priority Mix).

    `baseRegular + floor((n - baseRegular) * regularPercentageAboveBase / 100)` of n members are Regular.
    """

    base_regular: Count = 0
    """Members that are Regular before any is Spot."""
    regular_percentage_above_base: Percent = 0
    """Percentage of Regular among the members above the base."""
    eviction_policy: Literal["Delete", "Deallocate"] = "Deallocate"
    """What Azure does with an evicted instance."""
    max_price: MaxPrice | None = None
    """Most that an hour may cost in US dollars; -1 or absent: up to the regular price."""
    fallback_to_regular: bool = False
    """Create a Regular instance when no Spot capacity can be had."""


class Pool(Part):
    """Members of a fleet that share sizes, Spot mix and template."""

    name: PoolName
    """Name of the pool, unique in the fleet."""
    replicas: Count
    """Members that the pool shall have."""
    sizes: Some[SizeEntry]
    """VM sizes in order of preference."""
    size_allocation: SizeAllocation = "Ranked"
    """`Ranked`: the most preferred size that can be had. `CapacitySpread`: shares by weight."""
    spot: Spot | None = None
    """Mix of Spot and Regular. Absent: all Regular."""
    template: Template
    """What each member is made from."""
