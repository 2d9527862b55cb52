"""The public contract's examples, word for word, and ways to change one place in a document."""

from __future__ import annotations

import json
from typing import Any

from controller.spec.values import Fleet, SizeChoice, Spot
from tests.builders import D2AS, D2S, SUBSCRIPTION, a_fleet, a_pool

VMS = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/web-rg"
    "/providers/Microsoft.Compute/virtualMachines"
)

OBSERVATION = (
    """{"formatVersion": "1.0", "observedAt": "2026-11-21T12:00:00Z",
 "fleets": {"web": {
   "exists": true,
   "instances": [
     {"name": "web-000001", "zone": "1", "faultDomain": null, "size": "Standard_D2s_v5", "priority": "Regular",
      "provisioningState": "Succeeded", "powerState": "running", "health": "Healthy",
      "createdAt": "2026-11-20T08:00:00Z", "owned": true, "tags": {}},
     {"name": "web-000002", "zone": "1", "faultDomain": null, "size": "Standard_D2s_v5", "priority": "Spot",
      "provisioningState": "Succeeded", "powerState": "running", "owned": true},
     {"name": "web-000004", "zone": "2", "faultDomain": null, "size": "Standard_D2s_v5", "priority": "Spot",
      "provisioningState": "Succeeded", "powerState": "running", "owned": true},
     {"name": "web-000006", "zone": "3", "faultDomain": null, "size": "Standard_D2s_v5", "priority": "Regular",
      "provisioningState": "Succeeded", "powerState": "running", "owned": true}],
   "locks": [{"level": "CanNotDelete", "scope": "VMS/web-000001"}],
   "serials": {"floor": 7, "next": 7}}}}"""
).replace("VMS", VMS)

PLAN = """{"formatVersion": "1.0", "errored": false,
 "fleets": [{
   "fleet": "web", "desired": 6, "observed": 4, "hash": "sha256:…",
   "steps": [
     {"verb": "create", "instance": "web-000007", "zone": "2", "faultDomain": null, "size": "Standard_D2s_v5", "priority": "Regular",
      "reason": "ScaleOut", "why": "zone 2 holds the fewest members (1, against 2 and 1)"},
     {"verb": "create", "instance": "web-000008", "zone": "3", "faultDomain": null, "size": "Standard_D2s_v5", "priority": "Regular",
      "reason": "ScaleOut", "why": "zone 3 holds the fewest members (1, against 2 and 2)"}],
   "blocked": [],
   "approval": null,
   "spread": {"domain": "zone", "before": {"1": 2, "2": 1, "3": 1}, "after": {"1": 2, "2": 2, "3": 2},
              "skewBefore": 1, "skewAfter": 0, "reachableSkew": 0},
   "notes": ["web-000001 is locked (CanNotDelete): not needed for this plan"], "lookAgainSeconds": 30}],
 "summary": {"create": 2, "delete": 0, "replace": 0, "change": 0, "unchanged": 4, "blocked": 0}}"""


def web() -> Fleet:
    """The contract's fleet ``web``: six over three zones, two sizes, half of what is above two Spot."""
    mix = Spot(base_regular=2, regular_percentage_above_base=50)
    sizes = (SizeChoice(D2S, 0), SizeChoice(D2AS, 1))
    return a_fleet(pools=(a_pool(6, sizes=sizes, spot=mix),))


def changed(text: str, path: str, value: object) -> str:
    """The document with another value at ``path``, such as ``fleets/web/instances/0/zone``."""
    document: Any = json.loads(text)
    *way, last = [int(step) if step.isdecimal() else step for step in path.split("/")]
    place = document
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(document)


def without(text: str, path: str) -> str:
    """The document without what is at ``path``."""
    document: Any = json.loads(text)
    *way, last = [int(step) if step.isdecimal() else step for step in path.split("/")]
    place = document
    for step in way:
        place = place[step]
    del place[last]
    return json.dumps(document)


def lacks(whole: object, part: object, path: str = "") -> list[str]:
    """Paths at which ``whole`` does not have what ``part`` has. Lists are compared one to one."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return [
            found
            for key, value in part.items()
            for found in lacks(whole.get(key, "(absent)"), value, f"{path}/{key}")
        ]
    if isinstance(part, list) and isinstance(whole, list) and len(part) == len(whole):
        pairs = zip(whole, part, strict=True)
        return [
            found
            for index, (there, wanted) in enumerate(pairs)
            for found in lacks(there, wanted, f"{path}/{index}")
        ]
    return [] if whole == part else [f"{path}: {whole!r}"]
