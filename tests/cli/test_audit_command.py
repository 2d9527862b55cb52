"""``audit verify``, ``audit show`` and ``reconcile --audit``, as they are typed."""

from __future__ import annotations

from tests.cli.shell import Shell

TRAIL = "state/audit.jsonl"


def a_fleet_with_trail(shell: Shell) -> str:
    """A fleet of three from its birth on, everything on record; the last line on stderr."""
    shell.spec("web", replicas=3)
    ran = shell.run("reconcile", "specs/web.yaml", "--audit", TRAIL)
    assert ran.code == 0, ran.err
    return ran.err


def test_changes_are_on_record(shell: Shell) -> None:
    """A pass with a trail says where it ended, and the trail is whole and shows each change with its reason."""
    said = a_fleet_with_trail(shell)
    anchor = said.rpartition(f"audit trail {TRAIL} at ")[2].strip()
    ran = shell.run("audit", "verify", TRAIL, "--head", anchor)
    assert (ran.code, ran.out.splitlines()[1]) == (0, f"head {anchor}")
    assert ran.out.startswith("whole: ")
    shown = shell.run("audit", "show", TRAIL, "--fleet", "web", "--instance", "web-000002")
    assert shown.code == 0
    assert "create web-000002  accepted" in shown.out
    assert "ScaleOut: zone" in shown.out
    assert "web-000001" not in shown.out
    assert "by " in shown.out
    none = shell.run("audit", "show", TRAIL, "--fleet", "db", "-o", "json")
    assert none.document["changes"] == []


def test_no_change_needs_no_trail(shell: Shell) -> None:
    """A dry run keeps no trail, and without --audit there is none."""
    shell.spec("web", replicas=3)
    shell.run("reconcile", "specs/web.yaml", "--dry-run", env={"EVENKEEL_AUDIT": TRAIL})
    shell.run("reconcile", "specs/web.yaml")
    assert not (shell.folder / "state").exists()


def test_all_modes_are_on_record(shell: Shell) -> None:
    """Passes to the end and saved plans are on record as single passes are."""
    shell.spec("web", replicas=2)
    env = {"EVENKEEL_AUDIT": TRAIL}
    assert shell.run("reconcile", "specs/web.yaml", "--until-converged", env=env).code == 0
    shell.spec("web", replicas=3)
    shell.run("reconcile", "specs/web.yaml", "--dry-run", "--out", "plan.json")
    assert shell.run("reconcile", "specs/web.yaml", "--apply", "plan.json", env=env).code == 0
    changes = shell.run("audit", "show", TRAIL, "-o", "json").document["changes"]
    assert [one["call"] for one in changes].count("create") == 3
    assert {one["result"]["outcome"] for one in changes} == {"accepted"}


def test_tampering_is_told(shell: Shell) -> None:
    """A trail that was changed fails verification, and nothing is changed in the fleet before somebody looked."""
    a_fleet_with_trail(shell)
    file = shell.folder / TRAIL
    file.write_bytes(file.read_bytes().replace(b"web-000002", b"web-000009", 1))
    ran = shell.run("audit", "verify", TRAIL)
    assert (ran.code, ran.out.splitlines()[0][:22]) == (1, "NOT AS IT WAS WRITTEN:")
    assert "was changed: its hash does not fit" in ran.out
    told = shell.run("audit", "verify", TRAIL, "-o", "json").document
    assert (told["whole"], len(told["breaks"])) == (False, 1)
    assert shell.run("audit", "show", TRAIL).code == 1
    shell.spec("web", replicas=5)
    refused = shell.run("reconcile", "specs/web.yaml", "--audit", TRAIL)
    assert refused.code == 1
    assert "Nothing is changed until" in " ".join(refused.err.split())
    plan = shell.run("reconcile", "specs/web.yaml", "--dry-run", "-o", "json").document
    assert plan["summary"]["create"] == 2


def test_wrong_use_is_told(shell: Shell) -> None:
    """A trail that is not there and an anchor that is none are told in words."""
    absent = shell.run("audit", "verify", "nothing.jsonl")
    assert (absent.code, "nothing.jsonl cannot be read: No such file" in absent.err) == (1, True)
    assert shell.run("audit", "verify", TRAIL, "--head", "41").code == 64
    shell.write("state", "a file in the way")
    shell.spec("web", replicas=1)
    ran = shell.run("reconcile", "specs/web.yaml", "--audit", TRAIL)
    assert ran.code == 1
    assert "cannot be written (File exists)" in " ".join(ran.err.split())
