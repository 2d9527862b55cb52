"""Our small renderer of kustomizations held against kustomize itself, where kubectl or kustomize is on the machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.deploy.kustomized import Manifest, render
from tests.deploy.yaml_files import documents
from tests.sources import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
KUSTOMIZATIONS = sorted(path.parent for path in KUBERNETES.rglob("kustomization.yaml"))
_HASHED = re.compile(r"\b(evenkeel-settings)-[0-9a-z]{10}\b")
"""kustomize puts the hash of a generated map behind its name, and ours does not."""


def kustomized(directory: Path, place: Path) -> list[Manifest]:
    """What kustomize makes of a directory."""
    kubectl, alone = shutil.which("kubectl"), shutil.which("kustomize")
    if kubectl is None and alone is None:
        pytest.skip("neither kubectl nor kustomize on this machine: our renderer is not compared")
    words = [str(alone), "build"] if kubectl is None else [kubectl, "kustomize"]
    ran = subprocess.run(  # noqa: S603 -- a tool of the system, on our own files
        [*words, str(directory)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    file = place / "rendered.yaml"
    file.write_text(_HASHED.sub(r"\1", ran.stdout), encoding="utf-8")
    return documents(file)


def in_order(manifests: list[Manifest]) -> list[Manifest]:
    return sorted(manifests, key=lambda one: (one["kind"], one["metadata"]["name"]))


@pytest.mark.parametrize(
    "directory", KUSTOMIZATIONS, ids=lambda path: path.relative_to(KUBERNETES).as_posix()
)
def test_kustomize_agrees(directory: Path, tmp_path: Path) -> None:
    """Base and overlays come out of kustomize as they come out of our renderer, and valid by Kubernetes' schema."""
    found = kustomized(directory, tmp_path)
    assert in_order(found) == in_order(render(directory))
    for one in found:
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
