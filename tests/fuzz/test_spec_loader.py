"""Whatever the bytes of a spec file, the loader answers: in time, in place, in every format, and never too well."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.mutations import mutate, seeds
from tests.fuzz.properties import judge, judge_by_both_parsers
from tests.fuzz.run import CORPUS, Target, fuzz_blindly

SEED = int(os.environ.get("EVENKEEL_SEED", "20261125"))
KEPT = sorted((CORPUS / "specs").iterdir())
SECONDS = 8.0


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_kept_inputs(path: Path) -> None:
    """Every input that fuzzing found worth keeping is judged as the properties say, by both parsers alike."""
    content = path.read_bytes()
    judge(content)
    judge_by_both_parsers(content)


def test_corpus_is_small() -> None:
    """The kept inputs stay few and small, so that every run replays them all."""
    assert 90 <= len(KEPT) <= 200
    assert sum(path.stat().st_size for path in KEPT) < 500_000


def test_mutations_repeat() -> None:
    """The same seed makes the same inputs."""
    first, second = (
        [mutate(seeds()[number], random) for number in range(100)]
        for random in (Random(SEED), Random(SEED))
    )
    assert first == second


def test_finding_is_kept(tmp_path: Path) -> None:
    """An input that breaks a property is written down, and the run goes on."""

    def refuse(_content: bytes) -> None:
        raise ValueError("broken at 17")

    target = Target(tmp_path, judged_by=(refuse,))
    target(b"one")
    target(b"two")
    assert list(target.kinds.values()) == [2]
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"one", b"two"]


@pytest.mark.slow
def test_mutated_specs(tmp_path: Path) -> None:
    """Twenty seconds of specs that careless and hostile hands changed break no property."""
    print(f"EVENKEEL_SEED={SEED}")
    target = Target(tmp_path)
    starts = [path.read_bytes() for path in KEPT]
    fuzz_blindly(target, SEED, until=after(SECONDS), starts=starts)
    print(f"{target.executions:,} executions")
    assert target.executions > 100
    assert target.kinds == {}


def after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end
