"""The emulator on a socket: TLS, time, saving, traffic files, and the command that starts it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import aiohttp
import pytest
from click.testing import CliRunner

from controller.cli.main import cli
from providers.arm.emulator import Emulator, Settings
from providers.arm.server import Pace, Saver, Server
from providers.arm.traffic import Traffic
from tests.arm.clients import GROUP, SET, VM, VMS, a_client, a_client_with_set, a_set, a_vm
from tests.arm.serving import served, trusting
from tests.providers.worlds import an_empty_region, run

pytestmark = pytest.mark.slow

AUTHORIZED = {"Authorization": "Bearer any"}
QUERY = "?api-version=2024-07-01"


async def put(session: aiohttp.ClientSession, url: str, body: object) -> int:
    """PUT a JSON body; the status."""
    async with session.put(url + QUERY, json=body, headers=AUTHORIZED) as answer:
        await answer.read()
        return answer.status


def test_tls_is_trusted_by_its_ca_alone(tmp_path: Path) -> None:
    """A client that trusts the emulator's CA gets an answer; one that does not refuses the certificate."""

    async def story() -> None:
        async with (
            served(Server(a_client().emulator), tmp_path) as (url, ca_file),
            aiohttp.ClientSession() as session,
        ):
            for host in (url, url.replace("localhost", "127.0.0.1")):
                async with session.get(
                    f"{host}/metadata/endpoints", ssl=trusting(ca_file)
                ) as answer:
                    assert answer.status == 200
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(f"{url}/metadata/endpoints", ssl=ssl.create_default_context())

    run(story())


def test_only_the_ca_is_left_on_disk(tmp_path: Path) -> None:
    """No private key stays on disk."""

    async def story() -> None:
        async with served(Server(a_client().emulator), tmp_path):
            pass

    run(story())
    assert [path.name for path in tmp_path.iterdir()] == ["ca.pem"]
    assert "PRIVATE" not in (tmp_path / "ca.pem").read_text()


def test_long_polling_urls_pass(tmp_path: Path) -> None:
    """The polling URL of 3,000 characters goes through a real socket both ways, headers in ARM's form."""

    async def story() -> None:
        async with (
            served(Server(a_client_with_set().emulator), tmp_path) as (url, ca_file),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(ca_file))) as session,
        ):
            async with session.put(url + VM + QUERY, json=a_vm(), headers=AUTHORIZED) as made:
                polling = made.headers["Azure-AsyncOperation"]
                assert polling.startswith(f"{url}/subscriptions/")
            async with session.get(polling, headers=AUTHORIZED) as poll:
                assert (await poll.json())["status"] == "InProgress"
            async with session.delete(url + VM + QUERY, headers=AUTHORIZED) as gone:
                assert (gone.status, await gone.read()) == (202, b"")

    run(story())


def test_time_passes_at_speed() -> None:
    """The region's time passes as the clock outside does, times the speed, and never backwards."""
    emulator = Emulator(an_empty_region(), Settings(speed=60))
    readings = iter([100.0, 101.0, 100.5, 103.0])
    pace = Pace(emulator, lambda: next(readings))
    seen = []
    for _ in range(3):
        pace.keep()
        seen.append(emulator.now)
    assert seen == [60.0, 60.0, 210.0]


def test_control_route_moves_time() -> None:
    """The control route tells the time and moves it on, never back."""
    client = a_client(Settings(speed=0))
    assert client.send("GET", "/evenkeel/clock", authorization="").json["elapsedSeconds"] == 0
    moved = client.send("POST", "/evenkeel/clock", {"advance": 90}, authorization="")
    assert moved.json["now"] == "2026-11-21T12:01:30.0000000+00:00"
    for wrong in (-1, "soon", True, None):
        assert client.send("POST", "/evenkeel/clock", {"advance": wrong}).status == 400


def test_requests_share_one_saving(tmp_path: Path) -> None:
    """An answer goes out when the region is saved; requests that come together are saved together."""
    emulator = a_client_with_set().emulator
    saved: list[int] = []

    async def story() -> None:
        saver = Saver(emulator, lambda: saved.append(len(list(emulator.world.roster))))
        async with (
            served(Server(emulator, saver=saver), tmp_path) as (url, ca_file),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(ca_file))) as session,
        ):
            urls = [f"{url}{VMS}/web-{number:06d}" for number in range(20)]
            statuses = await asyncio.gather(*(put(session, one, a_vm()) for one in urls))
            assert statuses == [201] * 20
            assert saved[-1] == 20
            before = len(saved)
            async with session.get(url + VMS + QUERY, headers=AUTHORIZED) as listed:
                assert len((await listed.json())["value"]) == 20
            assert len(saved) == before

    run(story())
    assert len(saved) <= 20


def test_failed_saving_is_told(tmp_path: Path) -> None:
    """When the region cannot be saved, the client is told so, and the server goes on."""
    emulator = a_client().emulator
    full = [OSError("No space left on device")]

    def save() -> None:
        if full:
            raise full.pop()

    async def story() -> None:
        async with (
            served(Server(emulator, saver=Saver(emulator, save)), tmp_path) as (url, ca_file),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(ca_file))) as session,
        ):
            place = {"location": "westeurope"}
            assert [await put(session, url + GROUP, place) for _ in range(2)] == [500, 200]

    run(story())


