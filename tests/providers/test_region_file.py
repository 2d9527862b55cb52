"""The region between commands: the same region again, one command at a time, nothing overwritten."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from providers.base import InstallExtension, LockLevel, PowerOperation, TagChange
from providers.errors import ProviderError
from providers.simulated.provider import SimulatedProvider
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    CapacityLimit,
    Eviction,
    ForeignEdit,
    ForeignInstance,
    LockFault,
    ZoneOutage,
)
from providers.simulated.state import RegionFileError, decode, encode, opened
from tests.providers.worlds import REF, ZONAL, a_region, a_request, a_spot, named, names_in, run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from providers.simulated.region import SimulatedRegion

EVENTFUL: dict[str, Any] = {
    "list_lag": 15.0,
    "quotas": {"standardDSv5Family": 40},
    "capacity": (CapacityLimit(3, zone="2", until=900),),
    "zone_outages": (ZoneOutage("3", since=400, until=700),),
    "evictions": (Eviction(at=300), Eviction(at=800, count=1)),
    "failures": (
        CallFault(Call.CREATE, CallFailure.OUTCOME_UNKNOWN, skip=3, times=2, applied=True),
        CallFault(Call.DELETE, CallFailure.TRANSIENT, skip=1),
    ),
    "locks": (LockFault(LockLevel.READ_ONLY, instance="web-000002", at=500, until=600),),
    "foreign_instances": (ForeignInstance(at=200, name="guest"),),
    "foreign_edits": (ForeignEdit(at=250, instance="web-000001", tags={"x": "y"}),),
}


def live(region: SimulatedRegion, chance: Random) -> str:
    """Let one random thing happen to the region, and tell what an observer could see of it."""
    name = f"web-{chance.randint(1, 12):06d}"
    group = region.observe(REF).group
    etag = group.etag if group is not None else None
    provider = SimulatedProvider(region)
    build = a_request if chance.random() < 0.5 else a_spot
    make = build(name, zone=str(chance.randint(1, 3)), document={})
    power = chance.choice(list(PowerOperation))
    things: list[Callable[[], Coroutine[Any, Any, object]]] = [
        lambda: provider.create(REF, make),
        lambda: provider.create(REF, make),
        lambda: provider.delete(REF, [name, "web-000001"]),
        lambda: provider.operate(REF, name, power),
        lambda: provider.operate(REF, name, TagChange({"t": name})),
        lambda: provider.operate(REF, name, InstallExtension(f"x{len(name)}", {"type": "T"})),
        lambda: provider.put_group(REF, replace(ZONAL, tags={"n": name}), etag=etag),
    ]
    try:
        told = str(run(chance.choice(things)()))
    except ProviderError as error:
        told = f"{type(error).__name__} {error}"
    region.clock.advance(chance.uniform(0, 40))
    return f"{told} {region.observe(REF)} {region.leftovers(REF)}"


def life(region: SimulatedRegion, chance: Random, steps: int = 60) -> list[str]:
    """So many random things in a row."""
    return [live(region, chance) for _ in range(steps)]


@pytest.mark.parametrize("seed", range(5))
def test_same_seed_same_life(seed: int) -> None:
    """Two regions with the same seed and the same calls cannot be told apart."""
    print(f"seed {seed}")
    lives = [life(a_region(seed=seed, **EVENTFUL), Random(seed)) for _ in range(2)]
    assert lives[0] == lives[1]


def test_other_seed_other_life() -> None:
    """The seed of the region matters: durations differ."""
    first, second = (a_region(members=3, seed=seed) for seed in (1, 2))
    assert encode(first) != encode(second)


@pytest.mark.parametrize("seed", range(5))
def test_saved_region_lives_on(seed: int) -> None:
    """Saved and read back at any moment, a region has the same document and the same future."""
    print(f"seed {seed}")
    chance = Random(seed)
    region = a_region(seed=seed, **EVENTFUL)
    for _ in range(10):
        life(region, chance, steps=5)
        twin = decode(encode(region))
        assert encode(twin) == encode(region)
        state = chance.getstate()
        assert life(twin, chance, steps=5) == life(region, _again(state), steps=5)


def _again(state: tuple[Any, ...]) -> Random:
    chance = Random()
    chance.setstate(state)
    return chance


def test_document_says_what_it_is() -> None:
    """The document names its format and version, and holds one VM to a line."""
    text = encode(a_region(members=3))
    document = json.loads(text)
    assert (document["format"], document["version"]) == ("evenkeel-region", 1)
    assert [each["name"] for each in document["instances"]] == [
        "web-000001",
        "web-000002",
        "web-000003",
    ]
    assert sum(line.startswith("{") for line in text.splitlines()) == 4


def test_file_keeps_region(tmp_path: Path) -> None:
    """What one command did is there for the next one."""
    path = tmp_path / "deep" / "region.json"
    with opened(path) as file:
        assert file.load() is None
        file.save(a_region(members=2))
    with opened(path) as file:
        region = file.load()
    assert region is not None
    assert names_in(region) == ["web-000001", "web-000002"]


def test_each_mutation_is_saved(tmp_path: Path) -> None:
    """With ``save`` as the provider's hook the file has every accepted mutation at once."""
    path = tmp_path / "region.json"
    with opened(path) as file:
        region = a_region()
        provider = SimulatedProvider(region, file.save)
        run(provider.create(REF, a_request()))
        run(provider.operate(REF, "web-000001", TagChange({"a": "1"})))
        again = file.load()
    assert again is not None
    assert named(again).tags == {"a": "1"}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["region.json", "region.json.lock"]


