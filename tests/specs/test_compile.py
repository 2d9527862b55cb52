"""From files to fleets: values, digests, approvals, and which fleets a mistake freezes."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from controller.spec import values
from controller.spec.compile import compile_specs
from controller.spec.source import SourceFile
from providers.base import GroupRef
from tests.specs.spec_texts import GUID, WEB, compiled, edited

ID = f"/subscriptions/{GUID}/resourcegroups/web-rg/providers/microsoft.compute/virtualmachinescalesets/web"


CONTROL = """\
  replicas: 6
  scaleIn: {order: SpreadFirst, age: Newest, remove: [web-000003]}
  protection:
    instances:
      - {name: web-000001, owner: me, reason: audit, until: "2027-01-31T19:00:00+01:00"}
    manageLocks: true
  adopt: [old-1]
  limits:
    maxDelete: 3
    overrides: [{guard: meltdown, owner: me, until: "2027-01-31T18:00:00Z", reason: drill}]
  quorum: {voters: 5}
  deletion: Single
  deletionPolicy: Delete
  deletionHoldMinutes: 30
  state: Absent
  suspend: true
  tags: {owner: me}"""
CAPPED = """\
zones: ["1", "2", "3"]
    exclude: ["2"]
    weights: {"1": 2}
    maxPerZone: 4
    maxPercentPerZone: 70
    minDomains: 2"""


def fleet_of(*edits: tuple[str, str]) -> values.Fleet:
    """The fleet of an edited ``WEB``."""
    specs = compiled(edited(*edits))
    assert specs.errors == ()
    return specs.fleets[0]


def test_web_values() -> None:
    """The example becomes the values that it says, with defaults filled in."""
    fleet = fleet_of()
    assert fleet.ref == GroupRef(GUID, "web-rg", "web", "westeurope")
    assert fleet.placement == values.Placement(zones=("1", "2", "3"))
    assert fleet.pools[0].sizes == (
        values.SizeChoice("Standard_D2s_v5", 0),
        values.SizeChoice("Standard_D2as_v5", 1),
    )
    assert fleet.pools[0].spot == values.Spot(2, 50, values.EvictionPolicy.DELETE)
    assert (fleet.name, fleet.replicas, fleet.labels) == ("web", 6, {"team": "payments"})
    assert (fleet.limits, fleet.scale_in, fleet.holds) == (values.Limits(), values.ScaleIn(), {})
    assert fleet.source == "0.yaml:1"


def test_contract_example_accepted() -> None:
    """Abbreviated ids and keys, as the documentation writes them, are accepted."""
    text = edited(
        ("ssh-ed25519 AAAA ops", "ssh-ed25519 AAAA… ops"),
        (
            WEB[WEB.index("/subscriptions/") : WEB.index("\n      outbound")],
            "/subscriptions/…/subnets/web",
        ),
    )
    assert compiled(text).diagnostics == ()


def test_control_values() -> None:
    """Guards, holds, quorum and policies arrive as values with aware times."""
    fleet = fleet_of(
        (
            "  replicas: 6",
            CONTROL,
        )
    )
    until = datetime(2027, 1, 31, 18, tzinfo=UTC)
    assert fleet.scale_in == values.ScaleIn(
        values.VictimOrder.SPREAD_FIRST, values.VictimAge.NEWEST, ("web-000003",)
    )
    assert fleet.holds == {"web-000001": values.Hold("me", "audit", until)}
    assert fleet.limits.overrides == (values.Override("meltdown", "me", until, "drill"),)
    assert (fleet.limits.max_delete, fleet.adopt) == (3, ("old-1",))
    assert fleet.quorum == values.Quorum(voters=5)
    assert fleet.deletion is values.DeletionMode.SINGLE
    assert (fleet.deletion_policy, fleet.deletion_hold_minutes) == (
        values.DeletionPolicy.DELETE,
        30,
    )
    assert (fleet.absent, fleet.suspended, fleet.manage_locks) == (True, True, True)


@pytest.mark.parametrize(
    ("placement", "expected"),
    [
        ("faultDomains: 3", values.Placement(fault_domains=3)),
        ("faultDomains: max", values.Placement(fault_domains=1)),
        (
            CAPPED,
            values.Placement(
                zones=("1", "2", "3"),
                excluded=frozenset({"2"}),
                weights={"1": 2},
                max_per_domain=4,
                max_percent_per_domain=70,
                min_domains=2,
            ),
        ),
    ],
)
def test_placements(placement: str, expected: values.Placement) -> None:
    """Each kind of placement becomes its value."""
    assert fleet_of(('zones: ["1", "2", "3"]', placement)).placement == expected


def test_pools_in_order() -> None:
    """Pools keep their order, their own replicas and their own templates."""
    start = WEB.index("  sizes:")
    own = "".join(f"    {line}\n" for line in WEB[start:].splitlines())
    pools = "  pools:\n" + "".join(
        f"    - name: {name}\n      replicas: {count}\n{own}"
        for name, count in (("a", 2), ("b", 3))
    )
    text = WEB[:start].replace("  replicas: 6\n", "") + pools
    fleet = compiled(text).fleets[0]
    assert [(pool.name, pool.replicas) for pool in fleet.pools] == [("a", 2), ("b", 3)]


def test_scale_set_name() -> None:
    """The scale set may be called otherwise than the fleet."""
    fleet = fleet_of(("    location:", "    scaleSet: web-vmss\n    location:"))
    assert (fleet.name, fleet.ref.name) == ("web", "web-vmss")


def test_approval_leaves_digest() -> None:
    """The approval annotation is read and is no part of the digest that it approves."""
    plain, approved = (
        fleet_of(),
        fleet_of(("  labels:", "  annotations: {evenkeel/approve: t1}\n  labels:")),
    )
    assert (plain.approval, approved.approval) == (None, "t1")
    assert plain.spec_digest == approved.spec_digest


@pytest.mark.parametrize(
    "edit",
    [
        ("replicas: 6", "replicas: 5"),
        ("name: web", "name: web2"),
        ("resourceGroup: web-rg", "resourceGroup: other-rg"),
        ("team: payments", "team: other"),
        ("  labels:", "  annotations: {note: x}\n  labels:"),
        ("sizeGiB: 64", "sizeGiB: 65"),
    ],
)
def test_digest_covers_spec(edit: tuple[str, str]) -> None:
    """Any edit but the approval changes the digest."""
    assert fleet_of(edit).spec_digest != fleet_of().spec_digest


@pytest.mark.parametrize(
    "edit",
    [
        ("metadata:\n", "# a comment\nmetadata:\n"),
        ("resourceGroup: web-rg", "resourceGroup: 'web-rg'"),
        ("    os: Linux\n", "    os: Linux   \n"),
    ],
)
def test_digest_ignores_layout(edit: tuple[str, str]) -> None:
    """Comments, quotes and blanks are no part of the digest."""
    assert fleet_of(edit).spec_digest == fleet_of().spec_digest


def test_broken_freezes_only_itself() -> None:
    """A broken document names its fleet and scale set, and its neighbour in the same file goes on."""
    good = edited(("name: web", "name: api"))
    specs = compiled(f"{edited(('replicas: 6', 'replicas: six'))}---\n{good}")
    assert [fleet.name for fleet in specs.fleets] == ["api"]
    (broken,) = specs.broken
    assert (broken.name, broken.group_id, broken.file, broken.line) == ("web", ID, "0.yaml", 1)


def test_unreadable_rest_is_unknown() -> None:
    """After a syntax error the rest of the file counts as a broken spec that may be anybody's."""
    specs = compiled(
        f"{WEB}---\n{edited(('name: web', 'name: api'), ('replicas: 6', 'replicas: ['))}"
    )
    assert [fleet.name for fleet in specs.fleets] == ["web"]
    assert [(broken.name, broken.group_id is None) for broken in specs.broken] == [
        ("api", False),
        (None, True),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EK0114"),
        (b"# nothing\n---\n", "EK0114"),
        (b"a: \xff", "EK0101"),
        ("name: web".encode("utf-16"), "EK0101"),
        (b"x" * (256 * 1024 + 1), "EK0004"),
        (b"just text", "EK0203"),
        (b"- a\n- b", "EK0203"),
    ],
)
def test_files_without_fleet(content: bytes, code: str) -> None:
    """A file without a readable fleet is one error and one broken spec that may be anybody's."""
    specs = compiled(content)
    assert [error.code.value for error in specs.errors] == [code]
    assert [broken.group_id for broken in specs.broken] == [None]


