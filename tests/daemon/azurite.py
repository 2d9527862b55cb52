"""Azurite, started by the tests: Azure Storage on loopback, from npm's package of that name.

The first test that needs it installs it beside this file. Where node or npm are missing the tests are
left out, which is said at the end of the run, or fail where nothing may be left out.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import ContainerClient

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent / "node"
ENTRY = HERE / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
ACCOUNT = "devstoreaccount1"
# The key of every development storage there is; Microsoft publishes it.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
INSTALL_SECONDS = 240
_LISTENS = re.compile(r"listens on (http://127\.0\.0\.1:\d+)")
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}


@dataclass(frozen=True, slots=True)
class Azurite:
    """A storage account that runs. ``process`` was started here."""

    url: str
    process: subprocess.Popen[str]

    def container(self, name: str) -> str:
        """Make a container and give its address."""
        address = f"{self.url}/{ACCOUNT}"
        with ContainerClient(address, name, credential=KEY, retry_total=0) as container:
            container.create_container()
        return f"{address}/{name}"


@contextmanager
def azurite_in(directory: Path) -> Iterator[Azurite]:
    """Run Azurite while the block lasts, on a port that was free, with nothing kept on disk."""
    _install()
    environment = {k: v for k, v in os.environ.items() if k.upper() not in _PROXIES}
    command = ["node", str(ENTRY), "--blobHost", "127.0.0.1", "--blobPort", "0"]
    options = ["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent"]
    with subprocess.Popen(  # noqa: S603 -- a program that this test installed
        [*command, *options, "--extentMemoryLimit", "64"],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment,
        cwd=directory,
        start_new_session=True,
    ) as process:
        try:
            yield Azurite(_address(process), process)
        finally:
            process.kill()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        found = _LISTENS.search(line)
        if found:
            return found[1]
    pytest.fail(f"Azurite did not start: {''.join(said)}")


def _install() -> None:
    """Have Azurite installed once, however many workers ask for it at the same time."""
    if shutil.which("node") is None or not (ENTRY.exists() or shutil.which("npm")):
        _leave_out("node and npm are not installed")
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ENTRY.exists():
            return
        done = subprocess.run(
            ["npm", "ci", "--silent", "--no-fund", "--no-audit", "--ignore-scripts"],  # noqa: S607 -- whichever npm there is
            cwd=HERE,
            check=False,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )
    if done.returncode or not ENTRY.exists():
        _leave_out(f"npm could not install Azurite: {(done.stderr or done.stdout).strip()[-300:]}")


def _leave_out(why: str) -> None:
    text = f"tests of leases against Azurite were left out: {why}"
    if os.environ.get("EVENKEEL_REQUIRE_ALL") == "1":
        pytest.fail(text)
    pytest.skip(text)
