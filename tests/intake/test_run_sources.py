"""``evenkeel run`` itself: what it says of its sources."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.intake.places import ENVIRONMENT, Repository, spec, write
from tests.sources import ROOT


@contextmanager
def running(place: Path, *arguments: str) -> Iterator[Callable[..., dict[str, object]]]:
    """The program at work; what is given waits for a line of its log with certain values."""
    program = "import sys; from controller.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "run", *arguments]
    options = ["--state", "none", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(  # noqa: S603 -- this project's own program
        [*command, *options, "--log-format", "json"],
        cwd=place,
        env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:

        def line(**facts: object) -> dict[str, object]:
            assert process.stderr is not None
            for text in process.stderr:
                found: dict[str, object] = json.loads(text) if text.startswith("{") else {}
                if facts.items() <= found.items():
                    return found
            raise AssertionError(f"it ended without {facts}")

        try:
            yield line
        finally:
            process.terminate()
            process.wait()


@pytest.mark.slow
def test_sources_are_told(tmp_path: Path) -> None:
    """A source that is missing, a mistake in a spec and a frozen fleet each have their line in the log."""
    write(tmp_path / "specs" / "a.yaml", spec("a", 1).replace("replicas", "replica"))
    with running(tmp_path, "specs", "none", "--state-dir", "state") as line:
        assert line(event="standing", fleet="a")["freeze"] == "SpecBroken"
        assert "there is no `none`" in str(line(event="source", root="none")["trouble"])
        assert str(line(event="spec")["place"]).startswith("specs/a.yaml:")


@pytest.mark.slow
def test_kind_of_source_is_obeyed(tmp_path: Path) -> None:
    """In a checkout the commit counts, a branch if one is named, and with ``plain`` what lies there."""
    repository = Repository(tmp_path)
    repository.commit(a=1)
    repository.git("branch", "old")
    commit = repository.commit(a=2)
    write(tmp_path / "specs" / "a.yaml", spec("a", 3))
    old = repository.git("rev-parse", "old")
    with running(tmp_path, "specs", "--state-dir", "state") as line:
        assert line(event="standing", fleet="a")["revision"] == f"git:{commit}"
    with running(tmp_path, "specs", "--ref", "old", "--state-dir", "other") as line:
        assert line(event="standing", fleet="a")["revision"] == f"git:{old}"
    with running(tmp_path, "specs", "--source", "plain", "--state-dir", "third") as line:
        assert str(line(event="standing", fleet="a", freeze=None)["revision"]).startswith(
            "content:"
        )
