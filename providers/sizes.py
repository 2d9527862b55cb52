"""VM sizes that are known without asking Azure: what a name means, and the facts of the common series.

The table repeats what the Resource SKUs API says (capabilities ``vCPUs``, ``MemoryGB``, ``PremiumIO``,
``AcceleratedNetworkingEnabled``, ``LowPriorityCapable``, ``MemoryPreservingMaintenanceSupported``) and
the size pages of Azure's documentation. It holds the families that Flexible orchestration accepts
(A, B, D, E, F) and a few of those it refuses (G, H, L, M, N), so that the reason can be told.
It knows nothing of regions: every size is listed with zones 1, 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

from providers.base import SizeFacts

_ZONES = frozenset({"1", "2", "3"})

_NAME = re.compile(
    r"(?P<tier>Standard|Basic)_(?P<family>[A-Z]{1,3})(?P<vcpus>\d{1,3})(?:-(?P<active>\d{1,3}))?"
    r"(?P<features>[a-z]*)(?P<accelerator>(?:_(?!v\d{0,2}(?:_Promo)?$|Promo$)[A-Z0-9]+)*)"
    r"(?:_v(?P<version>\d{1,2}))?(?P<promo>_Promo)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class SizeName:
    """The parts of a size name by Azure's naming convention.

    ``Standard_NC16as_T4_v3`` has tier ``Standard``, family ``NC``, vcpus 16, features ``as``,
    accelerator ``T4``, version 3. ``vcpus`` is the number in the name; in the old D, DS and G series it
    is a step, not a count. ``active_vcpus`` is the number after the hyphen of a constrained size.
    ``version`` is 1 where the name has none.
    """

    tier: str
    family: str
    vcpus: int
    features: str
    version: int
    active_vcpus: int | None = None
    accelerator: str = ""

    @property
    def series(self) -> str:
        """The family's first letter: what Azure's list of accepted families speaks of."""
        return self.family[0]


def parse_size(name: str) -> SizeName | None:
    """Take a size name apart; None if it does not follow Azure's convention."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    active = match["active"]
    return SizeName(
        tier=match["tier"].capitalize(),
        family=match["family"].upper(),
        vcpus=int(match["vcpus"]),
        features=match["features"].lower(),
        version=int(match["version"] or 1),
        active_vcpus=None if active is None else int(active),
        accelerator=match["accelerator"].strip("_"),
    )


def size_facts(name: str) -> SizeFacts | None:
    """Show what is known of a size, whatever the case of its name; None if the table lacks it."""
    return _by_lower_name().get(name.casefold())


@cache
def bundled_sizes() -> Mapping[str, SizeFacts]:
    """All sizes of the table under their names in Azure's own case."""
    return MappingProxyType({facts.name: facts for facts in _by_lower_name().values()})


_Memory: TypeAlias = Mapping[int, float]

_TO_64 = (2, 4, 8, 16, 32, 48, 64)
_TO_96 = (*_TO_64, 96)
_TO_128 = (*_TO_96, 128)
_E_TO_64 = (2, 4, 8, 16, 20, 32, 48, 64)
_E_TO_96 = (*_E_TO_64, 96)
_L = (8, 16, 32, 48, 64, 80)


@dataclass(frozen=True, slots=True)
class _Series:
    """Sizes that differ in nothing but vCPUs: ``form`` with the number in the braces.

    ``ratio`` is GiB per vCPU; ``memory`` has the sizes for which that does not hold.
    """

    form: str
    quota: str
    vcpus: tuple[int, ...]
    ratio: float
    memory: _Memory = field(default_factory=dict)
    architecture: str = "x64"
    accelerated: bool = True
    memory_preserving: bool = True

    def sizes(self) -> list[SizeFacts]:
        """Write the series out."""
        return [
            SizeFacts(
                name=f"Standard_{self.form.format(count)}",
                family=self.quota,
                vcpus=count,
                memory_gib=self.memory.get(count, self.ratio * count),
                zones=_ZONES,
                architecture=self.architecture,
                premium_storage="s" in self.form.partition("_")[0].partition("}")[2],
                accelerated_networking=self.accelerated,
                memory_preserving=self.memory_preserving,
            )
            for count in self.vcpus
        ]


# The largest E sizes have less than 8 GiB for each vCPU.
_E64_V3: _Memory = {64: 432.0}
_E64_V4: _Memory = {64: 504.0}
_E96: _Memory = {96: 672.0}

