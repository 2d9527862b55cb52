"""What the proofs of the daemon share: specs, a real process, and its state over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
SPEC = """\
apiVersion: evenkeel/v1alpha1
kind: Fleet
metadata: {{name: {name}}}
spec:
  azure: {{subscription: {subscription}, resourceGroup: many-rg, location: westeurope}}
  replicas: {replicas}
  placement: {{zones: ["1", "2", "3"]}}
  sizes: [Standard_D2s_v5, Standard_D2as_v5]
  template:
    image: {{publisher: Canonical, offer: ubuntu-24_04-lts, sku: server}}
    sshPublicKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV2ZW5rZWVsLWV4YW1wbGUta2V5LW5vdC1yZWFs ops]
    network:
      subnet: /subscriptions/{subscription}/resourceGroups/net-rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s
      outbound: natGateway
"""


def write_spec(directory: Path, name: str, replicas: int) -> None:
    """Write a fleet's spec whole, as a careful editor does."""
    text = SPEC.format(name=name, replicas=replicas, subscription=SUBSCRIPTION)
    beside = directory / f".{name}.new"
    beside.write_text(text, encoding="utf-8")
    beside.replace(directory / f"{name}.yaml")


def evenkeel(*words: str) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-c", "from controller.cli.main import main; main()", *words]


def environment() -> dict[str, str]:
    """The environment of a child: this checkout's packages."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@dataclass
class RunningDaemon:
    """A daemon in a process of its own."""

    words: list[str]
    directory: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    _mark: int = field(default=0)

    def start(self, patience: float = 60.0) -> None:
        """Start it, and return when it listens."""
        self._mark = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                evenkeel("run", *self.words, "--listen", "127.0.0.1:0", "--log-format", "json"),
                cwd=self.directory,
                env=environment(),
                stderr=out,
                stdout=out,
            )
        self.url = wait_for(self._listening, patience, self.told)

    @property
    def pid(self) -> int:
        """The process number; 0 before the first start."""
        return self.process.pid if self.process else 0

    def _listening(self) -> str:
        for line in self.told().splitlines():
            if line.startswith("evenkeel: status at "):
                return line.rpartition(" ")[2]
        return ""

    def told(self) -> str:
        """What it has said since it was started."""
        with self.log.open("rb") as stream:
            stream.seek(self._mark)
            return stream.read().decode("utf-8", "replace")

    def get(self, path: str) -> Any:
        """A document of its API; None while it does not answer."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=20) as answer:  # noqa: S310 -- loopback
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def is_ready(self) -> bool:
        """Whether it has looked at everything once."""
        found = self.get("/api/v1/daemon")
        return bool(found and found["ready"])

    def at_rest(self) -> bool:
        """Whether each fleet's last pass found nothing to do."""
        found = self.get("/api/v1/fleets")
        if not found or not found["items"]:
            return False
        passes = [one["daemon"]["lastPass"] for one in found["items"]]
        return all(one is not None and one["verdict"] == "nothing to do" for one in passes) and all(
            one.get("status") == "Ready" for one in found["items"]
        )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it, and give its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        return self.process.wait(timeout=30)


def wait_for(found: Any, patience: float, told: Any = lambda: "") -> Any:
    """Wait until ``found()`` gives something, and give that."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    sys.exit(f"waited for {patience:.0f} s in vain\n{told()[-3000:]}")
