"""``evenkeel reconcile``: plans, passes, saved plans, approvals, and the exit code of each."""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.transcripts import check_transcript, longest_line

if TYPE_CHECKING:
    from tests.cli.shell import Shell

_FIRST_LINE = "evenkeel: simulated region kept in .evenkeel/region.json (no --provider given)"


_NETWORK = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups"
_GROUP = f"{_NETWORK}/web-rg"
_SUBNET = f"{_NETWORK}/net/providers/Microsoft.Network/virtualNetworks/v/subnets/s"


def _outage(error: str) -> str:
    return f"{{failures: [{{call: observe, error: {error}, times: 1000, retryAfter: 900}}]}}"


def test_plan_of_new_fleet(shell: Shell) -> None:
    """A plan names the set, each instance with its reason, and the summary; stderr says where it looked."""
    ran = shell.run("reconcile", shell.spec(), "--dry-run")
    assert (ran.code, ran.err) == (0, f"{_FIRST_LINE}\n")
    check_transcript("reconcile-dry-run", ran.out)
    assert longest_line(ran.out) <= 80


def test_missing_way_out_is_told(shell: Shell) -> None:
    """Where the subnet has no way out, the plan says so in Azure's words, and nothing is sent."""
    path = shell.spec()
    ways = f"strict: true, resources: [{_GROUP}], subnets: [{{id: {_SUBNET}, natGateway: false}}]"
    words = ("reconcile", path, "--state", "none", "--scenario", shell.scenario(f"{{{ways}}}"))
    ran = shell.run(*words, "--dry-run", "--detailed-exitcode")
    assert ran.code == 3
    check_transcript("reconcile-no-way-out", ran.out)
    assert shell.run(*words, "--detailed-exitcode").code == 3


def test_leftovers_are_told(shell: Shell) -> None:
    """What a lost member left behind is in plan, events and explanation, and is marked before it goes."""
    scenario = shell.scenario("{deletions: [{times: 1}]}")
    words = ("--state", "r.json", "--scenario", scenario)
    assert shell.run("reconcile", shell.spec(), "--until-converged", *words).code == 0
    path = shell.spec(replicas=5)
    assert shell.run("reconcile", path, *words).code == 0
    assert shell.run("reconcile", path, "--until-converged", *words).code == 0
    planned = shell.run("reconcile", path, "--dry-run", *words)
    assert "Note: web-000003-nic, web-000003_OsDisk_1_" in planned.out
    events = shell.run("get", "events", "--specs", path, *words).out
    assert "the member that had this networkInterface is gone" in events
    shell.write("seen.json", shell.run("observe", path, "-o", "json", *words).out)
    again = shell.run("reconcile", path, "--dry-run", "--observed", "seen.json")
    assert "Note: web-000003-nic, web-000003_OsDisk_1_" in again.out


def test_dry_run_writes_nothing(shell: Shell) -> None:
    """A dry run leaves no region behind, and a second one plans the same."""
    path = shell.spec()
    plans = [shell.run("reconcile", path, "--dry-run", "-o", "json").out for _ in range(2)]
    assert plans[0] == plans[1]
    assert not (shell.folder / ".evenkeel/region.json").exists()


def test_memory_only(shell: Shell) -> None:
    """With --state none not even a directory is made."""
    ran = shell.run("reconcile", shell.spec(), "--state", "none")
    assert ran.code == 0
    assert ran.err.startswith("evenkeel: simulated region in memory only")
    assert not (shell.folder / ".evenkeel").exists()


@pytest.mark.parametrize(
    ("form", "beginning"),
    [
        ("json", "{\n"),
        ("yaml", "formatVersion: '1.0'\n"),
        ("markdown", "<!-- evenkeel-plan: specs/web.yaml -->\n\n### Plan: 6 to add"),
    ],
)
def test_plan_in_other_forms(shell: Shell, form: str, beginning: str) -> None:
    """The same plan comes as JSON, YAML and Markdown."""
    out = shell.run("reconcile", shell.spec(), "--dry-run", "-o", form).out
    assert out.startswith(beginning)


