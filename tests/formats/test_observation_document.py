"""The observation document: written by ``observe``, read by ``--observed``."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core import tags
from controller.core.observed import Memory, Observed, Serials
from controller.core.plan import plan
from controller.engine.look import recall
from controller.formats.observation import observation_document, read_observation, what_lacks
from controller.formats.reading import DocumentError
from controller.formats.text import json_text
from providers.base import (
    BalancerFacts,
    Extension,
    Failure,
    Health,
    Leftover,
    LeftoverKind,
    LockLevel,
    NetworkFacts,
    PowerState,
    ProvisioningState,
    SubnetFacts,
)
from tests.builders import (
    NOW,
    REF,
    a_catalog,
    a_fleet,
    a_group,
    a_lock,
    a_member,
    members_in,
    observed,
)
from tests.formats.documents import OBSERVATION, changed, web, without


def read(text: str) -> Observed:
    """The fleet ``web`` as a document shows it."""
    return read_observation(text, "seen.json", [web()])["web"]


def rich_look() -> Observed:
    """A look with something in every field."""
    shell = a_member(
        4,
        "2",
        provisioning_state=ProvisioningState.FAILED,
        power_state=PowerState.UNKNOWN,
        health=Health.UNHEALTHY,
        created_at=NOW - timedelta(minutes=5, microseconds=7),
        tags={tags.HOLD: "owner=ops;until=2027-01-01T00:00:00Z;reason=disk", tags.POOL: "linux"},
        resources=(f"{REF.group_scope}/providers/Microsoft.Network/networkInterfaces/web-4-nic",),
        failure=Failure("AllocationFailed", "no room", NOW),
        protected=True,
        document={"osProfile": {"computerName": "web-4"}, "numbers": [1, 2.5, None, True]},
    )
    late = replace(a_member(5, None, created_at=None, fault_domain=2), listed=False)
    stranger = a_member(6, "9", owned=False)
    group = replace(
        a_group(9, floor=5),
        tags={**a_group(9, floor=5).tags, tags.RESERVED_AT: "2026-11-21T11:59:00+00:00"},
    )
    return observed(
        (a_member(1), shell, late, stranger),
        locks=(a_lock("web-000001", LockLevel.READ_ONLY),),
        serials=Serials(5, 9),
        reserved_at=NOW - timedelta(minutes=1),
        group=group,
        catalog=a_catalog({"cores": (100, 8)}),
    )


def test_contract_example_reads() -> None:
    """The contract's own document is read as it says."""
    found = read(OBSERVATION)
    assert [member.name[-1] for member in found.members] == ["1", "2", "4", "6"]
    assert found.serials == Serials(7, 7)
    assert found.locks is not None
    assert found.locks[0].level is LockLevel.CAN_NOT_DELETE


def extended_look() -> Observed:
    """Members whose extensions are done, failed, of unknown state, none, and not shown."""
    failure = Failure("VMExtensionProvisioningError", "exit code 1", NOW)
    shown = (
        (Extension("agent", ProvisioningState.SUCCEEDED),),
        (Extension("agent", ProvisioningState.FAILED, failure), Extension("probe")),
        (),
        None,
    )
    return observed(
        [a_member(serial, extensions=some) for serial, some in enumerate(shown, start=1)]
    )


