"""``evenkeel run`` as a process: it works, is alone, listens to signals, and says what hinders it."""

from __future__ import annotations

import shutil
import signal
import socket
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from controller.engine.clock import WallClock
from tests.daemon.process import daemon, get, program, write_spec

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
FAST = ("specs", "--speed", "30")


def test_a_life_from_start_to_end(tmp_path: Path) -> None:
    """The daemon creates what is wished, serves it, acts on an edit, and ends in order with a whole trail."""
    write_spec(tmp_path / "specs", "web", 3)
    with daemon(tmp_path, *FAST) as process:
        url = process.url()
        process.event("pass", fleet="web", outcome="nothing to do")
        while (fleet := get(f"{url}/api/v1/fleets")["items"][0])["status"] != "Ready":
            process.event("pass", fleet="web")
        assert (fleet["name"], fleet["ready"]) == ("web", 3)
        assert get(f"{url}/api/v1/daemon")["ready"] is True
        asked = program(tmp_path, "get", "fleets", "--server", url)
        assert asked.stdout.splitlines()[1].split()[:3] == ["web", "3", "3"]
        assert "web-000001" in program(tmp_path, "get", "instances", "web", "--server", url).stdout
        assert "Created" in program(tmp_path, "get", "events", "--server", url).stdout
        assert program(tmp_path, "describe", "web", "--server", url).returncode == 0
        assert program(tmp_path, "describe", "api", "--server", url).returncode == 1
        write_spec(tmp_path / "specs", "web", 5)
        assert process.event("pass", fleet="web", desired=5)["creates"] == 2
        assert process.end(signal.SIGTERM) == 0
    assert '"event": "stopped"' in process.said
    # The trail's anchor is in the log, for whoever checks the trail without trusting what lies beside it.
    anchor = process.said.rpartition('"head": "')[2].partition('"')[0]
    trail = ".evenkeel/audit.jsonl"
    verified = program(tmp_path, "audit", "verify", trail, "--head", anchor)
    assert verified.returncode == 0, verified.stderr


def test_a_second_daemon_is_refused(tmp_path: Path) -> None:
    """A second daemon on the same state directory ends with 75 and the first one's process number."""
    write_spec(tmp_path / "specs", "web", 1)
    with daemon(tmp_path, *FAST) as first:
        first.url()
        with daemon(tmp_path, "specs", "--state", "none") as second:
            assert second.wait() == 75
        assert f"process {first.running.pid} " in second.said
        assert first.end(signal.SIGINT) == 0


def test_hangup_reads_again(tmp_path: Path) -> None:
    """SIGHUP reads all specs again, and systemd is told of the reload, the readiness and the end."""
    write_spec(tmp_path / "specs", "web", 1)
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(30)
        with daemon(tmp_path, *FAST, NOTIFY_SOCKET=path, WATCHDOG_USEC="6000000") as process:
            process.event("pass", fleet="web")
            assert _heard(systemd, "READY=1")
            assert _heard(systemd, "WATCHDOG=1")
            process.running.send_signal(signal.SIGHUP)
            process.event("rescan")
            assert "MONOTONIC_USEC=" in _heard(systemd, "RELOADING=1")
            assert _heard(systemd, "READY=1")
            assert process.end(signal.SIGTERM) == 0
            assert _heard(systemd, "STOPPING=1")


def _heard(systemd: socket.socket, first: str) -> str:
    """Listen until something begins with this line."""
    while True:
        heard = systemd.recv(4096).decode()
        if heard.startswith(first):
            return heard


def test_open_pages_do_not_keep_it(tmp_path: Path) -> None:
    """SIGTERM with three pages attached ends the daemon in order, each page's stream first, well within its 20 seconds."""
    write_spec(tmp_path / "specs", "web", 1)
    with daemon(tmp_path, *FAST) as process, ExitStack() as pages:
        url = process.url()
        process.event("pass", fleet="web")
        streams = [
            pages.enter_context(urllib.request.urlopen(f"{url}/events", timeout=30))  # noqa: S310 -- loopback
            for _ in range(3)
        ]
        assert [one.readline() for one in streams] == [b"event: changed\n"] * 3
        begun = WallClock().elapsed
        process.running.send_signal(signal.SIGTERM)
        rest = [one.read() for one in streams]
        assert process.wait() == 0
        assert WallClock().elapsed - begun < 20
    assert all(one.startswith(b"data: ") for one in rest)
    assert '"event": "stopped"' in process.said