def test_byte_order_mark_accepted() -> None:
    """A byte order mark and Windows line ends change nothing."""
    specs = compiled(b"\xef\xbb\xbf" + WEB.replace("\n", "\r\n").encode())
    assert specs.errors == ()
    assert specs.fleets[0].spec_digest == fleet_of().spec_digest


def test_set_claimed_twice() -> None:
    """Two documents that claim one scale set, in whatever case, are both errors and both frozen."""
    other = edited(("name: web", "name: api"), ("location:", "scaleSet: WEB\n    location:"))
    specs = compiled(WEB, other)
    assert specs.fleets == ()
    assert [(error.file, error.line, error.code.value) for error in specs.errors] == [
        ("0.yaml", 4, "EK0307"),
        ("1.yaml", 10, "EK0307"),
    ]
    assert specs.errors[0].notes == ("claimed also in 1.yaml:1",)


def test_broken_claim_counts() -> None:
    """A broken document still claims its scale set, so the other one does not act upon it either."""
    specs = compiled(
        WEB, edited(("name: web", "name: api"), ("location: w", "scaleSet: web\n    locatio: w"))
    )
    assert specs.fleets == ()


def test_name_given_twice() -> None:
    """Two fleets of one name in different resource groups are both errors."""
    specs = compiled(WEB, edited(("resourceGroup: web-rg", "resourceGroup: other-rg")))
    assert [(error.file, error.code.value) for error in specs.errors] == [
        ("0.yaml", "EK0306"),
        ("1.yaml", "EK0306"),
    ]