def test_plan_document_counts(shell: Shell) -> None:
    """The plan document counts what the text says."""
    plan = shell.run("reconcile", shell.spec(), "--dry-run", "-o", "json").document
    assert plan["errored"] is False
    assert plan["summary"] == {
        "create": 6,
        "delete": 0,
        "replace": 0,
        "change": 0,
        "unchanged": 0,
        "blocked": 0,
    }


def test_one_pass_starts_and_returns(shell: Shell) -> None:
    """One pass starts what it planned, says so, and waits for nothing."""
    ran = shell.run("reconcile", shell.spec())
    assert ran.code == 0
    assert "web: accepted: 1 scale set, 6 creations\n" in ran.out


def test_outcomes_for_machines(shell: Shell) -> None:
    """After a pass that was no dry run the document has the outcome of each action."""
    done = shell.run("reconcile", shell.spec(), "-o", "json").document
    verbs = [outcome["verb"] for outcome in done["outcomes"]["web"] if outcome["accepted"]]
    assert verbs.count("create") == 6


def test_passes_until_converged(shell: Shell) -> None:
    """Passes go on until the fleet stands; each change is one line on stderr, the end is on stdout."""
    ran = shell.run("reconcile", shell.spec(), "--until-converged")
    assert ran.code == 0
    check_transcript("until-converged-out", ran.out)
    check_transcript("until-converged-err", ran.err)


def test_second_pass_has_nothing_to_do(shell: Shell) -> None:
    """What stands as its spec says gives an empty plan and exit code 0, however it is asked."""
    path = shell.converged()
    ran = shell.run("reconcile", path, "--dry-run", "--detailed-exitcode")
    assert ran.code == 0
    assert "No changes. The fleet is as its spec says." in ran.out


@pytest.mark.parametrize(
    ("words", "code"),
    [((), 0), (("--detailed-exitcode",), 2)],
)
def test_pending_changes(shell: Shell, words: tuple[str, ...], code: int) -> None:
    """Pending changes are exit code 2, and only for those who ask for it."""
    assert shell.run("reconcile", shell.spec(), "--dry-run", *words).code == code


def test_blocked_changes(shell: Shell) -> None:
    """Changes that a lock prevents are exit code 3, and the plan says which lock."""
    shell.converged()
    scope = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/web-rg"
    seen = shell.run("observe", "specs", "-o", "json").document
    seen["fleets"]["web"]["locks"] = [{"level": "CanNotDelete", "scope": scope}]
    shell.write("seen.json", json.dumps(seen))
    path = shell.spec(replicas=3)
    ran = shell.run(
        "reconcile", path, "--dry-run", "--observed", "seen.json", "--detailed-exitcode"
    )
    assert ran.code == 3
    check_transcript("reconcile-blocked", ran.out)


def test_broken_spec_freezes_its_own_fleet(shell: Shell) -> None:
    """The mistake is told on stderr, the other fleet is created, and the exit code is 1."""
    shell.broken_spec("db")
    shell.spec("web")
    ran = shell.run("reconcile", "specs", "--until-converged")
    assert ran.code == 1
    assert "error[EK0201]: unknown field `replica`" in ran.err
    assert "1 spec is broken: its fleet stays as it is; the other fleets go on" in ran.err
    assert "6/6" in ran.err
    assert "! its spec is broken (specs/db.yaml:1)" in ran.out


def test_broken_spec_makes_plan_errored(shell: Shell) -> None:
    """A plan that lacks a fleet says that it is errored, never that nothing changes."""
    shell.broken_spec("db")
    plan = shell.run("reconcile", "specs", "--dry-run", "-o", "json").document
    assert plan["errored"] is True
    assert plan["errors"] == [{"fleet": "db", "error": "its spec is broken (specs/db.yaml:1)"}]


