"""A shell for tests: an empty directory to be in, specs to write into it, and commands to run there."""

from __future__ import annotations

import json
from contextlib import chdir
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from controller.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

_SPEC = """\
apiVersion: evenkeel/v1alpha1
kind: Fleet
metadata:
  name: {name}
spec:
  azure:
    subscription: 00000000-0000-0000-0000-000000000000
    resourceGroup: {name}-rg
    location: westeurope
  replicas: {replicas}
  placement:
    zones: ["1", "2", "3"]
  sizes: [Standard_D2s_v5, Standard_D2as_v5]
  spot: {{baseRegular: 2, regularPercentageAboveBase: 50, evictionPolicy: Delete}}
  template:
    image: {{publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: latest}}
    sshPublicKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV2ZW5rZWVsLWV4YW1wbGUta2V5LW5vdC1yZWFs ops"]
    osDisk: {{storageAccountType: Premium_LRS, sizeGiB: 64}}
    network:
      subnet: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/s
      outbound: natGateway
"""

_SCENARIO = """\
apiVersion: evenkeel/v1alpha1
kind: Scenario
metadata: {{name: test}}
spec: {spec}
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Stdout as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands in ``folder``, with stdout and stderr apart and no terminal."""

    folder: Path

    def run(self, *words: str, env: dict[str, str] | None = None, charset: str = "utf-8") -> Ran:
        """Run one command; a traceback on stderr fails the test at once."""
        with chdir(self.folder):
            result = CliRunner(charset=charset).invoke(cli, list(words), env=env)
        assert "Traceback" not in result.stderr, result.stderr
        return Ran(result.exit_code, result.stdout, result.stderr)

    def write(self, name: str, text: str) -> str:
        """Write a file and return its name."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return name

    def spec(self, name: str = "web", *, replicas: int = 6) -> str:
        """Write the spec of a fleet into ``specs/`` and return its path."""
        return self.write(f"specs/{name}.yaml", _SPEC.format(name=name, replicas=replicas))

    def broken_spec(self, name: str = "db") -> str:
        """Write a spec with an unknown field in line 10."""
        text = _SPEC.format(name=name, replicas=6).replace("replicas:", "replica:")
        return self.write(f"specs/{name}.yaml", text)

    def scenario(self, spec: str) -> str:
        """Write a scenario whose ``spec`` is given as YAML in one line."""
        return self.write("scenario.yaml", _SCENARIO.format(spec=spec))

    def converged(self, *, replicas: int = 6) -> str:
        """Bring the fleet ``web`` up in the default region; returns the path of its spec."""
        path = self.spec(replicas=replicas)
        assert self.run("reconcile", path, "--until-converged").code == 0
        return path
