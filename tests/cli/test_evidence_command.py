"""The evidence bundle: what is in it, that the same is the same, and that it changes nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tests.cli.shell import Shell

FILES = {
    "audit",
    "conditions",
    "config",
    "diagnostics",
    "events",
    "fleets",
    "instances",
    "locks",
    "manifest",
    "observation",
    "plan",
    "specs",
    "versions",
}


def documents(folder: Path) -> dict[str, Any]:
    return {one.stem: json.loads(one.read_text()) for one in folder.glob("*.json")}


def test_bundle_tells_everything(shell: Shell) -> None:
    """A bundle holds spec, observation, locks, plan, conditions, events, versions, settings and the trail's anchor."""
    shell.spec("web", replicas=3)
    trail = ("--audit", "state/audit.jsonl")
    shell.run("reconcile", "specs", "--until-converged", *trail)
    shell.spec("web", replicas=5)
    shell.broken_spec("db")
    before = (shell.folder / ".evenkeel/region.json").read_bytes()
    ran = shell.run("evidence", "specs", "--out", "case", "--state-dir", "state")
    assert ran.code == 1  # one spec is broken, as with every look
    found = documents(shell.folder / "case")
    assert set(found) == FILES
    assert found["manifest"]["complete"] is False
    assert found["specs"]["specs/web.yaml"][0]["spec"]["replicas"] == 5
    assert found["diagnostics"]["diagnostics"][0]["code"].startswith("EK02")
    assert len(found["observation"]["fleets"]["web"]["instances"]) == 3
    assert found["locks"] == {"web": []}
    assert found["plan"]["summary"]["create"] == 2
    ready = found["conditions"]["web"]["conditions"][0]
    assert (ready["type"], ready["status"]) == ("Ready", "False")
    assert found["audit"]["whole"] is True
    assert shell.run("audit", "verify", trail[1], "--head", found["audit"]["head"]).code == 0
    assert {one["origin"] for one in found["config"]["settings"]} >= {"default"}
    assert found["versions"]["packages"]["evenkeel"]
    assert (shell.folder / ".evenkeel/region.json").read_bytes() == before


def test_same_state_same_bytes(shell: Shell) -> None:
    """Two bundles of one state are equal to the byte, and the manifest names each file's digest."""
    shell.converged(replicas=2)
    for name in ("a.zip", "b.zip"):
        ran = shell.run("evidence", "specs", "--out", name)
        assert (ran.code, ran.out) == (0, "")
    first, second = ((shell.folder / name).read_bytes() for name in ("a.zip", "b.zip"))
    assert first == second
    assert (shell.folder / "a.zip").stat().st_mode & 0o077 == 0
    with ZipFile(shell.folder / "a.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert {one["name"] for one in manifest["files"]} == {f"{n}.json" for n in FILES} - {
            "manifest.json"
        }
        for one in manifest["files"]:
            digest = hashlib.sha256(archive.read(one["name"])).hexdigest()
            assert (one["sha256"], one["bytes"]) == (digest, len(archive.read(one["name"])))


def test_extension_settings_are_left_out(shell: Shell) -> None:
    """Scripts in extensions and first-boot data are in no bundle, whatever their keys are called."""
    path = shell.folder / shell.spec("web", replicas=1)
    path.write_text(
        path.read_text()
        + """\
    userData: {inline: "hush one"}
    extensions:
      - {name: a, publisher: p, type: t, typeHandlerVersion: "1.0", settings: {run: "hush two"}}
"""
    )
    shell.run("evidence", "specs", "--out", "case")
    spec = documents(shell.folder / "case")["specs"]["specs/web.yaml"][0]["spec"]
    assert spec["template"]["extensions"][0]["settings"] == "***"
    assert spec["template"]["userData"] == "***"
    assert "hush" not in "".join(one.read_text() for one in (shell.folder / "case").iterdir())


def test_mistakes_are_told(shell: Shell) -> None:
    """A directory in use, a place that cannot be written and two trails at once are refused in words."""
    shell.converged(replicas=1)
    shell.write("full/note.txt", "mine")
    ran = shell.run("evidence", "specs", "--out", "full")
    assert (ran.code, "full is not empty; nothing was written" in ran.err) == (1, True)
    ran = shell.run("evidence", "specs", "--out", "full/note.txt/x.zip")
    assert (ran.code, "the bundle cannot be written" in " ".join(ran.err.split())) == (1, True)
    both = ("--audit", "a", "--state-dir", "b")
    assert shell.run("evidence", "specs", "--out", "x", *both).code == 64
    shell.run("evidence", "specs", "--out", "x", "--audit", "nothing.jsonl")
    assert documents(shell.folder / "x")["audit"]["error"] == "No such file or directory"