def test_missing_path_is_no_empty_plan(shell: Shell) -> None:
    """A path that is not there is an error, and nothing is planned from its absence."""
    ran = shell.run("reconcile", "nowhere", "--dry-run", "-o", "json")
    assert ran.code == 1
    assert ran.document["errored"] is True


def test_plan_from_observation(shell: Shell) -> None:
    """A saved observation gives the plan that the provider would give, and no provider is used."""
    path = shell.converged()
    shell.write("seen.json", shell.run("observe", path, "-o", "json").out)
    shell.spec(replicas=9)
    live = shell.run("reconcile", path, "--dry-run", "-o", "json")
    saved = shell.run("reconcile", path, "--dry-run", "-o", "json", "--observed", "seen.json")
    assert saved.err == "evenkeel: no provider: planning from seen.json\n"
    assert saved.document == live.document


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "this is not JSON"),
        ('{"formatVersion": "9.0", "observedAt": "2026-11-21T12:00:00Z", "fleets": {}}', "9.0"),
    ],
)
def test_bad_observation(shell: Shell, content: str | None, said: str) -> None:
    """An observation that cannot be used is an error that says why; unknown is not empty."""
    if content is not None:
        shell.write("seen.json", content)
    ran = shell.run("reconcile", shell.spec(), "--dry-run", "--observed", "seen.json")
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err


def test_lacking_fleet_fails_alone(shell: Shell) -> None:
    """A fleet that the observation lacks is errored; the others are planned, and the exit code is 1."""
    paths = [shell.spec("web"), shell.spec("db")]
    seen = shell.run("observe", paths[0], "-o", "json")
    shell.write("seen.json", seen.out)
    ran = shell.run("reconcile", *paths, "--dry-run", "-o", "json", "--observed", "seen.json")
    assert (ran.code, ran.document["errored"]) == (1, True)
    assert [one["fleet"] for one in ran.document["fleets"]] == ["web"]
    assert "the observation lacks db" in ran.err


def test_saved_plan_is_carried_out(shell: Shell) -> None:
    """A saved plan that still holds is carried out whole."""
    path = shell.spec()
    shell.run("reconcile", path, "--dry-run", "--out", "plan.json")
    ran = shell.run("reconcile", path, "--apply", "plan.json")
    assert ran.code == 0
    assert "web: accepted: 1 scale set, 6 creations" in ran.out


def test_stale_plan_is_refused(shell: Shell) -> None:
    """A saved plan that no longer holds is refused, shows what moved, and nothing is done."""
    path = shell.spec()
    shell.run("reconcile", path, "--dry-run", "--out", "plan.json")
    shell.spec(replicas=3)
    ran = shell.run("reconcile", path, "--apply", "plan.json")
    assert (ran.code, ran.out) == (1, "")
    check_transcript("apply-stale", ran.err)
    assert shell.run("get", "instances", "--no-headers").out == ""


def test_saved_plan_without_its_spec(shell: Shell) -> None:
    """A saved plan for a fleet whose spec is not named is refused."""
    path = shell.spec()
    shell.run("reconcile", path, "--dry-run", "--out", "plan.json")
    ran = shell.run("reconcile", shell.spec("api"), "--apply", "plan.json")
    assert ran.code == 1
    assert "It plans for web" in ran.err


def test_large_scale_in_waits(shell: Shell) -> None:
    """A large scale-in waits for a yes, shows how to give it, and goes on with it."""
    path = shell.converged(replicas=40)
    shell.spec(replicas=10)
    waiting = shell.run("reconcile", path, "--until-converged", "--detailed-exitcode")
    token = waiting.out.partition("--approve ")[2].split()[0]
    assert waiting.code == 3
    assert f"evenkeel/approve: {token}" in waiting.out
    approved = shell.run("reconcile", path, "--until-converged", "--approve", token)
    assert approved.code == 0
    assert "10 desired, 10 observed" in approved.out


