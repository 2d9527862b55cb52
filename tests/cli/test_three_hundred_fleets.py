"""A directory of 300 generated fleets, planned in one run from a saved observation, against brute force."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from controller.cli.main import cli
from controller.core import mix
from controller.spec.values import Spot
from tests.builders import D2S, SUBSCRIPTION, a_pool
from tests.core import oracle
from tests.core.oracle import Place

SEED = 20261121
CLASSES = ("Regular", "Spot")
SPEC = """\
apiVersion: evenkeel/v1alpha1
kind: Fleet
metadata: {{name: {name}}}
spec:
  azure: {{subscription: {subscription}, resourceGroup: rg, location: westeurope}}
  replicas: {replicas}
  placement: {{zones: {zones}{cap}}}
  sizes: [Standard_D2s_v5]
{spot}\
  template:
    image: {{publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: latest}}
    sshPublicKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV2ZW5rZWVsLWV4YW1wbGUta2V5LW5vdC1yZWFs ops"]
    network:
      subnet: /subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s
      outbound: natGateway
"""


class GeneratedFleet:
    """One random fleet: what its spec says, what is there, and what is locked."""

    def __init__(self, dice: random.Random, name: str) -> None:
        self.name = name
        self.zones = [str(n) for n in range(1, dice.randint(1, 3) + 1)]
        self.spot = Spot(dice.randint(0, 2), dice.choice([0, 50])) if dice.random() < 0.5 else None
        classes = CLASSES if self.spot else CLASSES[:1]
        self.counts: dict[Place, int] = {
            (klass, zone): dice.randint(0, 3) if klass in classes else 0
            for klass in CLASSES
            for zone in self.zones
        }
        self.members = [place for place, count in self.counts.items() for _ in range(count)]
        dice.shuffle(self.members)
        self.locked = {n for n in range(len(self.members)) if dice.random() < 0.25}
        self.replicas = max(0, len(self.members) + dice.randint(-4, 5))
        enough = max(1, -(-self.replicas // len(self.zones)))
        self.cap = enough + dice.randint(0, 1) if dice.random() < 0.4 else None

    def member_name(self, index: int) -> str:
        return f"{self.name}-{index + 1:06d}"

    def spec(self) -> str:
        spot = self.spot
        lines = (
            f"  spot: {{baseRegular: {spot.base_regular}, "
            f"regularPercentageAboveBase: {spot.regular_percentage_above_base}}}\n"
            if spot
            else ""
        )
        cap = f", maxPerZone: {self.cap}" if self.cap else ""
        return SPEC.format(
            name=self.name,
            subscription=SUBSCRIPTION,
            replicas=self.replicas,
            zones=json.dumps(self.zones),
            cap=cap,
            spot=lines,
        )

    def observation(self) -> dict[str, Any]:
        scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers"
        return {
            "exists": True,
            "instances": [
                {
                    "name": self.member_name(index),
                    "zone": zone,
                    "faultDomain": None,
                    "size": D2S,
                    "priority": klass,
                    "provisioningState": "Succeeded",
                    "powerState": "running",
                    "owned": True,
                }
                for index, (klass, zone) in enumerate(self.members)
            ],
            "locks": [
                {
                    "level": "CanNotDelete",
                    "scope": f"{scope}/Microsoft.Compute/virtualMachines/{self.member_name(index)}",
                }
                for index in sorted(self.locked)
            ],
        }

    def check(self, made: dict[str, Any]) -> None:
        """Hold the plan of this fleet against every other way of doing it."""
        change = self.replicas - len(self.members)
        after = self.after(made)
        if change > 0:
            self.check_growth(made, after, change)
        elif change < 0:
            self.check_loss(made, after, -change)
        else:
            assert made["steps"] == []
        assert made["spread"]["skewAfter"] == oracle.skew(after, self.zones)

    def after(self, made: dict[str, Any]) -> dict[Place, int]:
        after = Counter(self.counts)
        for step in made["steps"]:
            if step["verb"] == "create":
                after[step["priority"], step["zone"]] += 1
            for name in step.get("instances", ()):
                index = int(name[-6:]) - 1
                assert index not in self.locked
                after[self.members[index]] -= 1
        return {place: after[place] for place in self.counts}

    def check_growth(self, made: dict[str, Any], after: dict[Place, int], change: int) -> None:
        there = Counter(zone for _, zone in self.members)
        cap = self.cap or 1000
        room = {zone: max(0, cap - there[zone]) for zone in self.zones}
        units = min(change, sum(room.values()))
        present = Counter(klass for klass, _ in self.members)
        wanted = mix.classes_to_add(a_pool(spot=self.spot), present, units)
        assert sum(after.values()) == len(self.members) + units
        assert made["summary"]["blocked"] == change - units
        best = oracle.best_growth(
            self.counts, dict.fromkeys(self.counts, units), wanted, self.zones, room
        )
        assert oracle.score(after, self.zones) == best

    def check_loss(self, made: dict[str, Any], after: dict[Place, int], change: int) -> None:
        free: Counter[Place] = Counter(
            place for index, place in enumerate(self.members) if index not in self.locked
        )
        units = min(change, free.total())
        target = mix.targets(self.spot, self.replicas)
        room = {place: free[place] for place in self.counts}
        best = oracle.best_loss(self.counts, room, units, self.zones, target)
        assert oracle.loss_score(after, self.zones, target) == best
        assert made["summary"]["blocked"] == change - units


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[GeneratedFleet], dict[str, Any]]:
    """300 fleets in a directory, and what one run printed about them."""
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    folder = tmp_path_factory.mktemp("fleets")
    generated = [GeneratedFleet(dice, f"f{number}") for number in range(300)]
    for fleet in generated:
        (folder / f"{fleet.name}.yaml").write_text(fleet.spec(), encoding="utf-8")
    seen = {
        "formatVersion": "1.0",
        "observedAt": "2026-11-21T12:00:00Z",
        "fleets": {fleet.name: fleet.observation() for fleet in generated},
    }
    saved: Path = tmp_path_factory.mktemp("seen") / "obs.json"
    saved.write_text(json.dumps(seen), encoding="utf-8")
    words = ["reconcile", str(folder), "--dry-run", "--observed", str(saved), "-o", "json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.stderr
    return generated, json.loads(result.stdout)


@pytest.mark.slow
def test_every_fleet_optimal(fleets: tuple[list[GeneratedFleet], dict[str, Any]]) -> None:
    """No fleet of 300 with random zones, counts, locks, classes and ceilings is planned worse than the best."""
    generated, document = fleets
    made = {one["fleet"]: one for one in document["fleets"]}
    for fleet in generated:
        fleet_summary = {"blocked": len(made[fleet.name]["blocked"])}
        fleet.check({**made[fleet.name], "summary": fleet_summary})


@pytest.mark.slow
def test_summary_adds_up(fleets: tuple[list[GeneratedFleet], dict[str, Any]]) -> None:
    """The summary of the run is the sum over its fleets, and none of them is an error."""
    _, document = fleets
    blocked = sum(len(one["blocked"]) for one in document["fleets"])
    assert document["errored"] is False
    assert document["summary"]["blocked"] == blocked
    assert len(document["fleets"]) == 300
