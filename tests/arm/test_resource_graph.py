"""The Resource Graph: the queries by which clients find VMs, and clear words for all others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.arm.clients import SET, VMS, Answer, Client, a_client_with_set

PATH = "/providers/Microsoft.ResourceGraph/resources"
MEMBERS = f"where type =~ 'Microsoft.Compute/virtualMachines' and properties.virtualMachineScaleSet.id =~ '{SET.upper()}'"


def ask(client: Client, query: str, **options: Any) -> Answer:
    """POST a query."""
    body: dict[str, Any] = {"query": query}
    if options:
        body["options"] = {
            f"${name}" if name != "resultFormat" else name: options[name] for name in options
        }
    return client.send("POST", PATH, body, version="2021-03-01")


def test_members_of_a_set() -> None:
    """The members of a set are found by type and set, without regard to case, with their power states."""
    client = a_client_with_set(members=3)
    power = "power = properties.extended.instanceView.powerState.code"
    answer = ask(
        client, f"Resources | {MEMBERS} | project name, zones, {power} | order by name asc"
    )
    assert answer.json["totalRecords"] == answer.json["count"] == 3
    assert answer.json["data"][0] == {
        "name": "web-000001",
        "zones": ["1"],
        "power": "PowerState/running",
    }


@pytest.mark.parametrize(
    ("query", "data"),
    [
        (
            "resources | where type == 'microsoft.compute/virtualmachinescalesets' | project name",
            [{"name": "web"}],
        ),
        (
            "Resources | where name in~ ('WEB-000001', 'other') | project name",
            [{"name": "web-000001"}],
        ),
        ("Resources | where name startswith 'web-0' | count", [{"Count": 6}]),
        ("Resources | where name contains '000002' and type endswith 'x'", None),
        ("Resources | where tolower(name) == 'web' | project id", [{"id": SET}]),
        (
            "Resources | where type has 'virtualMachines' | summarize total = count() by location",
            [{"location": "westeurope", "total": 2}],
        ),
        ("Resources | where name =~ 'a | b and c' | count", [{"Count": 0}]),
        ("Resources | where type !~ 'x' | order by id desc | limit 0", []),
    ],
)
def test_small_queries(query: str, data: list[dict[str, object]] | None) -> None:
    """Conditions, projections, counts and sums do what Azure's query language says; None is a refusal."""
    answer = ask(a_client_with_set(members=2), query)
    assert answer.status == (400 if data is None else 200), answer.text
    assert answer.json.get("data") == data


@pytest.mark.parametrize(
    ("query", "needle"),
    [
        ("", "no 'query'"),
        ("ResourceContainers | count", "the table 'ResourceContainers' is not served"),
        ("Resources | join (Resources) on id", "'join (Resources) on id' is not served"),
        ("Resources | where name == other", "the condition 'name == other' is not served"),
        ("Resources | where name == 'a' or name == 'b'", "is not served"),
        ("Resources | extend a = tostring(name)", "is not served"),
        ("Resources | limit many", "'many' is not a number of rows"),
        ("Resources | project strcat(a, b)", "is not served"),
    ],
)
def test_refused_queries(query: str, needle: str) -> None:
    """A query that is not understood is a 400 that names what is wrong and what is served."""
    answer = ask(a_client_with_set(), query)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert needle in answer.json["error"]["details"][0]["message"]


def test_pages_and_tables() -> None:
    """``$skip`` and ``$top`` cut a page out; a table has columns and rows."""
    client = a_client_with_set(members=3)
    query = f"Resources | {MEMBERS} | order by name asc | project name"
    page = ask(client, query, skip=1, top=1).json
    assert (page["totalRecords"], page["resultTruncated"]) == (3, "true")
    assert page["data"] == [{"name": "web-000002"}]
    table = ask(client, query, resultFormat="table").json["data"]
    assert table["columns"] == [{"name": "name", "type": "string"}]
    assert table["rows"] == [["web-000001"], ["web-000002"], ["web-000003"]]


def test_only_asked_subscriptions() -> None:
    """Only the subscriptions that a query names are searched."""
    client = a_client_with_set(members=1)
    body = {"query": "Resources | count", "subscriptions": ["99999999-0000-0000-0000-000000000000"]}
    answer = client.send("POST", PATH, body, version="2021-03-01")
    assert answer.json["data"] == [{"Count": 0}]
    assert client.get(VMS).json["value"] != []