def test_foreign_token_is_told(shell: Shell) -> None:
    """A token that approves nothing is said to approve nothing."""
    ran = shell.run("reconcile", shell.spec(), "--dry-run", "--approve", "0123456789ab")
    assert ran.code == 0
    assert "the token 0123456789ab approves nothing here" in ran.err


@pytest.mark.parametrize(("words", "code"), [((), 1), (("--detailed-exitcode",), 2)])
def test_time_is_up(shell: Shell, words: tuple[str, ...], code: int) -> None:
    """Time that is up before the fleet stands is an error; in detail, changes are pending."""
    ran = shell.run("reconcile", shell.spec(), "--until-converged", "--timeout", "5", *words)
    assert ran.code == code
    assert "Stopped: the time was up" in ran.out


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [("serverError", 69, "InternalServerError"), ("throttled", 75, "TooManyRequests")],
)
def test_provider_out_of_reach(shell: Shell, error: str, code: int, said: str) -> None:
    """A provider that fails is 69, one that throttles is 75, and neither plan is called empty."""
    scenario = shell.scenario(_outage(error))
    ran = shell.run("reconcile", shell.spec(), "--dry-run", "--scenario", scenario)
    assert ran.code == code
    assert f"evenkeel: web: {said}" in ran.err
    assert "No changes" not in ran.out


def test_azure_needs_a_credential(shell: Shell) -> None:
    """Without a credential the azure provider says which variables to set, and asks nobody."""
    ran = shell.run("reconcile", shell.spec(), "--dry-run", "--provider", "azure")
    assert (ran.code, ran.out) == (69, "")
    assert "no credential: set AZURE_TOKEN_CREDENTIALS" in ran.err


def test_region_in_use(shell: Shell) -> None:
    """A region that another command holds is exit code 75: try later."""
    path = shell.spec()
    with (shell.folder / "r.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = shell.run("reconcile", path, "--dry-run", "--state", "r.json")
    assert ran.code == 75
    assert "in use by another command" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--state", "specs/web.yaml"), "move the file away or name another one"),
        (("--scenario", "nowhere.yaml"), "name a scenario file that can be read"),
        (("--out", "nowhere/plan.json"), "the plan could not be saved to nowhere/plan.json"),
    ],
)
def test_unusable_files(shell: Shell, words: tuple[str, ...], said: str) -> None:
    """A file that cannot be used is an error that names it and says what to do."""
    ran = shell.run("reconcile", shell.spec(), "--dry-run", *words)
    assert ran.code == 1
    assert said in " ".join(ran.err.split())


def test_log_lines_on_demand(shell: Shell) -> None:
    """JSON log lines go to stderr, one for each pass, and leave stdout alone."""
    plain = shell.run("reconcile", shell.spec(), "--dry-run")
    logged = shell.run("reconcile", "specs", "--dry-run", "--log-format", "json")
    assert logged.out == plain.out
    line = json.loads(logged.err.splitlines()[1])
    assert (line["event"], line["fleet"], line["desired"]) == ("pass", "web", 6)


def test_ascii_terminal(shell: Shell) -> None:
    """A stream that is not UTF-8 gets the same plan in ASCII."""
    ran = shell.run("reconcile", shell.spec(), "--dry-run", charset="ascii")
    assert ran.code == 0
    assert ran.out.isascii()


def test_options_from_environment(shell: Shell) -> None:
    """Environment variables stand for options."""
    env = {"EVENKEEL_STATE": "none", "EVENKEEL_DRY_RUN": "1", "EVENKEEL_OUTPUT": "json"}
    ran = shell.run("reconcile", shell.spec(), env=env)
    assert ran.err.startswith("evenkeel: simulated region in memory only")
    assert ran.document["summary"]["create"] == 6
