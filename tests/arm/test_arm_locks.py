"""Locks at every scope, as recorded."""

from __future__ import annotations

import pytest

from providers.simulated.scenario import Window
from tests.arm.clients import GROUP, LOCKS, OWN, SET, VM, a_client

NIC = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic"


@pytest.mark.parametrize("scope", [OWN, GROUP, VM, f"{NIC}/ipConfigurations/one"])
def test_lock_at_scope(scope: str) -> None:
    """A lock is 201, changed 200, shown, deleted 200, gone 204, at every scope."""
    client, lock = a_client(), f"{scope}/{LOCKS}/keep"
    made = client.send("PUT", lock, {"properties": {"level": "CanNotDelete"}}, version="2016-09-01")
    assert made.status == 201
    assert made.text == (
        f'{{"properties":{{"level":"CanNotDelete"}},"id":"{lock}","type":"Microsoft.Authorization/locks",'
        '"name":"keep"}'
    )
    changed = {"properties": {"level": "ReadOnly", "notes": "somenotes"}}
    assert client.send("PUT", lock, changed).status == 200
    assert client.get(lock).json["properties"] == changed["properties"]
    assert [client.send("DELETE", lock).status for _ in range(2)] == [200, 204]
    assert client.get(lock).code == "LockNotFound"


def test_list_of_locks() -> None:
    """A list has locks at, above and below its scope; with atScope() those at and above it."""
    client = a_client()
    for name, scope in (("above", OWN), ("here", GROUP), ("below", VM), ("aside", f"{GROUP}-2")):
        client.send("PUT", f"{scope}/{LOCKS}/{name}", {"properties": {"level": "ReadOnly"}})
    found = {
        text: [row["name"] for row in client.get(f"{GROUP}/{LOCKS}", filter=text).json["value"]]
        for text in ("", "atScope()")
    }
    assert found == {"": ["above", "here", "below"], "atScope()": ["above", "here"]}
    everywhere = client.get(f"{OWN}/{LOCKS}").json["value"]
    assert len(everywhere) == 4


def test_scopes_compare_without_case() -> None:
    """A lock set under another spelling of its scope is found and works."""
    client = a_client()
    body = {"properties": {"level": "CanNotDelete"}}
    client.send("PUT", f"{SET.upper()}/{LOCKS.upper()}/KEEP", body)
    assert client.get(f"{SET}/{LOCKS}/keep").status == 200


def test_unknown_level() -> None:
    """A level that there is not is refused."""
    refused = a_client().send("PUT", f"{GROUP}/{LOCKS}/x", {"properties": {"level": "Never"}})
    assert (refused.status, refused.code) == (400, "InvalidLockLevel")


def test_locks_that_cannot_be_read() -> None:
    """While the scenario says so, the list of locks is forbidden."""
    client = a_client(locks_unreadable=(Window(0, 60),))
    refused = client.get(f"{GROUP}/{LOCKS}")
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    client.wait(60)
    assert client.get(f"{GROUP}/{LOCKS}").json == {"value": []}
