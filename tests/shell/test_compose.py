"""From settings to a provider and a clock, and what is said when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.engine.compose import CompositionError, Settings, compose
from controller.engine.converge import End, converge
from controller.engine.reconcile import run_pass
from controller.engine.report import Verdict
from providers.errors import OutcomeUnknown
from tests.builders import NOW, REF
from tests.crash import live_members
from tests.shell.stage import run, web

if TYPE_CHECKING:
    from pathlib import Path

    from controller.engine.compose import Composition


def web_in(composition: Composition) -> tuple[str, ...]:
    """The fleet's members in the composed region."""
    assert composition.region is not None
    return live_members(composition.region, REF)


async def bring(composition: Composition, replicas: int) -> End:
    """Bring the fleet to a number in the composed region."""
    done = await converge(
        [web(replicas)],
        composition.provider,
        composition.clock,
        timeout_seconds=3600,
        on_pass=lambda _: None,
    )
    return done.end


def test_memory_only_leaves_no_file(tmp_path: Path) -> None:
    """Without a state file the region lives in memory and starts when it is told to."""
    with compose(Settings(start=NOW)) as composition:
        assert composition.clock.now == NOW
        assert run(bring(composition, 2)) is End.CONVERGED
    assert list(tmp_path.iterdir()) == []


def test_region_lives_on_in_its_file(tmp_path: Path) -> None:
    """What one command did, the next one finds, with the time that has passed."""
    settings = Settings(state=tmp_path / "deep" / "region.json", start=NOW)
    with compose(settings) as first:
        run(bring(first, 3))
        end = first.clock.now
    with compose(settings) as second:
        assert (len(web_in(second)), second.clock.now) == (3, end)
        assert run(run_pass(web(3), second.provider, second.clock)).outcomes == ()


def test_each_mutation_is_saved(tmp_path: Path) -> None:
    """A process that dies keeps what was accepted, because each mutation is saved at once."""
    state = tmp_path / "region.json"
    with compose(Settings(state=state, start=NOW)) as composition:
        run(run_pass(web(2), composition.provider, composition.clock))
        in_the_middle = state.read_text(encoding="utf-8")
    copy = tmp_path / "copy.json"
    copy.write_text(in_the_middle, encoding="utf-8")
    with compose(Settings(state=copy)) as again:
        assert web_in(again) == ("web-000001", "web-000002")


def test_passed_time_is_saved(tmp_path: Path) -> None:
    """Time that passed without any change is kept as well; a command that only looks writes nothing."""
    settings = Settings(state=tmp_path / "region.json", start=NOW)
    with compose(settings) as composition:
        assert composition.clock.now == NOW
    assert not (tmp_path / "region.json").exists()
    with compose(settings) as composition:
        run(composition.clock.sleep(60))
    with compose(settings) as composition:
        assert (composition.clock.now - NOW).total_seconds() == 60


def test_held_region_says_try_later(tmp_path: Path) -> None:
    """A region that another command holds is a case for later, and nothing is lost."""
    settings = Settings(state=tmp_path / "region.json", start=NOW)
    with compose(settings), pytest.raises(CompositionError) as caught, compose(settings):
        pass
    assert caught.value.verdict is Verdict.THROTTLED
    assert "in use by another command" in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "other"}'])
def test_foreign_file_is_left_alone(tmp_path: Path, content: str) -> None:
    """A file that is no region is an error with a remedy, and stays as it was."""
    state = tmp_path / "region.json"
    state.write_text(content, encoding="utf-8")
    with pytest.raises(CompositionError, match="--state"), compose(Settings(state=state)):
        pass
    assert state.read_text(encoding="utf-8") == content


def test_failed_save_is_an_unknown_outcome(tmp_path: Path) -> None:
    """A mutation that could not be saved is one whose outcome nobody knows, told in the report."""
    state = tmp_path / "region.json"
    with compose(Settings(state=state, start=NOW)) as composition:
        obstacle = state.with_name("region.json.new")
        obstacle.mkdir()
        report = run(run_pass(web(2), composition.provider, composition.clock))
        obstacle.rmdir()
    (outcome,) = report.outcomes
    assert isinstance(outcome.error, OutcomeUnknown)
    assert outcome.error.code == "RegionFileNotSaved"
    assert report.verdict is Verdict.UNREACHABLE


def a_scenario(path: Path, spec: str) -> Path:
    """A scenario file."""
    text = f"apiVersion: evenkeel/v1alpha1\nkind: Scenario\nspec: {{{spec}}}\n"
    path.write_text(text, encoding="utf-8")
    return path


def test_scenario_shapes_a_new_region(tmp_path: Path) -> None:
    """A scenario is in force from the region's start, and stays in force in the file."""
    lag = a_scenario(tmp_path / "lag.yaml", "listLag: 30")
    settings = Settings(state=tmp_path / "region.json", scenario=lag, start=NOW)
    with compose(settings) as composition:
        run(bring(composition, 1))
    with compose(settings) as again:
        assert again.region is not None
        assert again.region.scenario.list_lag == 30


def test_other_scenario_is_refused(tmp_path: Path) -> None:
    """A region that began under one scenario does not go on under another."""
    first = Settings(state=tmp_path / "region.json", start=NOW)
    with compose(first) as composition:
        run(bring(composition, 1))
    lag = a_scenario(tmp_path / "lag.yaml", "listLag: 30")
    second = Settings(state=first.state, scenario=lag)
    with pytest.raises(CompositionError, match="began under another scenario"), compose(second):
        pass


def test_broken_scenario_is_explained(tmp_path: Path) -> None:
    """A scenario that cannot be read is told with its place."""
    broken = a_scenario(tmp_path / "broken.yaml", "listLagg: 30")
    settings = Settings(scenario=broken)
    with pytest.raises(CompositionError, match=r"broken\.yaml:3:\d+: "), compose(settings):
        pass


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("azure", "no credential: set AZURE_TOKEN_CREDENTIALS"),
        ("aws", "no provider called 'aws'; choose simulated or azure"),
    ],
)
def test_missing_provider_is_named(provider: str, said: str) -> None:
    """A provider that is not there is out of reach, and what is missing is said."""
    with pytest.raises(CompositionError, match=said) as caught, compose(Settings(provider)):
        pass
    assert caught.value.verdict is Verdict.UNREACHABLE
