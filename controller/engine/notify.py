"""Telling systemd how we are: the protocol of ``sd_notify``, one datagram to a socket in the file system.

https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html. Outside of systemd nothing is said.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from controller.engine.clock import monotonic_microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping

_WATCHDOG_PART = 3
"""A sign of life comes three times in the period after which systemd loses patience."""


class Notifier:
    """Whoever asked to be told: ``NOTIFY_SOCKET``, or nobody. Nothing here raises: it is only courtesy."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._watchdog = _watchdog_seconds(environment) if self._address else None
        self._alive_at: float | None = None
        self._status = ""

    @property
    def watchdog_seconds(self) -> float | None:
        """How often a sign of life is due; None if nobody waits for any."""
        return self._watchdog

    def ready(self, status: str) -> None:
        """Say that the service is up, after a start or a reload."""
        self._tell("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """Say in a line how it goes, if that has changed."""
        if status != self._status:
            self._status = status
            self._tell(f"STATUS={status}")

    def reloading(self) -> None:
        """Say that a reload has begun; ``ready`` ends it. systemd wants to know when, by its own clock."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={monotonic_microseconds()}")

    def stopping(self, seconds: float) -> None:
        """Say that the end has begun, and how long it may take."""
        self._tell("STOPPING=1", f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}", "STATUS=stopping")

    def alive(self) -> None:
        """Give a sign of life, if one is due. To be called as often as one likes."""
        now = monotonic_microseconds() / 1e6
        if self._watchdog is None:
            return
        if self._alive_at is None or now - self._alive_at >= self._watchdog:
            self._alive_at = now
            self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        # An address that begins with @ is in Linux' abstract name space, whose names begin with a zero.
        address = f"\0{self._address[1:]}" if self._address[0] == "@" else self._address
        text = "\n".join(line.replace("\n", " ") for line in lines)
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(0)
            out.sendto(text.encode(), address)


def _watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    period, whom = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    meant = not whom or whom == str(os.getpid())
    if not (meant and period.isdecimal() and int(period)):
        return None
    return int(period) / 1e6 / _WATCHDOG_PART
