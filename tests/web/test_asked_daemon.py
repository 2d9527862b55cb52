"""The command line asks a daemon: the same tables and words as one look gives, and what only a daemon knows."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestServer

from controller.cli.daemon_text import DaemonWords
from controller.core.standings import Freeze, FreezeReason
from controller.web.api import api_routes
from controller.web.server import application
from controller.web.told import told_routes
from providers.base import LockLevel
from tests.cli.shell import Shell
from tests.cli.transcripts import check_transcript, longest_line
from tests.web.clocks import SteppedClock
from tests.web.scene import Scene, named

if TYPE_CHECKING:
    from collections.abc import Iterator

BROKEN = Freeze(
    FreezeReason.SPEC_BROKEN,
    "fleets/ledger.yaml:9:3: unknown field `replica`; it stays on its last good spec until that is mended",
    token="0123456789ab",  # noqa: S106 -- an approval
)


def small_scene() -> Scene:
    """One fleet at peace, one that waits for a person, one whose spec is broken, one that was never seen."""
    scene = Scene()
    web, queue, ledger = named("web", 3), named("queue", 3), named("ledger", 2)
    for fleet in (web, queue, ledger):
        scene.settle(fleet)
    for number in (1, 2, 3):
        scope = queue.ref.instance_id(f"queue-00000{number}")
        scene.provider.region.add_lock(LockLevel.CAN_NOT_DELETE, scope)
    scene.show(web)
    scene.show(named("queue", 1))
    scene.show(ledger, BROKEN)
    scene.stand(named("api", 1))
    return scene


@contextmanager
def listening(scene: Scene) -> Iterator[str]:
    """A server of the scene in a thread of its own; yields its address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    clock = SteppedClock(scene)
    routes = (*api_routes(scene.board, clock), *told_routes(scene.board, clock, DaemonWords()))
    server = TestServer(application(routes))
    asyncio.run_coroutine_threadsafe(server.start_server(), loop).result(30)
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(name="daemon", scope="module")
def _daemon() -> Iterator[str]:
    with listening(small_scene()) as address:
        yield address


@pytest.fixture(name="shell")
def _shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("nothing"))


def test_tables_of_daemon(shell: Shell, daemon: str) -> None:
    """All tables come from the daemon, without a spec, a cloud or a word on where events live."""
    shown = []
    for kind in ("fleets", "instances", "events"):
        ran = shell.run("get", kind, "--server", daemon)
        assert (ran.code, ran.err) == (0, "")
        assert longest_line(ran.out) <= 80 or kind == "events"
        shown.append(ran.out)
    check_transcript("server-get", "\n".join(shown))


@pytest.mark.parametrize("name", ["web", "ledger", "api"])
def test_description_by_daemon(shell: Shell, daemon: str, name: str) -> None:
    """A description tells what one look tells, and source, freeze, last pass, next look and events."""
    ran = shell.run("describe", name, env={"EVENKEEL_SERVER": daemon})
    assert ran.code == 0
    check_transcript(f"server-describe-{name}", ran.out)
    assert longest_line(ran.out) <= 80


@pytest.mark.parametrize("subject", ["queue", "queue/queue-000001", "ledger", "api"])
def test_explanation_by_daemon(shell: Shell, daemon: str, subject: str) -> None:
    """A fleet and an instance are explained by the daemon, held and unseen ones too."""
    ran = shell.run("explain", subject, "--server", daemon)
    assert ran.code == 0
    check_transcript(f"server-explain-{subject.replace('/', '-')}", ran.out)


def test_documents_of_daemon(shell: Shell, daemon: str) -> None:
    """Machines get the daemon's own documents."""
    whole = shell.run("describe", "ledger", "--server", daemon, "-o", "json").document
    assert whole["daemon"]["freeze"]["reason"] == "SpecBroken"
    why = shell.run("explain", "web/web-000001", "--server", daemon, "-o", "json").document
    assert (why["fleet"], why["mayBeDeleted"]) == ("web", True)
    assert shell.run("explain", "api", "--server", daemon, "-o", "json").document["fleet"] == "api"


