"""The bundled table of VM sizes and what a size name means."""

from __future__ import annotations

import pytest

from providers.sizes import SizeName, bundled_sizes, parse_size, size_facts


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Standard_D2s_v5", SizeName("Standard", "D", 2, "s", 5)),
        ("standard_d2S_V5", SizeName("Standard", "D", 2, "s", 5)),
        ("Standard_A0", SizeName("Standard", "A", 0, "", 1)),
        ("Basic_A1", SizeName("Basic", "A", 1, "", 1)),
        ("Standard_DS2_v2", SizeName("Standard", "DS", 2, "", 2)),
        ("Standard_D2_v2_Promo", SizeName("Standard", "D", 2, "", 2)),
        ("Standard_M8-2ms", SizeName("Standard", "M", 8, "ms", 1, active_vcpus=2)),
        ("Standard_NC16as_T4_v3", SizeName("Standard", "NC", 16, "as", 3, accelerator="T4")),
        ("Standard_NV4ads_V710_v5", SizeName("Standard", "NV", 4, "ads", 5, accelerator="V710")),
        ("Standard_ND96isr_H100_v5", SizeName("Standard", "ND", 96, "isr", 5, accelerator="H100")),
    ],
)
def test_name_parts(name: str, parts: SizeName) -> None:
    """A size name is taken apart by Azure's naming convention."""
    assert parse_size(name) == parts


@pytest.mark.parametrize(
    "name",
    [
        "",
        "D2s_v5",
        "Standard_D2s-v5",
        "Standard_2s_v5",
        "Standard_Ds_v5",
        "Standard_D2s_v5 ",
        "Standard_D2s_v",
    ],
)
def test_malformed_name(name: str) -> None:
    """What does not follow the convention is not a size name."""
    assert parse_size(name) is None


# As the Resource SKUs API listed them in June 2025: family, vCPUs, GiB, architecture.
LISTED = [
    ("Standard_B20ms", "standardBSFamily", 20, 80, "x64"),
    ("Standard_D128ds_v6", "StandardDdsv6Family", 128, 512, "x64"),
    ("Standard_D16plds_v5", "standardDPLDSv5Family", 16, 32, "Arm64"),
    ("Standard_D2as_v6", "standardDav6Family", 2, 8, "x64"),
    ("Standard_D2s_v3", "standardDSv3Family", 2, 8, "x64"),
    ("Standard_D2_v2", "standardDv2Family", 2, 7, "x64"),
    ("Standard_D2_v5", "standardDv5Family", 2, 8, "x64"),
    ("Standard_DS2_v2", "standardDSv2Family", 2, 7, "x64"),
    ("Standard_E4d_v5", "standardEDv5Family", 4, 32, "x64"),
    ("Standard_F16s_v2", "standardFSv2Family", 16, 32, "x64"),
    ("Standard_NC16as_T4_v3", "Standard NCASv3_T4 Family", 16, 110, "x64"),
    ("Standard_NC6s_v3", "standardNCSv3Family", 6, 112, "x64"),
]


@pytest.mark.parametrize(("name", "family", "vcpus", "memory", "architecture"), LISTED)
def test_facts_match_azure(
    name: str, family: str, vcpus: int, memory: float, architecture: str
) -> None:
    """Facts agree with rows of a real Resource SKUs answer."""
    facts = size_facts(name)
    assert facts is not None
    assert (facts.family, facts.vcpus, facts.architecture) == (family, vcpus, architecture)
    assert facts.memory_gib == pytest.approx(memory)


@pytest.mark.parametrize(
    ("name", "spot", "premium", "accelerated", "preserving"),
    [
        ("Standard_B1s", False, True, False, True),
        ("Standard_B20ms", False, True, True, True),
        ("Standard_D2_v5", True, False, True, True),
        ("Standard_D2s_v5", True, True, True, True),
        ("Standard_A2_v2", True, False, False, True),
        ("Standard_M8ms", True, True, True, False),
        ("Standard_NC24ads_A100_v4", True, True, True, False),
    ],
)
def test_capabilities_match_azure(
    name: str, *, spot: bool, premium: bool, accelerated: bool, preserving: bool
) -> None:
    """Spot, premium storage, accelerated networking and memory preservation are those of the SKUs API."""
    facts = size_facts(name)
    assert facts is not None
    assert (facts.spot, facts.premium_storage) == (spot, premium)
    assert (facts.accelerated_networking, facts.memory_preserving) == (accelerated, preserving)


def test_series_decides_preservation() -> None:
    """Exactly the series A, B, D, E and F can be orchestrated, as Flexible mode demands."""
    by_series = {
        (name.removeprefix("Standard_")[0], facts.memory_preserving)
        for name, facts in bundled_sizes().items()
    }
    assert by_series == {
        *((letter, True) for letter in "ABDEF"),
        *((letter, False) for letter in "GHLMN"),
    }


def test_every_size_parses() -> None:
    """Every bundled name follows the convention and is found in any case."""
    assert all(parse_size(name) for name in bundled_sizes())
    assert all(size_facts(name.upper()) is facts for name, facts in bundled_sizes().items())


def test_unknown_size() -> None:
    """A size that the table lacks has no facts."""
    assert size_facts("Standard_D3s_v99") is None