_SERIES = (
    _Series("D{}_v3", "standardDv3Family", _TO_64, 4),
    _Series("D{}s_v3", "standardDSv3Family", _TO_64, 4),
    _Series("D{}_v4", "standardDv4Family", _TO_64, 4),
    _Series("D{}s_v4", "standardDSv4Family", _TO_64, 4),
    _Series("D{}d_v4", "standardDDv4Family", _TO_64, 4),
    _Series("D{}ds_v4", "standardDDSv4Family", _TO_64, 4),
    _Series("D{}a_v4", "standardDAv4Family", _TO_96, 4),
    _Series("D{}as_v4", "standardDASv4Family", _TO_96, 4),
    _Series("D{}_v5", "standardDv5Family", _TO_96, 4),
    _Series("D{}s_v5", "standardDSv5Family", _TO_96, 4),
    _Series("D{}d_v5", "standardDDv5Family", _TO_96, 4),
    _Series("D{}ds_v5", "standardDDSv5Family", _TO_96, 4),
    _Series("D{}ls_v5", "standardDLSv5Family", _TO_96, 2),
    _Series("D{}lds_v5", "standardDLDSv5Family", _TO_96, 2),
    _Series("D{}as_v5", "standardDASv5Family", _TO_96, 4),
    _Series("D{}ads_v5", "standardDADSv5Family", _TO_96, 4),
    _Series("D{}ps_v5", "standardDPSv5Family", _TO_64, 4, {64: 208.0}, "Arm64"),
    _Series("D{}pds_v5", "standardDPDSv5Family", _TO_64, 4, {64: 208.0}, "Arm64"),
    _Series("D{}pls_v5", "standardDPLSv5Family", _TO_64, 2, {}, "Arm64"),
    _Series("D{}plds_v5", "standardDPLDSv5Family", _TO_64, 2, {}, "Arm64"),
    _Series("D{}s_v6", "StandardDsv6Family", (*_TO_128, 192), 4),
    _Series("D{}ds_v6", "StandardDdsv6Family", (*_TO_128, 192), 4),
    _Series("D{}ls_v6", "StandardDlsv6Family", _TO_128, 2),
    _Series("D{}lds_v6", "StandardDldsv6Family", _TO_128, 2),
    _Series("D{}as_v6", "standardDav6Family", _TO_96, 4),
    _Series("D{}ads_v6", "standardDadv6Family", _TO_96, 4),
    _Series("D{}als_v6", "standardDalv6Family", _TO_96, 2),
    _Series("D{}alds_v6", "standardDaldv6Family", _TO_96, 2),
    _Series("D{}ps_v6", "StandardDpsv6Family", _TO_96, 4, {}, "Arm64"),
    _Series("D{}pds_v6", "StandardDpdsv6Family", _TO_96, 4, {}, "Arm64"),
    _Series("D{}pls_v6", "StandardDplsv6Family", _TO_96, 2, {}, "Arm64"),
    _Series("D{}plds_v6", "StandardDpldsv6Family", _TO_96, 2, {}, "Arm64"),
    _Series("E{}_v3", "standardEv3Family", _E_TO_64, 8, _E64_V3),
    _Series("E{}s_v3", "standardESv3Family", _E_TO_64, 8, _E64_V3),
    _Series("E{}_v4", "standardEv4Family", _E_TO_64, 8, _E64_V4),
    _Series("E{}s_v4", "standardESv4Family", _E_TO_64, 8, _E64_V4),
    _Series("E{}d_v4", "standardEDv4Family", _E_TO_64, 8, _E64_V4),
    _Series("E{}ds_v4", "standardEDSv4Family", _E_TO_64, 8, _E64_V4),
    _Series("E{}a_v4", "standardEAv4Family", _E_TO_96, 8, _E96),
    _Series("E{}as_v4", "standardEASv4Family", _E_TO_96, 8, _E96),
    _Series("E{}_v5", "standardEv5Family", _E_TO_96, 8, _E96),
    _Series("E{}s_v5", "standardESv5Family", _E_TO_96, 8, _E96),
    _Series("E{}d_v5", "standardEDv5Family", _E_TO_96, 8, _E96),
    _Series("E{}ds_v5", "standardEDSv5Family", _E_TO_96, 8, _E96),
    _Series("E{}as_v5", "standardEASv5Family", _E_TO_96, 8, _E96),
    _Series("E{}ads_v5", "standardEADSv5Family", _E_TO_96, 8, _E96),
    _Series("E{}ps_v5", "standardEPSv5Family", (2, 4, 8, 16, 20, 32), 8, {32: 208.0}, "Arm64"),
    _Series("E{}pds_v5", "standardEPDSv5Family", (2, 4, 8, 16, 20, 32), 8, {32: 208.0}, "Arm64"),
    _Series("E{}s_v6", "StandardEsv6Family", (*_E_TO_96, 128), 8),
    _Series("E{}ds_v6", "StandardEdsv6Family", (*_E_TO_96, 128), 8),
    _Series("E{}as_v6", "standardEav6Family", _E_TO_96, 8, _E96),
    _Series("E{}ads_v6", "standardEadv6Family", _E_TO_96, 8, _E96),
    _Series("F{}s_v2", "standardFSv2Family", (*_TO_64, 72), 2),
    _Series("F{}as_v6", "StandardFasv6Family", _TO_64, 4),
    _Series("F{}als_v6", "StandardFalsv6Family", _TO_64, 2),
    _Series("F{}ams_v6", "StandardFamsv6Family", _TO_64, 8),
    _Series("B{}ls_v2", "standardBsv2Family", (2, 4, 8, 16, 32), 2, {2: 4.0}),
    _Series("B{}s_v2", "standardBsv2Family", (2, 4, 8, 16, 32), 4),
    _Series("B{}als_v2", "standardBasv2Family", (2, 4, 8, 16, 32), 2, {2: 4.0}),
    _Series("B{}as_v2", "standardBasv2Family", (2, 4, 8, 16, 32), 4),
    _Series("B{}pls_v2", "standardBpsv2Family", (2, 4, 8, 16), 2, {2: 4.0}, "Arm64"),
    _Series("B{}ps_v2", "standardBpsv2Family", (2, 4, 8, 16), 4, {}, "Arm64"),
    _Series("A{}_v2", "standardAv2Family", (1, 2, 4, 8), 2, accelerated=False),
    _Series("A{}m_v2", "standardAv2Family", (2, 4, 8), 8, accelerated=False),
    _Series("L{}s_v2", "standardLSv2Family", _L, 8, memory_preserving=False),
    _Series("L{}s_v3", "standardLSv3Family", _L, 8, memory_preserving=False),
    _Series("L{}as_v3", "standardLASv3Family", _L, 8, memory_preserving=False),
    _Series("NC{}s_v3", "standardNCSv3Family", (6, 12, 24), 112 / 6, memory_preserving=False),
    _Series("NV{}s_v3", "standardNVSv3Family", (12, 24, 48), 112 / 12, memory_preserving=False),
)

