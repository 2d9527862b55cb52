"""A real Prometheus in front of a live daemon, and promtool, from Debian's package.

They come from the machine or from `make prometheus`; where there are none, their tests are left out and say so.
"""

from __future__ import annotations

import http.server
import json
import shutil
import socket
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

UNPACKED = Path(sys.prefix) / "prometheus" / "usr" / "bin"
PATIENCE = 60
_CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: evenkeel
    static_configs: [{{targets: ["{target}"]}}]
"""


def program(name: str) -> str:
    """Where a program of the package is; without it the test is left out."""
    found = shutil.which(name) or shutil.which(name, path=str(UNPACKED))
    if found is None:
        pytest.skip(f"no {name} on this machine (make prometheus): alerts and panels are not tried")
    return found


def promtool(*words: str, said: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run promtool to its end."""
    return subprocess.run(  # noqa: S603 -- a checker of the system
        [program("promtool"), *words], input=said, capture_output=True, text=True, check=False
    )


class Relay:
    """Passes scrapes on to a daemon, and counts them, so that nobody has to guess how many were made."""

    def __init__(self, url: str) -> None:
        scraped = self.scraped = threading.Semaphore(0)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = {"Accept": self.headers.get("Accept", "")}
                request = urllib.request.Request(url + self.path, headers=wanted)  # noqa: S310 -- loopback
                with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- loopback
                    body, kind = answer.read(), answer.headers["Content-Type"]
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(body)
                scraped.release()

            def log_message(self, *_words: object) -> None:
                """Nobody wants to read of each scrape."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._serving = threading.Thread(target=self.server.serve_forever)
        self._serving.start()

    def end(self) -> None:
        """Listen no more."""
        self.server.shutdown()
        self._serving.join()
        self.server.server_close()

    def wait(self, scrapes: int) -> None:
        """Return when so many more scrapes have been answered."""
        for _ in range(scrapes):
            assert self.scraped.acquire(timeout=PATIENCE), "nobody scrapes"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running Prometheus, and the relay through which it scrapes."""

    url: str
    relay: Relay

    def wait(self, scrapes: int) -> None:
        """Return when so many more scrapes have been answered."""
        self.relay.wait(scrapes)

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now. Raises ``HTTPError`` for one that cannot be evaluated."""
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{query}", timeout=10) as answer:  # noqa: S310 -- loopback
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found


@contextmanager
def scraping(url: str, directory: Path) -> Iterator[Prometheus]:
    """A Prometheus that scrapes a daemon each second."""
    relay = Relay(url)
    config = directory / "prometheus.yml"
    config.write_text(_CONFIG.format(target=f"127.0.0.1:{relay.server.server_port}"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    running = subprocess.Popen(  # noqa: S603 -- a server of the system, on loopback
        [
            program("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={directory / 'tsdb'}",
            f"--web.listen-address={address}",
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert running.stderr is not None
    try:
        assert any("ready to receive web requests" in line for line in running.stderr)
        yield Prometheus(f"http://{address}", relay)
    finally:
        running.kill()
        running.communicate()
        relay.end()
