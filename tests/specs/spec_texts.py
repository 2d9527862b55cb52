"""The text of one complete spec, and edits of it. Line numbers in the tests are those of ``WEB``."""

from __future__ import annotations

from controller.spec.compile import SpecSet, compile_specs
from controller.spec.source import SourceFile

GUID = "00000000-0000-0000-0000-000000000000"
SCOPE = f"/subscriptions/{GUID}/resourceGroups/web-rg/providers"
SUBNET = f"{SCOPE}/Microsoft.Network/virtualNetworks/web/subnets/web"

WEB = f"""\
apiVersion: evenkeel/v1alpha1
kind: Fleet
metadata:
  name: web
  labels: {{team: payments}}
spec:
  azure:
    subscription: {GUID}
    resourceGroup: web-rg
    location: westeurope
  replicas: 6
  placement:
    zones: ["1", "2", "3"]
    maxSkew: 1
    whenUnsatisfiable: Relax
  sizes: [Standard_D2s_v5, Standard_D2as_v5]
  spot:
    baseRegular: 2
    regularPercentageAboveBase: 50
    evictionPolicy: Delete
  template:
    os: Linux
    image: {{publisher: Canonical, offer: ubuntu-24_04-lts, sku: server}}
    sshPublicKeys: ["ssh-ed25519 AAAA ops"]
    osDisk: {{storageAccountType: Premium_LRS, sizeGiB: 64}}
    network:
      subnet: {SUBNET}
      outbound: natGateway
"""


def edited(*edits: tuple[str, str], text: str = WEB) -> str:
    """``WEB`` with each ``(old, new)`` applied to its only or first place; an ``old`` must be there."""
    for old, new in edits:
        if old not in text:
            raise AssertionError(f"the text holds no {old!r}")
        text = text.replace(old, new, 1)
    return text


def compiled(*texts: str | bytes) -> SpecSet:
    """Compile texts as files ``0.yaml``, ``1.yaml`` and so on."""
    files = [
        SourceFile(f"{number}.yaml", text if isinstance(text, bytes) else text.encode())
        for number, text in enumerate(texts)
    ]
    return compile_specs(files)
