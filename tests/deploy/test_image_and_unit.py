"""The Dockerfile and the systemd unit, held against the tools that know their rules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import ROOT

DOCKERFILE = ROOT / "Dockerfile"
UNIT = ROOT / "deploy" / "systemd" / "evenkeel.service"
HADOLINT = Path(sys.executable).with_name("hadolint")


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- a linter of our own environment
        [HADOLINT, path], capture_output=True, text=True, check=False
    )


def test_dockerfile_is_linted() -> None:
    """Nothing in the Dockerfile displeases hadolint; the one exception carries its reason."""
    told = lint(DOCKERFILE)
    assert (told.returncode, told.stdout) == (0, "")


def test_linter_would_tell(tmp_path: Path) -> None:
    """The same check finds an image that runs on whatever is newest."""
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python:latest\n", encoding="utf-8")
    assert "DL3007" in lint(bad).stdout


def test_image_copies_what_it_needs() -> None:
    """Each path that the image copies exists, and the build context leaves none of them out."""
    text = DOCKERFILE.read_text(encoding="utf-8")
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)
        for word in line.split()[:-1]
    }
    kept = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    assert copied == kept
    assert all((ROOT / path).exists() for path in copied)


def test_image_does_not_run_as_root() -> None:
    """The last user of the image is a number that is not 0, and its state directory belongs to it."""
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1] == "65532:65532"
    assert "install -d -o 65532 -g 65532 /var/lib/evenkeel" in text


def test_unit_is_hardened() -> None:
    """The unit gives its process no privileges, no capability, and one directory to write to."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    wanted = {
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "DynamicUser=yes",
    }
    assert wanted <= set(lines)


def test_unit_is_sound(tmp_path: Path) -> None:
    """Systemd finds nothing wrong with the unit, once the program stands where it says."""
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        text = "no systemd-analyze on this machine: the unit was not verified"
        if os.environ.get("EVENKEEL_REQUIRE_ALL") == "1":
            pytest.fail(text)
        pytest.skip(text)
    unit = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/evenkeel/bin/evenkeel", "/bin/true"), encoding="utf-8")
    told = subprocess.run(  # noqa: S603 -- a checker of the system
        [analyse, "verify", unit], capture_output=True, text=True, check=False
    )
    assert [line for line in told.stderr.splitlines() if UNIT.name in line] == []