def test_only_some_fleets(shell: Shell, daemon: str) -> None:
    """Names and labels choose among the daemon's fleets, for every kind."""
    words = ("--server", daemon, "-o", "name")
    assert shell.run("get", "fleets", "web", *words).out == "fleet/web\n"
    assert len(shell.run("get", "instances", "web", "queue", *words).out.splitlines()) == 6
    assert shell.run("get", "instances", "-l", "team", *words).out == ""


def test_only_warnings(shell: Shell, daemon: str) -> None:
    """Events of one type can be asked for, in any case; other lists have no types."""
    every = shell.run("get", "events", "--server", daemon, "--no-headers").out.splitlines()
    bad = shell.run("get", "events", "--server", daemon, "--no-headers", "--types", "warning").out
    wanted = [line.split() for line in every if " Warning " in line]
    assert [line.split() for line in bad.splitlines()] == wanted
    assert 0 < len(wanted) < len(every)
    for words in (("fleets", "--types", "Warning"), ("events", "--types", "Loud")):
        ran = shell.run("get", *words, "--server", daemon)
        assert (ran.code, ran.out) == (64, "")


@pytest.mark.parametrize(
    "words",
    [
        ("get", "fleets", "nosuch"),
        ("describe", "nosuch"),
        ("explain", "nosuch"),
        ("wait", "nosuch"),
    ],
)
def test_unknown_to_daemon(shell: Shell, daemon: str, words: tuple[str, ...]) -> None:
    """A fleet that the daemon does not know is an error that names those it knows."""
    ran = shell.run(*words, "--server", daemon)
    assert (ran.code, ran.out) == (1, "")
    assert "fleets there are: api, ledger, queue, web" in ran.err


def test_unknown_instance_at_daemon(shell: Shell, daemon: str) -> None:
    """An instance that is not there is an error too."""
    ran = shell.run("explain", "web/web-000099", "--server", daemon)
    assert (ran.code, ran.out) == (1, "")
    assert "fleet web has no instance web-000099" in ran.err


def test_wait_asks_daemon(shell: Shell, daemon: str) -> None:
    """A fleet that is ready is so at once, and one that was not seen is not yet."""
    assert shell.run("wait", "web", "--server", daemon).code == 0
    assert shell.run("wait", "ledger", "--for=condition=Frozen", "--server", daemon).code == 0
    unseen = shell.run("wait", "api", "--timeout", "0", "--server", daemon)
    assert unseen.code == 1
    assert "nothing is said of Ready yet" in unseen.err


@pytest.mark.slow
def test_held_fleet_is_not_waited_for(shell: Shell, daemon: str) -> None:
    """A fleet that the daemon goes on calling stalled is given up, long before the time is up."""
    held = shell.run("wait", "ledger", "--for=condition=Reconciling", "--server", daemon)
    assert held.code == 1
    assert "fleet ledger is stalled" in held.err
    mended = ("wait", "ledger", "--for=condition=Frozen=false", "--timeout", "6")
    assert "not Frozen=False after 6s" in shell.run(*mended, "--server", daemon).err


def test_who_says_where_means_it(shell: Shell, daemon: str) -> None:
    """A place on the command line wins over a daemon in the environment."""
    shell.converged()
    ran = shell.run(
        "get", "fleets", "--specs", "specs", "-o", "name", env={"EVENKEEL_SERVER": daemon}
    )
    assert ran.out == "fleet/web\n"


def test_nobody_listens(shell: Shell) -> None:
    """No daemon there is exit code 69, with what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ran = shell.run("get", "fleets", "--server", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (ran.code, ran.out) == (69, "")
    assert "no daemon answers at" in ran.err


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
def test_stranger_answers(shell: Shell, answer: bytes) -> None:
    """Whatever else listens there is told to be no daemon, and never believed."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=speak)
        thread.start()
        ran = shell.run("get", "fleets", "--server", f"127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert (ran.code, ran.out) == (69, "")
    assert "127.0.0.1" in ran.err


def test_words_cannot_steer_the_terminal(shell: Shell) -> None:
    """What a server says is shown without the characters that a terminal would obey."""
    body = "red \x1b[31m\x07 words"
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=speak)
        thread.start()
        ran = shell.run("describe", "web", "--server", f"127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert ran.out == "red \\x1b[31m\\x07 words\n"
