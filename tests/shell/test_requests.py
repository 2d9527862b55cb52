"""What is asked of the provider for a new member."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.core import tags
from controller.core.steps import Create, Reason
from controller.engine.passwords import LENGTH, fresh_password
from controller.engine.requests import fill_in, instance_request, windows_computer_name
from controller.spec.values import EvictionPolicy, Spot, Template
from providers.base import Document, Priority
from providers.simulated.state import opened
from tests.builders import D2S, REF, a_fleet, a_pool
from tests.shell.stage import DOCUMENT, a_provider, one_pass

STEP = Create(
    instance="web-000041",
    pool="",
    zone="2",
    fault_domain=None,
    size=D2S,
    priority=Priority.REGULAR,
    reason=Reason.SCALE_OUT,
    why="",
)


def filled(document: Document, os: str = "Linux") -> Document:
    """The document as ``web-000041`` gets it."""
    template = Template(document=document, fingerprint="v1:0", os=os)
    return fill_in(a_pool(1, template=template), "web-000041")


@pytest.mark.parametrize(
    ("instance", "name"),
    [
        ("web-000001", "web-1"),
        ("web-000035", "web-z"),
        ("web-000036", "web-10"),
        ("web-999999999", "web-gjdgxr"),
        ("payments-api-000041", "payments-15"),
        ("abcdefg-h-000001", "abcdefg--1"),
        ("a-very-long-name-of-36-characters-xyz-1000000", "a-very-l-lfls"),
    ],
)
def test_windows_names_are_short(instance: str, name: str) -> None:
    """A Windows name has eight characters of the fleet, a hyphen and base 36: fifteen at most."""
    assert windows_computer_name(instance) == name
    assert len(name) <= 15


def test_windows_names_differ() -> None:
    """No two serial numbers of a fleet give the same Windows name."""
    names = {windows_computer_name(f"web-{serial:06d}") for serial in range(1, 5000)}
    assert len(names) == 4999


@pytest.mark.parametrize(("os", "name"), [("Linux", "web-000041"), ("Windows", "web-15")])
def test_computer_name_is_put_in(os: str, name: str) -> None:
    """A Linux computer is called as its VM is, a Windows one by its short name."""
    found = filled({"osProfile": {"computerName": "{computerName}"}}, os)
    assert found == {"osProfile": {"computerName": name}}


def test_names_are_put_in_deeply() -> None:
    """The instance's name replaces its placeholder in lists and texts, and other values stay."""
    found = filled({"nics": [{"name": "{name}-nic", "primary": True}], "n": None, "d": 1.5})
    assert found == {"nics": [{"name": "web-000041-nic", "primary": True}], "n": None, "d": 1.5}


def test_scripts_are_left_alone() -> None:
    """In scripts and data of the user's own, ``${name}`` is not ours."""
    document: Document = {
        "extensions": [{"settings": {"commandToExecute": "echo ${name}"}}],
        "userData": "{name}",
        "osProfile": {"customData": "{name}"},
    }
    assert filled(document) == document


def test_request_carries_the_choice() -> None:
    """Name, place, size, class, tags and identities are those of the step and its pool."""
    template = replace(a_pool().template, identity_ids=("/identity",))
    fleet = a_fleet(pools=(a_pool(6, template=template),), tags={"team": "payments"})
    request = instance_request(fleet, STEP)
    assert (request.name, request.zone, request.fault_domain) == ("web-000041", "2", None)
    assert (request.size, request.priority, request.identity_ids) == (
        D2S,
        Priority.REGULAR,
        ("/identity",),
    )
    assert request.tags["team"] == "payments"
    assert request.tags[tags.SERIAL] == "41"
    assert tags.owned(REF, request.tags)


@pytest.mark.parametrize(
    ("priority", "policy", "price"),
    [(Priority.REGULAR, None, None), (Priority.SPOT, "Delete", 0.5)],
)
def test_spot_terms_are_for_spot(
    priority: Priority, policy: str | None, price: float | None
) -> None:
    """Only a Spot member of a mixed pool gets an eviction policy and a price."""
    spot = Spot(2, 50, eviction_policy=EvictionPolicy.DELETE, max_price=0.5)
    request = instance_request(a_fleet(spot=spot), replace(STEP, priority=priority))
    assert (request.eviction_policy, request.max_price) == (policy, price)


def test_pool_decides_the_template() -> None:
    """In a fleet of several pools the step's own pool gives the template."""
    pools: list[Any] = [
        a_pool(1, name=name, template=Template({"osProfile": {"adminUsername": name}}, "v1:0"))
        for name in ("linux", "windows")
    ]
    request = instance_request(a_fleet(pools=tuple(pools)), replace(STEP, pool="windows"))
    assert request.document == {"osProfile": {"adminUsername": "windows"}}
    assert request.tags[tags.POOL] == "windows"


WINDOWS: Document = {"osProfile": {"adminUsername": "azureuser", "windowsConfiguration": {}}}


def asked_of(os: str, document: Document) -> Document:
    """The document of a request for one member."""
    template = Template(document=document, fingerprint="v1:0", os=os)
    fleet = a_fleet(pools=(a_pool(1, template=template),))
    return instance_request(fleet, STEP, lambda: "drawn").document


def test_windows_gets_a_password() -> None:
    """A Windows member gets a password that was drawn for it, because Azure takes none without."""
    profile = {"adminUsername": "azureuser", "windowsConfiguration": {}, "adminPassword": "drawn"}
    assert asked_of("Windows", WINDOWS) == {"osProfile": profile}


@pytest.mark.parametrize(
    ("os", "document"),
    [
        ("Linux", WINDOWS),
        ("Windows", {"storageProfile": {}}),
        ("Windows", {"osProfile": {"adminPassword": "theirs"}}),
    ],
)
def test_no_other_password_is_drawn(os: str, document: Document) -> None:
    """A Linux member, a specialized image and whoever has a password already get none."""
    assert asked_of(os, document) == document


def test_passwords_are_what_azure_takes() -> None:
    """Passwords are long, of all four kinds of characters, and no two are the same."""
    drawn = {fresh_password() for _ in range(200)}
    assert len(drawn) == 200
    for one in drawn:
        assert len(one) == LENGTH
        assert any(char.islower() for char in one)
        assert any(char.isupper() for char in one)
        assert any(char.isdigit() for char in one)
        assert any(not char.isalnum() for char in one)


def test_password_is_kept_nowhere(tmp_path: Path) -> None:
    """The password that a Windows member was created with is in no file and in no look."""
    path = tmp_path / "region.json"
    template = Template(document={**DOCUMENT, **WINDOWS}, fingerprint="v1:0", os="Windows")
    fleet = a_fleet(pools=(a_pool(1, template=template),))
    provider = a_provider()
    with opened(path) as file:
        assert one_pass(fleet, provider).changed
        file.save(provider.region)
    kept = path.read_text()
    assert "windowsConfiguration" in kept
    assert "adminPassword" not in kept + repr(provider.region.observe(REF))
