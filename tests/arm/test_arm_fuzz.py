"""Whatever is sent, the emulator answers: with a body that ARM could have sent, and a region that can be saved."""

from __future__ import annotations

import re
from random import Random

import pytest

from providers.arm.services import ROUTES
from providers.simulated.state import decode, encode
from tests.arm.clients import (
    GROUP,
    MEMBERS_OF_SET,
    OWN,
    SET,
    VM,
    Client,
    a_client_with_set,
    a_profile_set,
    a_set,
    a_vm,
)
from tests.providers.worlds import SUBSCRIPTION

JUNK: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    3.5,
    "",
    "x",
    [],
    {},
    ["1", "2"],
    {"id": None},
    [None],
    [{}],
    10**30,
)
COMPUTE_ROUTES = [
    route for route in ROUTES if "Microsoft.Compute" in route.pattern or "+scope" in route.pattern
]
FILTERS = ("x", "name eq 'a'", MEMBERS_OF_SET, "atScope()", "location eq 'westeurope'", "'")


def broken(value: object, chance: Random) -> object:
    """The value with a few of its parts replaced by junk or taken away."""
    if chance.random() < 0.04:
        return chance.choice(JUNK)
    if isinstance(value, dict):
        return {
            name: broken(part, chance) for name, part in value.items() if chance.random() > 0.02
        }
    if isinstance(value, list):
        return [broken(part, chance) for part in value]
    return value


def filled(pattern: str, chance: Random) -> str:
    """A path of this pattern, mostly to things that exist."""
    known = {
        "subscription": [SUBSCRIPTION],
        "group": ["web-rg", "WEB-rg", "other-rg"],
        "name": ["web", "web-000001", "web-000002", f"n{chance.randint(0, 9)}"],
        "location": ["westeurope", "nowhere"],
        "+scope": [VM, GROUP, OWN, SET],
        "member": ["web-000001"],
    }
    return re.sub(r"\{([^}]+)\}", lambda part: chance.choice(known.get(part[1], ["x"])), pattern)


def send_something(client: Client, chance: Random) -> None:
    """Send one request, well formed or not, and hold its answer to ARM's form."""
    route = chance.choice(COMPUTE_ROUTES)
    body = None
    if route.method in {"PUT", "PATCH", "POST"}:
        bodies = (a_vm(), a_vm(member=False), a_set(), a_profile_set(2), {"tags": {"a": "b"}})
        body = broken(chance.choice(bodies), chance)
    query = {
        "$filter": chance.choice(FILTERS) if chance.random() < 0.3 else "",
        "$expand": chance.choice(("instanceView", "userData", "x", "")),
    }
    path = filled(route.pattern, chance)
    answer = client.send(
        route.method, path, body, query={name: text for name, text in query.items() if text}
    )
    if answer.status >= 400:
        assert answer.code, path
        assert answer.message, path
    else:
        assert 200 <= answer.status <= 204, path


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_any_request_is_answered(seed: int) -> None:
    """Hundreds of broken requests raise nothing, and leave a region that can be saved and read back."""
    print("seed", seed)
    chance = Random(seed)
    client = a_client_with_set(members=3)
    for _ in range(300):
        send_something(client, chance)
        client.wait(chance.choice((0, 0, 0, 20, 120)))
    text = encode(client.emulator.region)
    assert encode(decode(text)) == text


@pytest.mark.parametrize("content", [b"{", b'{"location": NaN}', b"\xff", b"[" * 100_000])
def test_content_that_is_no_json(content: bytes) -> None:
    """What is not JSON is refused, however it is broken."""
    from providers.arm.errors import Refusal
    from providers.arm.messages import Request

    with pytest.raises(Refusal) as refused:
        Request("PUT", VM, content=content).document()
    assert (refused.value.status, refused.value.code) == (400, "InvalidRequestContent")