def test_scenarios_passed_over() -> None:
    """A scenario of the simulated region may lie among specs; it is no fleet and no mistake."""
    scenario = (
        "apiVersion: evenkeel/v1alpha1\nkind: Scenario\nmetadata: {name: x}\nspec: {listLag: 4}\n"
    )
    specs = compiled(WEB, scenario)
    assert (len(specs.fleets), specs.broken, specs.diagnostics) == (1, (), ())


SLEEP = '[{{process: {}, owner: ana, reason: audit, until: "2027-01-31T18:00:00Z"}}]'


def test_single_processes_sleep() -> None:
    """A list under ``suspend`` puts single processes to sleep, each with owner, reason and end."""
    fleet = fleet_of(("  replicas: 6", "  replicas: 6\n  suspend: " + SLEEP.format("delete")))
    until = datetime(2027, 1, 31, 18, tzinfo=UTC)
    one = values.Suspension(values.Process.DELETE, "ana", "audit", until)
    assert (fleet.suspended, fleet.suspensions) == (False, (one,))


@pytest.mark.parametrize("process", ["create", "delete", "sweep"])
def test_working_suspension_warns_nobody(process: str) -> None:
    """Suspending what this version does is told without a warning."""
    text = edited(("  replicas: 6", "  replicas: 6\n  suspend: " + SLEEP.format(process)))
    assert compiled(text).diagnostics == ()


def test_empty_list_suspends_nothing() -> None:
    """An empty list under ``suspend`` puts nothing to sleep."""
    fleet = fleet_of(("  replicas: 6", "  replicas: 6\n  suspend: []"))
    assert (fleet.suspended, fleet.suspensions) == (False, ())


WARNINGS = [
    (("Standard_D2as_v5", "Standard_D2as_v99"), "EK0502", (16, 28)),
    (("location: westeurope", "location: westeurop"), "EK0309", (10, 15)),
    (("baseRegular: 2", "baseRegular: 6"), "EK0505", (18, 18)),
    (("      outbound: natGateway\n", ""), "EK0606", (26, 5)),
    (('    sshPublicKeys: ["ssh-ed25519 AAAA ops"]\n', ""), "EK0612", (21, 3)),
    (("  replicas: 6", "  replicas: 6\n  quorum: {voters: 4}"), "EK0701", (12, 3)),
    (("  replicas: 6", "  replicas: 6\n  quorum: {}"), "EK0701", (12, 3)),
    (("  replicas: 6", "  replicas: 6\n  protection: {manageLocks: true}"), "EK0210", (12, 29)),
    (("  replicas: 6", "  replicas: 6\n  suspend: " + SLEEP.format("repair")), "EK0210", (12, 23)),
    (
        ("outbound:", "inboundNatRules: [/subscriptions/x/inboundNatRules/y]\n      outbound:"),
        "EK0210",
        (28, 7),
    ),
]


@pytest.mark.parametrize(("edit", "code", "at"), WARNINGS)
def test_warnings_stop_nothing(edit: tuple[str, str], code: str, at: tuple[int, int]) -> None:
    """A warning is told at its place, and the fleet goes on."""
    specs = compiled(edited(edit))
    told = [
        (one.code.value, one.severity.value, (one.line, one.column)) for one in specs.diagnostics
    ]
    assert told == [(code, "warning", at)]
    assert len(specs.fleets) == 1


def test_managed_image_limit() -> None:
    """A managed image allows 600 members, an image in a gallery 1,000."""
    old = "{publisher: Canonical, offer: ubuntu-24_04-lts, sku: server}"
    scope = "/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute"
    found = {}
    for kind in ("images/i", "galleries/g/images/i"):
        for count in (600, 601):
            text = edited((old, f"{{id: {scope}/{kind}}}"), ("replicas: 6", f"replicas: {count}"))
            found[kind, count] = [error.code.value for error in compiled(text).errors]
    assert found == {
        ("images/i", 600): [],
        ("images/i", 601): ["EK0404"],
        ("galleries/g/images/i", 600): [],
        ("galleries/g/images/i", 601): [],
    }


@pytest.mark.parametrize(
    ("location", "count", "note"),
    [
        ("westeurope", 3, None),
        ("uksouth", 2, None),
        ("uksouth", 3, "The specified fault domain count 3 must fall in the range 1 to 2."),
    ],
)
def test_fault_domains_of_region(location: str, count: int, note: str | None) -> None:
    """More fault domains than the region has are refused in the platform's words."""
    text = edited(
        ("location: westeurope", f"location: {location}"),
        ('zones: ["1", "2", "3"]', f"faultDomains: {count}"),
    )
    notes = [error.notes for error in compiled(text).errors]
    assert notes == ([] if note is None else [(f"Azure says: InvalidParameter. {note}",)])


@pytest.mark.slow
def test_five_hundred_specs_fast() -> None:
    """Five hundred specs take less than three seconds of CPU, on a slow machine and under a tracer too."""
    files = [
        SourceFile(f"{number}.yaml", edited(("name: web", f"name: web{number}")).encode())
        for number in range(500)
    ]
    began = time.process_time()
    assert len(compile_specs(files).fleets) == 500
    assert time.process_time() - began < 3.0
