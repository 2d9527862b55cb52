"""The Kubernetes manifests: valid by the schema, restricted, and of one piece with the program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it ships no types
import pytest

from controller.cli.run import command
from tests.deploy.kustomized import Manifest, render
from tests.sources import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())
SETTINGS = (
    KUBERNETES / "base" / "settings.env",
    ROOT / "Dockerfile",
    ROOT / "deploy" / "systemd" / "evenkeel.service",
)


def rendered(overlay: str) -> list[Manifest]:
    return render(KUBERNETES / "overlays" / overlay)


def those(kind: str, overlay: str) -> list[Manifest]:
    return [one for one in rendered(overlay) if one["kind"] == kind]


def pod(overlay: str) -> dict[str, Any]:
    [deployment] = those("Deployment", overlay)
    spec: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_manifests_follow_the_schema(overlay: str) -> None:
    """Every resource of every overlay is valid by Kubernetes' own schema, with no unknown field."""
    newest = kubernetes_validate.latest_version()
    for one in rendered(overlay):
        kubernetes_validate.validate(one, newest, strict=True)


def test_schema_would_tell() -> None:
    """A field that Kubernetes does not know is found by the same check."""
    [deployment] = those("Deployment", OVERLAYS[0])
    deployment["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_container_is_restricted(overlay: str) -> None:
    """Each container runs without privileges, on a read-only root, and with a memory limit."""
    assert pod(overlay)["securityContext"]["runAsNonRoot"] is True
    for container in pod(overlay)["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_selectors_meet_the_pods(overlay: str) -> None:
    """The service, the budget and the network policy select the pods of the deployment."""
    [deployment] = those("Deployment", overlay)
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    selectors = [one["spec"]["selector"] for one in those("Service", overlay)]
    selectors += [
        one["spec"]["selector"]["matchLabels"] for one in those("PodDisruptionBudget", overlay)
    ]
    selectors += [
        one["spec"]["podSelector"]["matchLabels"] for one in those("NetworkPolicy", overlay)
    ]
    assert len(selectors) == 3
    assert all(selector.items() <= labels for selector in selectors)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_mounts_have_volumes(overlay: str) -> None:
    """Each mount names a volume of the pod, and the watched path lies in one of them."""
    volumes = {volume["name"] for volume in pod(overlay)["volumes"]}
    [own] = [one for one in pod(overlay)["containers"] if one["name"] == "evenkeel"]
    mounts = {mount["mountPath"]: mount["name"] for mount in own["volumeMounts"]}
    assert set(mounts.values()) <= volumes
    assert any(Path(own["args"][1]).is_relative_to(mount) for mount in mounts)


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.name)
def test_settings_are_options_of_the_program(path: Path) -> None:
    """Every EVENKEEL_ variable that is set belongs to an option of ``evenkeel run``."""
    known = {str(option.envvar) for option in command.params if option.envvar}
    used = set(re.findall(r"\b(EVENKEEL_\w+)=", path.read_text(encoding="utf-8")))
    assert used
    assert used - known == set()
