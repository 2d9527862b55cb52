"""Stories of specs that break, vanish and come back. What counts as a fleet here, the compiler decides."""

from __future__ import annotations

from controller.spec.compile import compile_specs
from controller.spec.source import SourceFile
from controller.spec.values import Fleet
from tests.stories.happenings import Happening, removes
from tests.stories.stage import Stage, cast_of
from tests.stories.teller import Story

_TEXT = """\
apiVersion: evenkeel/v1alpha1
kind: Fleet
metadata: {{name: {name}}}
spec:
  azure:
    subscription: 00000000-0000-0000-0000-000000000000
    resourceGroup: {name}-rg
    location: westeurope
  replicas: {replicas}
  placement: {{zones: ["1", "2", "3"]}}
  sizes: [Standard_D2s_v5]
  template:
    image: {{publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: latest}}
    adminUsername: azureuser
    sshPublicKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV2ZW5rZWVsLWV4YW1wbGUta2V5LW5vdC1yZWFs ops"]
    network:
      subnet: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/{name}-rg/providers/Microsoft.Network/virtualNetworks/net/subnets/{name}
      outbound: natGateway
"""


def spec_text(name: str, replicas: int) -> str:
    """A complete spec file of a fleet over three zones."""
    return _TEXT.format(name=name, replicas=replicas)


def compiled(name: str, replicas: int) -> Fleet:
    """The fleet that such a file describes."""
    (fleet,) = compile_specs([_source(name, spec_text(name, replicas))]).fleets
    return fleet


def saves(at: float, name: str, text: str, words: str) -> Happening:
    """Somebody saves a spec file, whatever is in it."""

    def act(stage: Stage) -> str:
        stage.files[name] = text
        return f"{name}.yaml {words}{_read(stage)}"

    return Happening(at, act)


def deletes(at: float, name: str) -> Happening:
    """Somebody deletes a spec file."""

    def act(stage: Stage) -> str:
        stage.files.pop(name, None)
        return f"{name}.yaml is deleted{_read(stage)}"

    return Happening(at, act)


def _source(name: str, text: str) -> SourceFile:
    return SourceFile(f"specs/{name}.yaml", text.encode())


def _read(stage: Stage) -> str:
    """Take in all files: fleets in force, fleets frozen because their spec is broken or gone."""
    found = compile_specs([_source(*row) for row in sorted(stage.files.items())])
    for fleet in found.fleets:
        stage.put(fleet)
    broken = {one.group_id for one in found.broken}
    valid = {fleet.ref.id.lower() for fleet in found.fleets}
    stage.frozen = {
        key: "broken" if key in broken else "gone" for key in stage.fleets if key not in valid
    }
    faults = [f"{one.code.value} in line {one.line}" for one in found.errors]
    frozen = [f"{stage.fleets[key].name} is frozen" for key in stage.frozen]
    return "".join(f"; {words}" for words in (*faults, *frozen))


_SHOP, _WEB = compiled("shop", 3), compiled("web", 3)
_EVEN = cast_of({"1": 1, "2": 1, "3": 1})


def _begin(stage: Stage) -> str:
    stage.files |= {"shop": spec_text("shop", 3), "web": spec_text("web", 3)}
    return f"shop.yaml and web.yaml ask for three each{_read(stage)}"


STORIES = (
    Story(
        "A spec breaks and its neighbour goes on",
        "A mistake in shop.yaml freezes shop, also when a member dies; web grows all the same.",
        ((_SHOP, _EVEN), (_WEB, _EVEN)),
        ends="1/1",
        happenings=(
            Happening(-1, _begin),
            saves(
                0, "shop", spec_text("shop", 0).replace("replicas: 0", "replicas: none"), "is saved"
            ),
            removes(30, "2"),
            saves(60, "web", spec_text("web", 6), "is saved with replicas 6"),
        ),
        lasts=300,
    ),
    Story(
        "A broken spec is mended",
        "When the mistake is gone the fleet is brought to its number again.",
        ((_SHOP, _EVEN), (_WEB, _EVEN)),
        ends="2/1/1",
        happenings=(
            Happening(-1, _begin),
            saves(0, "shop", spec_text("shop", 9)[:120], "is saved half"),
            saves(90, "shop", spec_text("shop", 4), "is saved with replicas 4"),
        ),
    ),
    Story(
        "A spec vanishes and nothing is deleted",
        "A file that is gone says nothing: members stay until a spec says that the fleet is to end.",
        ((_SHOP, _EVEN), (_WEB, _EVEN)),
        ends="1/1/1",
        happenings=(
            Happening(-1, _begin),
            deletes(0, "shop"),
            saves(60, "web", spec_text("web", 4), "is saved with replicas 4"),
        ),
        lasts=900,
    ),
)
