"""Mistakes that need two edits: parts of a spec that are right alone and wrong together."""

from __future__ import annotations

import pytest

from tests.specs.spec_texts import compiled, edited

OS = "    os: Linux"
IMAGE = "{publisher: Canonical, offer: ubuntu-24_04-lts, sku: server}"
SIZES = "[Standard_D2s_v5, Standard_D2as_v5]"
DISK = "osDisk: {storageAccountType: Premium_LRS, sizeGiB: 64}"
SPOT = (
    "  spot:\n    baseRegular: 2\n    regularPercentageAboveBase: 50\n    evictionPolicy: Delete\n"
)
ZONES = 'zones: ["1", "2", "3"]'

TOGETHER = [
    (
        "plan of a community image",
        [
            (IMAGE, "{communityGalleryImageId: c}"),
            (OS, "    plan: {name: a, product: b, publisher: c}"),
        ],
        ("EK0601", "no purchase plan"),
    ),
    (
        "ephemeral disk deallocated",
        [
            ("evictionPolicy: Delete", "evictionPolicy: Deallocate"),
            (DISK, "osDisk: {caching: ReadOnly, ephemeral: {}}"),
        ],
        ("EK0506", "cannot be deallocated"),
    ),
    (
        "size without acceleration",
        [
            (SIZES, "[Standard_A2_v2]"),
            (SPOT, ""),
            (DISK, "osDisk: {}"),
            ("      outbound:", "      acceleratedNetworking: true\n      outbound:"),
        ],
        ("EK0507", "no accelerated networking"),
    ),
    (
        "further interface without acceleration",
        [
            (SIZES, "[Standard_A2_v2]"),
            (SPOT, ""),
            (DISK, "osDisk: {}"),
            (
                OS,
                "    nics: [{name: b, subnet: /subscriptions/x/subnets/y, acceleratedNetworking: true}]",
            ),
        ],
        ("EK0507", "`nics[0].acceleratedNetworking`"),
    ),
    (
        "size without premium storage",
        [(SIZES, "[Standard_D2_v3]"), (SPOT, "")],
        ("EK0507", "`osDisk.storageAccountType`"),
    ),
    (
        "premium v2 without zones",
        [
            (ZONES, "faultDomains: 2"),
            (OS, "    dataDisks: [{lun: 0, sizeGiB: 8, storageAccountType: PremiumV2_LRS}]"),
        ],
        ("EK0605", "zonal instances only"),
    ),
]


@pytest.mark.parametrize(("name", "edits", "wanted"), TOGETHER, ids=lambda value: str(value)[:40])
def test_wrong_together(name: str, edits: list[tuple[str, str]], wanted: tuple[str, str]) -> None:
    """The combination gives one error with its code and words."""
    (error,) = compiled(edited(*edits)).errors
    code, fragment = wanted
    assert (name, error.code.value) == (name, code)
    assert fragment in f"{error.message} {error.help}"


@pytest.mark.parametrize(("size", "fits"), [(64 * 1024, True), (64 * 1024 + 1, False)])
def test_user_data_limit(size: int, *, fits: bool) -> None:
    """User data of 64 KiB fits, one byte more does not."""
    specs = compiled(edited((OS, f"    userData: {{inline: {'x' * size}}}")))
    assert [error.code.value for error in specs.errors] == ([] if fits else ["EK0604"])


def test_many_forbidden_characters() -> None:
    """Of very many forbidden characters the first twenty are named."""
    specs = compiled("# \x07" * 50)
    assert [error.code.value for error in specs.errors] == ["EK0102"] * 20


def test_rule_spared_by_wrong_part() -> None:
    """A combination is not judged while one of its parts is wrong by itself."""
    text = edited((ZONES, 'zones: ["1", "2", "9"]'), ("    maxSkew: 1", "    maxPerZone: 1"))
    assert [error.code.value for error in compiled(text).errors] == ["EK0204"]