LOOKS = {
    "extensions": extended_look(),
    "rich": rich_look(),
    "no set": Observed(NOW, exists=False, members=(), locks=()),
    "empty set": observed(),
    "locks unreadable": observed(members_in({"1": 2}), locks=None),
    "no tag": observed(members_in({"1": 1}), serials=None, group=None),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_look_survives_saving(look: Observed) -> None:
    """What was observed comes back equal from the document."""
    text = json_text(observation_document(look.observed_at, {"web": look}))
    assert read_observation(text, "seen.json", [a_fleet()]) == {"web": look}


def test_document_survives_reading() -> None:
    """A document that was read and is written again is the same text."""
    text = json_text(observation_document(NOW, {"web": rich_look()}))
    again = read_observation(text, "seen.json", [a_fleet()])
    assert json_text(observation_document(NOW, again)) == text


@pytest.mark.parametrize("replicas", [0, 3, 9, 40])
def test_saved_look_plans_alike(replicas: int) -> None:
    """A plan made from a saved look is the plan made from the look itself, hash included."""
    fleet, look = a_fleet(replicas), replace(rich_look(), observed_at=NOW)
    text = json_text(observation_document(NOW, {"web": look}, specs=[fleet]))
    saved = read_observation(text, "seen.json", [fleet])["web"]
    memory = recall(look, Memory(), NOW)
    assert plan(fleet, saved, recall(saved, Memory(), NOW), NOW) == plan(fleet, look, memory, NOW)


def test_optional_keys_have_defaults() -> None:
    """An instance may lack what the platform need not show."""
    text = OBSERVATION
    for key in ("createdAt", "health", "tags", "zone", "faultDomain", "owned"):
        text = without(text, f"fleets/web/instances/0/{key}")
    for key in ("locks", "serials"):
        text = without(text, f"fleets/web/{key}")
    found = read(text)
    assert found.members[0].owned
    assert found.members[0].instance.health is Health.UNKNOWN
    assert (found.locks, found.serials) == ((), None)


def test_null_locks_are_unreadable() -> None:
    """``"locks": null`` means that nobody knows, which is not the same as none."""
    assert read(changed(OBSERVATION, "fleets/web/locks", None)).locks is None


def test_fingerprint_key_wins() -> None:
    """A fingerprint beside the tags is taken before the tag."""
    tagged = changed(OBSERVATION, "fleets/web/instances/0/tags", {tags.TEMPLATE: "v1:tag"})
    both = changed(tagged, "fleets/web/instances/0/fingerprint", "v1:key")
    assert read(tagged).members[0].fingerprint == "v1:tag"
    assert read(both).members[0].fingerprint == "v1:key"


def test_unknown_keys_are_ignored() -> None:
    """A later release may add keys, at every level and with any value."""
    text = OBSERVATION
    for path in ("new", "fleets/web/new", "fleets/web/instances/0/new", "fleets/web/locks/0/new"):
        text = changed(text, path, {"deep": [None]})
    assert read(text) == read(OBSERVATION)


def test_other_fleets_stay_out() -> None:
    """Fleets of the document that nobody asks for are left out."""
    other = json.loads(OBSERVATION)["fleets"]["web"]
    found = read_observation(changed(OBSERVATION, "fleets/db", other), "seen.json", [web()])
    assert list(found) == ["web"]


def test_offset_times_become_utc() -> None:
    """A time in another zone is the same moment."""
    text = changed(OBSERVATION, "observedAt", "2026-11-21T13:00:00+01:00")
    assert read(text).observed_at == NOW
    assert read(text).observed_at.isoformat() == "2026-11-21T12:00:00+00:00"


ONE = "fleets/web/instances/0"
WRONG_VALUES = [
    (f"{ONE}/zone", 1, "instances[0].zone: expected a text in quotes, found 1"),
    (f"{ONE}/zone", "", "instances[0].zone: expected a text that is not empty"),
    (f"{ONE}/zone", ["1"], "instances[0].zone: expected a text in quotes, found a list"),
    (
        f"{ONE}/faultDomain",
        "0",
        "instances[0].faultDomain: expected a whole number, found the text",
    ),
    (f"{ONE}/faultDomain", 1.5, "instances[0].faultDomain: expected a whole number, found 1.5"),
    (f"{ONE}/faultDomain", -1, "instances[0].faultDomain: expected at least 0, found -1"),
    (f"{ONE}/faultDomain", True, "instances[0].faultDomain: expected a whole number, found true"),
    (f"{ONE}/priority", "spot", "instances[0].priority: expected 'Regular' or 'Spot'"),
    (f"{ONE}/provisioningState", "ok", "expected 'Creating', 'Updating', 'Succeeded'"),
    (f"{ONE}/powerState", None, "instances[0].powerState: expected 'unknown', 'creating'"),
    (f"{ONE}/health", "good", "instances[0].health: expected 'Unknown', 'Initializing'"),
    (f"{ONE}/name", None, "instances[0].name: expected a text in quotes, found null"),
    (f"{ONE}/name", "web-000002", "fleets.web: the instance web-000002 is listed 2 times"),
    (f"{ONE}/name", "WEB-000002", "fleets.web: the instance web-000002 is listed 2 times"),
    (f"{ONE}/size", 2, "instances[0].size: expected a text in quotes, found 2"),
    (f"{ONE}/owned", "yes", "instances[0].owned: expected true or false, found the text"),
    (f"{ONE}/tags", {"a": 1}, "instances[0].tags.a: expected a text in quotes, found 1"),
    (f"{ONE}/tags", {"a b": None}, 'instances[0].tags["a b"]: expected a text in quotes'),
    (f"{ONE}/createdAt", "2026-11-20", "instances[0].createdAt: expected a time such as"),
    (f"{ONE}/createdAt", 1, "instances[0].createdAt: expected a time such as"),
    (f"{ONE}/createdAt", "2026-11-20T08:00:00", "expected a time with its zone, such as"),
    (f"{ONE}/createdAt", "9999-12-31T23:59:59Z", "expected a time between 1970 and 2199"),
    (ONE, 7, "fleets.web.instances[0]: expected an object, found 7"),
    ("fleets/web/instances", {}, "fleets.web.instances: expected a list, found an object"),
    ("fleets/web/instances", None, "instances is missing; write [] for a set without members"),
    ("fleets/web/locks", "none", "fleets.web.locks: expected a list, found the text"),
    ("fleets/web/locks/0/level", "Delete", "locks[0].level: expected 'CanNotDelete' or 'ReadOnly'"),
    ("fleets/web/locks/0/scope", "", "locks[0].scope: expected a text that is not empty"),
    ("fleets/web/serials", {"floor": 8, "next": 7}, "serials: next (7) lies below floor (8)"),
    ("fleets/web/serials/next", 10**9, "serials: more than 10000 numbers are open between"),
    ("fleets/web/serials/floor", 0, "serials.floor: expected at least 1, found 0"),
    ("fleets/web/exists", False, "fleets.web: exists is false, yet there are instances"),
    ("fleets/web/exists", 1, "fleets.web.exists: expected true or false, found 1"),
    ("fleets/web/group", [], "fleets.web.group: expected an object, found a list"),
    ("fleets", [], "fleets: expected an object, found a list"),
    ("observedAt", "noon", "observedAt: expected a time such as"),
    ("formatVersion", "2.0", "this program reads versions 1.x, not 2.0"),
    ("formatVersion", 1.0, 'expected a text such as "1.0", found 1.0'),
    ("formatVersion", "one", 'expected a text such as "1.0", found the text "one"'),
]


@pytest.mark.parametrize(("path", "value", "said"), WRONG_VALUES)
def test_wrong_value_is_named(path: str, value: object, said: str) -> None:
    """A value of the wrong kind is named with its place, what is expected, and what is there."""
    with pytest.raises(DocumentError) as caught:
        read(changed(OBSERVATION, path, value))
    assert said in str(caught.value)
    assert str(caught.value).startswith("seen.json: ")


@pytest.mark.parametrize(
    "path",
    ["formatVersion", "observedAt", "fleets", "fleets/web/exists"]
    + [f"{ONE}/{key}" for key in ("name", "size", "priority", "provisioningState", "powerState")],
)
def test_missing_key_is_named(path: str) -> None:
    """A key that a plan cannot do without is asked for."""
    with pytest.raises(DocumentError, match="it is missing"):
        read(without(OBSERVATION, path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: this is not JSON"),
        ("fleets: {}", "line 1, column 1: this is not JSON"),
        ('{"a": 1,\n "b": }', "line 2, column 7: this is not JSON"),
        ("[]", "expected an observation document, found a list"),
        ("null", "expected an observation document, found null"),
        ('{"a": 1, "a": 2}', 'the key "a" occurs twice in one object'),
        ('{"formatVersion": NaN}', "NaN is not a number that JSON knows"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5_000, "a number in it has too many digits"),
        ("{}", "formatVersion: it is missing"),
    ],
)
def test_broken_text_is_explained(text: str, said: str) -> None:
    """Text that is no such document gets one sentence, not a traceback."""
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert said in str(caught.value)


def test_all_mistakes_at_once() -> None:
    """Every mistake of a document is told in one go, up to ten."""
    text = OBSERVATION
    for index in range(4):
        for key in ("zone", "size", "owned"):
            text = changed(text, f"fleets/web/instances/{index}/{key}", 5)
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert len(caught.value.problems) == 12
    assert str(caught.value).endswith("and 2 more mistakes")


def test_lacking_fleet_is_not_empty() -> None:
    """A fleet that the observation lacks is left out of the answer and told, never taken for empty."""
    seen = read_observation(OBSERVATION, "seen.json", [web(), a_fleet(name="db")])
    assert list(seen) == ["web"]
    assert what_lacks("db", seen).startswith("the observation lacks db; it has web.")


def test_leftovers_come_back() -> None:
    """Leftovers and the network are written and read back; without the key nobody has looked."""
    network = NetworkFacts(
        subnets={"/s": SubnetFacts(nat_gateway=False, route_table=True, free_addresses=3)},
        balancers={"/lb": BalancerFacts(standard=True, outbound=False, pools=frozenset({"/p"}))},
        missing=frozenset({"/gone"}),
    )
    found = (
        Leftover("/nic", LeftoverKind.INTERFACE),
        Leftover("/disk", LeftoverKind.DISK, {"a": "b"}, True, "/vm", False),  # noqa: FBT003 -- fields of a value
    )
    catalog = replace(a_catalog(), network=network)
    look = observed(members_in({"1": 1}), leftovers=found, catalog=catalog)
    seen = read(json_text(observation_document(NOW, {"web": look})))
    assert (seen.leftovers, seen.catalog) == (found, catalog)
    silent = observed(members_in({"1": 1}))
    assert read(json_text(observation_document(NOW, {"web": silent}))).leftovers is None


def test_secrets_stay_out() -> None:
    """What a VM was created with in secret is not written down."""
    secret = {"osProfile": {"adminPassword": "s3cret", "customData": "czNjcmV0"}, "userData": "s"}
    look = observed((a_member(1, document={**secret, "licenseType": "None"}),))
    text = json_text(observation_document(NOW, {"web": look}))
    assert '"licenseType": "None"' in text
    assert not any(word in text for word in ("s3cret", "czNjcmV0", "userData"))


def test_catalog_keeps_asked_sizes() -> None:
    """With the specs at hand only the sizes that a fleet asks for or has are written."""
    look = observed(members_in({"1": 1}), catalog=a_catalog())
    document = observation_document(NOW, {"web": look}, specs=[a_fleet()])
    text = json_text(document)
    assert "Standard_D2s_v5" in text
    assert "Standard_D2as_v5" not in text
