"""Words of closed lists: taken in any case, shown in Azure's."""

from __future__ import annotations

import pytest

from tests.arm.clients import IMAGE, SET, VM, a_client, a_client_with_set, a_profile_set, a_vm


def a_disk(asked: str) -> dict[str, object]:
    """A storage profile that asks for its disk in this spelling."""
    return {"imageReference": IMAGE, "osDisk": {"createOption": asked, "deleteOption": "Delete"}}


@pytest.mark.parametrize("asked", ["fromImage", "FROMIMAGE", "FromImage"])
def test_vm_is_shown_as_azure_spells(asked: str) -> None:
    """Az asks for fromImage and is answered FromImage."""
    made = a_client_with_set().send("PUT", VM, a_vm(storageProfile=a_disk(asked)))
    assert made.json["properties"]["storageProfile"]["osDisk"]["createOption"] == "FromImage"


def test_other_spelling_changes_nothing() -> None:
    """A PUT of the same VM in another spelling is no attempt to change what is fixed."""
    client = a_client_with_set()
    client.send("PUT", VM, a_vm(storageProfile=a_disk("FromImage")))
    client.wait()
    again = client.send("PUT", VM, a_vm(storageProfile=a_disk("fromImage")))
    assert (again.status, again.text.count("PropertyChangeNotAllowed")) == (200, 0)


def test_set_is_shown_as_azure_spells() -> None:
    """The upgrade mode and the disk of a set's profile are spelled as Azure does, other words are left."""
    body = a_profile_set(0, storageProfile=a_disk("fromimage"))
    body["properties"]["upgradePolicy"] = {"mode": "manual"}
    shown = a_client().send("PUT", SET, body).json["properties"]
    assert shown["upgradePolicy"]["mode"] == "Manual"
    profile = shown["virtualMachineProfile"]
    assert profile["storageProfile"]["osDisk"]["createOption"] == "FromImage"
    assert profile["osProfile"]["computerNamePrefix"] == "web"
