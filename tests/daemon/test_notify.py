"""What systemd is told: the datagrams of sd_notify."""

from __future__ import annotations

import os
import re
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from controller.engine.notify import Notifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def systemd(address: str) -> Iterator[socket.socket]:
    """A socket as systemd has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(5)
        yield listening


def test_a_life_is_told(tmp_path: Path) -> None:
    """Start, status, reload, a sign of life when one is due, and the end come as systemd wants them."""
    path = str(tmp_path / "notify")
    with systemd(path) as listening:
        notifier = Notifier({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000"})
        notifier.ready("watching")
        notifier.status("two\nlines")
        notifier.reloading()
        for _ in range(10):
            notifier.alive()
        notifier.stopping(20)
        heard = [listening.recv(4096).decode() for _ in range(5)]
    assert notifier.watchdog_seconds == 10
    assert heard[0] == "READY=1\nSTATUS=watching"
    assert heard[1] == "STATUS=two lines"
    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d{6,}", heard[2])
    assert heard[3:] == ["WATCHDOG=1", "STOPPING=1\nEXTEND_TIMEOUT_USEC=20000000\nSTATUS=stopping"]


def test_abstract_addresses_are_known() -> None:
    """An address that begins with @ lies in the abstract name space."""
    name = f"evenkeel-test-{os.getpid()}"
    with systemd(f"\0{name}") as listening:
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).ready("watching")
        assert listening.recv(4096) == b"READY=1\nSTATUS=watching"


def test_nobody_listens(tmp_path: Path) -> None:
    """Without systemd, or with one that is gone, telling does nothing and fails nothing."""
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}):
        notifier = Notifier(environment)
        notifier.ready("watching")
        assert notifier.watchdog_seconds is None


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 1.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_watchdog_is_for_whom_it_names(
    variables: dict[str, str], seconds: float | None
) -> None:
    """A sign of life is given three times in the period, and only by the process that is meant."""
    notifier = Notifier({"NOTIFY_SOCKET": "@nobody", **variables})
    assert notifier.watchdog_seconds == seconds