# Sizes whose names do not follow from their vCPUs: (name, vCPUs, GiB) for each quota family.
_SINGLE: Mapping[str, str] = {
    "standardDv2Family": (
        "D1_v2 1 3.5, D2_v2 2 7, D3_v2 4 14, D4_v2 8 28, D5_v2 16 56,"
        "D11_v2 2 14, D12_v2 4 28, D13_v2 8 56, D14_v2 16 112, D15_v2 20 140"
    ),
    "standardDSv2Family": (
        "DS1_v2 1 3.5, DS2_v2 2 7, DS3_v2 4 14, DS4_v2 8 28, DS5_v2 16 56,"
        "DS11_v2 2 14, DS12_v2 4 28, DS13_v2 8 56, DS14_v2 16 112, DS15_v2 20 140"
    ),
    "standardFFamily": "F1 1 2, F2 2 4, F4 4 8, F8 8 16, F16 16 32",
    "standardFSFamily": "F1s 1 2, F2s 2 4, F4s 4 8, F8s 8 16, F16s 16 32",
    "standardBSFamily": (
        "B1ls 1 0.5, B1s 1 1, B1ms 1 2, B2s 2 4, B2ms 2 8, B4ms 4 16, B8ms 8 32,"
        "B12ms 12 48, B16ms 16 64, B20ms 20 80"
    ),
    "standardBsv2Family": "B2ts_v2 2 1",
    "standardBasv2Family": "B2ats_v2 2 1",
    "standardGFamily": "G1 2 28, G2 4 56, G3 8 112, G4 16 224, G5 32 448",
    "standardGSFamily": "GS1 2 28, GS2 4 56, GS3 8 112, GS4 16 224, GS5 32 448",
    "standardHBrsv2Family": "HB120rs_v2 120 456",
    "standardHCSFamily": "HC44rs 44 352",
    "standardMSFamily": (
        "M8ms 8 218.75, M16ms 16 437.5, M32ms 32 875, M64s 64 1000, M64ms 64 1750,"
        "M128s 128 2000, M128ms 128 3800"
    ),
    "Standard NCASv3_T4 Family": (
        "NC4as_T4_v3 4 28, NC8as_T4_v3 8 56, NC16as_T4_v3 16 110, NC64as_T4_v3 64 440"
    ),
    "StandardNCADSA100v4Family": (
        "NC24ads_A100_v4 24 220, NC48ads_A100_v4 48 440, NC96ads_A100_v4 96 880"
    ),
}

# Accelerated networking starts at 12 vCPUs in B and at 2 vCPUs in Dv2 and F.
_SLOW_NETWORK = (
    "B1ls, B1s, B1ms, B2s, B2ms, B4ms, B8ms, D1_v2, DS1_v2, F1, F1s,"
    "G1, G2, G3, G4, G5, GS1, GS2, GS3, GS4, GS5"
)


def _single(quota: str, row: str) -> SizeFacts:
    name, vcpus, memory = row.split()
    return SizeFacts(
        name=f"Standard_{name}",
        family=quota,
        vcpus=int(vcpus),
        memory_gib=float(memory),
        zones=_ZONES,
        # Azure: Spot has no B-series of the first generation; its SKUs say LowPriorityCapable False.
        spot=quota != "standardBSFamily",
        premium_storage="s" in name.partition("_")[0].lower(),
        accelerated_networking=name not in re.split(r",\s*", _SLOW_NETWORK),
        memory_preserving=name[0] in "ABDEF",
    )


@cache
def _by_lower_name() -> Mapping[str, SizeFacts]:
    listed = [facts for series in _SERIES for facts in series.sizes()]
    listed += [_single(quota, row) for quota, rows in _SINGLE.items() for row in rows.split(",")]
    return {facts.name.casefold(): facts for facts in listed}
