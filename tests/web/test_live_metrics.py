"""Metrics of a daemon that runs: what alerts and panels ask for is there."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.daemon.process import daemon, write_spec
from tests.web.test_metrics import NAMES, expressions


@pytest.mark.slow
def test_running_daemon_has_what_is_asked_for(tmp_path: Path) -> None:
    """Each metric in an expression of an alert or a panel is among those that a live daemon serves."""
    write_spec(tmp_path / "specs", "web", 3)
    with daemon(tmp_path, "specs", "--speed", "30") as process:
        url = process.url()
        process.event("pass", fleet="web", outcome="nothing to do")
        with urllib.request.urlopen(f"{url}/metrics") as answer:  # noqa: S310 -- our own loopback server
            kind = answer.headers["Content-Type"]
            text = answer.read().decode()
    families = list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # the library leaves it out
    served = {one.name for one in families}
    served |= {f"{one.name}_{end}" for one in families for end in ("total", "bucket")}
    used = {name for expression in expressions() for name in NAMES.findall(expression)}
    assert kind.startswith("application/openmetrics-text")
    assert used - served == set()