def test_ready_while_azure_is_away(tmp_path: Path) -> None:
    """Where nobody answers for Azure, the daemon lives and is ready all the same, and readiness and page say why."""
    write_spec(tmp_path / "specs", "web", 3)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with daemon(tmp_path, "specs", "--provider", "azure", "--arm-url", away) as process:
            url = process.url()
            told = process.event("pass", fleet="web")
            assert told["outcome"] == "provider unreachable"
            texts = {
                path: urllib.request.urlopen(url + path, timeout=30).read().decode()  # noqa: S310 -- loopback
                for path in ("/livez", "/readyz?verbose", "/")
            }
            assert process.end(signal.SIGTERM) == 0
    assert texts["/livez"] == "ok"
    note = "1 of 1 fleet could not be seen, which no new start would mend"
    assert f"[+]provider ok: {note}\n" in texts["/readyz?verbose"]
    assert texts["/readyz?verbose"].endswith("readyz check passed\n")
    assert "no connection to Azure" in texts["/"]
    assert "nothing is changed while it cannot be seen" in texts["/"]


def test_a_broken_state_directory_stops_changes(tmp_path: Path) -> None:
    """While its directory is gone the daemon changes nothing and says so; when it is back it catches up."""
    write_spec(tmp_path / "specs", "web", 1)
    with daemon(tmp_path, *FAST, "--state", "none", "--state-dir", "state") as process:
        url = process.url()
        process.event("pass", fleet="web", outcome="nothing to do")
        # Root may write anywhere, so the directory is taken away instead of made read-only.
        (tmp_path / "state").rename(tmp_path / "away")
        process.event("trouble")
        assert "cannot be written" in get(f"{url}/api/v1/daemon")["trouble"][0]
        write_spec(tmp_path / "specs", "web", 3)
        held = process.event("pass", fleet="web", desired=3)
        assert held["creates"] == 0
        # Another directory of the same name is not the one that this daemon holds.
        shutil.rmtree(tmp_path / "state", ignore_errors=True)
        (tmp_path / "away").rename(tmp_path / "state")
        process.event("recovered")
        while process.event("pass", fleet="web", desired=3)["creates"] != 2:
            pass
        assert process.end(signal.SIGTERM) == 0


def test_a_state_directory_that_is_none(tmp_path: Path) -> None:
    """A state directory that cannot be made is an error with what to do."""
    write_spec(tmp_path / "specs", "web", 1)
    (tmp_path / "file").write_text("")
    ran = program(tmp_path, "run", "specs", "--state", "none", "--state-dir", "file/state")
    assert ran.returncode == 1
    assert "--state-dir" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_no_daemon_to_ask(tmp_path: Path) -> None:
    """Where no daemon answers, asking it is an error with its own exit code, and nothing else is looked at."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        ran = program(
            tmp_path, "get", "fleets", "--server", f"http://127.0.0.1:{nobody.getsockname()[1]}"
        )
    assert ran.returncode == 69
    assert "no daemon answers" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use(tmp_path: Path) -> None:
    """An address that somebody else listens on is an error that names it."""
    write_spec(tmp_path / "specs", "web", 1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        ran = program(tmp_path, "run", "specs", "--state", "none", "--listen", address)
    assert ran.returncode == 1
    assert f"cannot listen on {address}" in ran.stderr


@pytest.mark.parametrize(
    "address", ["8080", "localhost", "localhost:http", ":1", "127.0.0.1:70000"]
)
def test_a_wrong_address_is_usage(tmp_path: Path, address: str) -> None:
    """What is no HOST:PORT is wrong usage, before anything is opened."""
    ran = program(tmp_path, "run", "specs", "--listen", address)
    assert ran.returncode == 64
    assert list(tmp_path.iterdir()) == []