def test_traffic_is_kept(tmp_path: Path) -> None:
    """Each exchange with ARM is a file in the form of Microsoft's validator, without secrets."""
    client = a_client_with_set()

    async def story() -> None:
        server = Server(client.emulator, traffic=Traffic(tmp_path / "traffic"))
        async with (
            served(server, tmp_path) as (url, ca_file),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(ca_file))) as session,
        ):
            assert await put(session, url + VM, a_vm()) == 201
            await (await session.get(f"{url}/metadata/endpoints")).read()

    run(story())
    (file,) = (tmp_path / "traffic").iterdir()
    assert file.name == "000001-PUT-virtualMachines-web-000001.json"
    kept = json.loads(file.read_text())
    request, response = kept["liveRequest"], kept["liveResponse"]
    assert (request["method"], response["statusCode"]) == ("PUT", "201")
    assert request["url"].endswith(f"{VM}{QUERY}")
    assert request["headers"]["authorization"] == "REDACTED"
    assert request["body"]["properties"]["osProfile"]["adminPassword"] == "REDACTED"
    assert response["body"]["properties"]["provisioningState"] == "Creating"


PROGRAM = "from controller.cli.main import main; main()"


def start(folder: Path, *words: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start the command in a directory; give the process and its ready line."""
    process = subprocess.Popen(  # noqa: S603 -- the interpreter that runs this test
        [sys.executable, "-c", PROGRAM, "emulator", "--port", "0", *words],
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=str(Path.cwd())),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def ask(url: str, method: str, path: str, body: object = None) -> int:
    """Send one request over http; the status."""
    content = None if body is None else json.dumps(body).encode()
    request = Request(url + path + QUERY, content, AUTHORIZED, method=method)  # noqa: S310 -- http
    with urlopen(request) as answer:  # noqa: S310 -- our own server
        return int(answer.status)


def test_command_serves_until_told(tmp_path: Path) -> None:
    """The command prints one ready line, serves, ends cleanly on SIGTERM, and goes on from its file."""
    for status in (201, 200):
        process, ready = start(tmp_path, "--http")
        try:
            assert list(ready) == ["url", "caFile", "subscription", "tenant", "location"]
            assert ready["caFile"] is None
            assert ask(ready["url"], "PUT", SET, a_set()) == status
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "")
        assert err == "evenkeel: simulated region kept in .evenkeel/region.json\n"


def test_command_makes_a_certificate(tmp_path: Path) -> None:
    """Without --http the command speaks https, and says where its CA's certificate is."""
    process, ready = start(tmp_path, "--state", "none")
    try:
        ca_file = Path(ready["caFile"])
        assert ca_file == (tmp_path / ".evenkeel/emulator/ca.pem").resolve()
        url = f"{ready['url']}/metadata/endpoints?api-version=2022-09-01"
        with urlopen(url, context=trusting(ca_file)) as answer:  # noqa: S310 -- our own server
            assert json.load(answer)["resourceManager"] == ready["url"]
    finally:
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert err == "evenkeel: simulated region in memory only\n"


def test_held_file_is_try_later(tmp_path: Path) -> None:
    """A second emulator on the same file ends with 75 and says why."""
    process, _ = start(tmp_path, "--http")
    try:
        state = str(tmp_path / ".evenkeel/region.json")
        second = CliRunner().invoke(cli, ["emulator", "--http", "--state", state])
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert second.exit_code == 75
    assert "in use by another command" in second.output


def test_taken_port_is_told() -> None:
    """A port that somebody else has is an error that names it and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ["emulator", "--http", "--state", "none", "--port", port]
        ended = CliRunner().invoke(cli, words)
    assert ended.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in ended.output
    assert "--port" in ended.output


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--speed", "-1"], 64, "--speed"),
        (["--throttle", "sometimes"], 64, "--throttle"),
        (["--scenario", "missing.yaml"], 1, "missing.yaml: "),
    ],
)
def test_wrong_options_are_told(words: list[str], code: int, said: str) -> None:
    """A wrong option ends the command before it listens, with a sentence."""
    ended = CliRunner().invoke(cli, ["emulator", "--state", "none", *words])
    assert (ended.exit_code, "Traceback" in ended.output) == (code, False)
    assert said in ended.output


def test_mistake_is_no_traceback(tmp_path: Path) -> None:
    """A mistake of the emulator's own is a 500 with one sentence, and the next request is answered."""
    emulator = a_client().emulator
    del emulator.region.world.own_locks

    async def story() -> None:
        async with (
            served(Server(emulator), tmp_path) as (url, ca_file),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(ca_file))) as session,
        ):
            place = url + GROUP + QUERY
            async with session.put(
                place, json={"location": "westus"}, headers=AUTHORIZED
            ) as answer:
                told = (await answer.json())["error"]
            assert (answer.status, told["code"]) == (500, "InternalServerError")
            assert told["message"].startswith("The emulator stopped by a mistake of its own: ")
            async with session.get(url + VMS + QUERY, headers=AUTHORIZED) as listed:
                assert listed.status == 200

    run(story())
