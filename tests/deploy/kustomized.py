"""Kustomizations rendered far enough to be checked: resources, generated names, strategic-merge patches.

Only what the files under ``deploy/kubernetes`` use. Anything else in a kustomization is an error here, so
that nothing is rendered wrongly in silence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.deploy.yaml_files import documents

KNOWN = frozenset(
    {
        "apiVersion",
        "kind",
        "namespace",
        "resources",
        "patches",
        "configMapGenerator",
        "generatorOptions",
    }
)
MERGE_KEYS = {"containers": "name", "volumes": "name", "volumeMounts": "mountPath", "env": "name"}
"""How Kubernetes merges lists of these names: by this key of their entries."""

Manifest = dict[str, Any]


def render(directory: Path) -> list[Manifest]:
    """All resources of a kustomization, patched. Raises ``AssertionError`` for what is not understood."""
    [kustomization] = documents(directory / "kustomization.yaml")
    assert set(kustomization) <= KNOWN, set(kustomization) - KNOWN
    found: list[Manifest] = []
    for name in kustomization.get("resources", []):
        path = directory / name
        found += render(path) if path.is_dir() else documents(path)
    found += [_config_map(one, directory) for one in kustomization.get("configMapGenerator", [])]
    for entry in kustomization.get("patches", []):
        for wanted in documents(directory / entry["path"]):
            [target] = [one for one in found if _identity(one) == _identity(wanted)]
            found[found.index(target)] = merge(target, wanted)
    namespace = kustomization.get("namespace")
    for one in found:
        if namespace and one["kind"] != "Namespace":
            one["metadata"]["namespace"] = namespace
    return found


def merge(base: Manifest, overlay: Manifest) -> Manifest:
    """A strategic merge: mappings key by key, known lists by their merge key, anything else replaced."""
    merged = dict(base)
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        elif key in MERGE_KEYS and isinstance(merged.get(key), list):
            merged[key] = _merge_lists(merged[key], value, MERGE_KEYS[key])
        else:
            merged[key] = value
    return merged


def _merge_lists(base: list[Manifest], overlay: list[Manifest], by: str) -> list[Manifest]:
    known = {one[by]: one for one in base}
    # As kustomize has it: what a patch names comes first, in the patch's order.
    named = [merge(known.pop(one[by], {}), one) for one in overlay]
    return [*named, *known.values()]


def _identity(one: Manifest) -> tuple[str, str]:
    return one["kind"], one["metadata"]["name"]


def _config_map(generator: Manifest, directory: Path) -> Manifest:
    content: dict[str, str] = {}
    for name in generator.get("files", []):
        content[name] = (directory / name).read_text(encoding="utf-8")
    for name in generator.get("envs", []):
        lines = (directory / name).read_text(encoding="utf-8").splitlines()
        content |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": generator["name"]},
        "data": content,
    }