def test_one_command_at_a_time(tmp_path: Path) -> None:
    """A second command is told that the file is in use, and what to do."""
    path = tmp_path / "region.json"
    with opened(path), pytest.raises(RegionFileError) as refusal, opened(path):
        pass
    assert str(refusal.value) == (
        f"{path}: in use by another command (process {os.getpid()}); wait until it has ended or name another file with --state"
    )


def test_lock_is_given_back(tmp_path: Path) -> None:
    """A command that fails gives the file back."""
    path = tmp_path / "region.json"
    with pytest.raises(KeyError), opened(path):
        raise KeyError(path)
    with opened(path) as file:
        assert file.load() is None


def a_running_region() -> SimulatedRegion:
    """A region that has seen its only member run."""
    region = a_region(members=1)
    region.observe(REF)
    return region


GOOD = encode(a_running_region())
DAMAGED = [
    ("", "not JSON (Expecting value: line 1 column 1 (char 0))"),
    (GOOD[:-100], "not JSON"),
    ("[]", "not a file of a simulated region"),
    ('{"format": "terraform"}', "not a file of a simulated region"),
    (
        GOOD.replace('"version": 1', '"version": 2'),
        "written in version 2 of the format, and 1 is needed",
    ),
    (GOOD.replace('"elapsed"', '"elapsd"'), "damaged ("),
    (GOOD.replace('"phase": "running"', '"phase": "walking"'), "damaged ("),
    (GOOD.replace("2026-11-21T12:00:00+00:00", "noon"), "damaged ("),
]


@pytest.mark.parametrize(("text", "what"), DAMAGED)
def test_damaged_file_is_kept(tmp_path: Path, text: str, what: str) -> None:
    """A file that is damaged or foreign is told by name, with a remedy, and stays as it is."""
    path = tmp_path / "region.json"
    path.write_text(text, encoding="utf-8")
    with opened(path) as file, pytest.raises(RegionFileError) as refusal:
        file.load()
    assert str(refusal.value).startswith(f"{path}: {what}")
    assert refusal.value.remedy == "move the file away or name another one with --state"
    assert path.read_text(encoding="utf-8") == text


def test_unwritable_place(tmp_path: Path) -> None:
    """A place where no file can be made is told, with a remedy."""
    (tmp_path / "plain").write_text("", encoding="utf-8")
    with (
        pytest.raises(RegionFileError, match="choose a place that can be written"),
        opened(tmp_path / "plain" / "region.json"),
    ):
        pass


def test_unreadable_file_is_told(tmp_path: Path) -> None:
    """A file that is no text is told by name and kept."""
    path = tmp_path / "region.json"
    path.write_bytes(b"\xff")
    with opened(path) as file, pytest.raises(RegionFileError, match="cannot be read"):
        file.load()
    assert path.read_bytes() == b"\xff"


def test_failed_save_keeps_old(tmp_path: Path) -> None:
    """When the new file cannot be written the old one stays as it was, and the reason is told."""
    path = tmp_path / "region.json"
    with opened(path) as file:
        file.save(a_region(members=1))
        before = path.read_text(encoding="utf-8")
        path.with_name("region.json.new").mkdir()
        with pytest.raises(RegionFileError, match="make room or permit writing there"):
            file.save(a_region(members=2))
    assert path.read_text(encoding="utf-8") == before
