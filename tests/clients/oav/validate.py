"""Hold kept traffic against Microsoft's OpenAPI documents with ``oav``, Microsoft's own validator.

    python tests/clients/oav/validate.py CORPUS TRAFFIC OAV [DATE]

``TRAFFIC`` has one directory for each kind of client; below ``emulator`` are tests that send wrong requests
on purpose, so of those the answers alone are judged. Every difference needs a reason in
``differences.json``; one without it ends in exit status 1. With ``DATE`` the figures are written there, from
where the page of the documentation takes them.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KNOWN = Path(__file__).with_name("differences.json")

# Where Microsoft's repository of specifications keeps what the corpus has in one folder each.
_COMPUTE = "compute/resource-manager/Microsoft.Compute"
_LAYOUT = {
    "compute-2024-07-01": f"{_COMPUTE}/ComputeRP/stable/2024-07-01",
    "skus-2021-07-01": f"{_COMPUTE}/Skus/stable/2021-07-01",
    "compute-common-types-v1": f"{_COMPUTE}/common-types/v1",
    "locks-2020-05-01": "resources/resource-manager/Microsoft.Authorization/stable/2020-05-01",
    # The corpus has version 3 and 6; version 2, to which the documents refer, defines the same words.
    "arm-common-types-v3": "common-types/resource-management/v2",
}
# What is described, and the one version that is. The first row that fits counts.
_DESCRIBED = (
    (
        re.compile(r"/providers/Microsoft\.Authorization/locks(/[^/]+)?$", re.IGNORECASE),
        "2020-05-01",
    ),
    (re.compile(r"/providers/Microsoft\.Compute/skus$", re.IGNORECASE), "2021-07-01"),
    (
        re.compile(
            r"/providers/Microsoft\.Compute/(locations/[^/]+/)?"
            r"(virtualMachines|virtualMachineScaleSets|usages|vmSizes)(/(?!extensions).*)?$",
            re.IGNORECASE,
        ),
        "2024-07-01",
    ),
)
_WRONG_ON_PURPOSE = "emulator"
"""The directory of tests that also send what no client would."""


def main(corpus: Path, traffic: Path, oav: str, today: str) -> int:
    """Choose, validate, tell."""
    known = json.loads(KNOWN.read_text(encoding="utf-8"))
    clients: dict[str, dict[str, int]] = {}
    found: Counter[str] = Counter()
    with TemporaryDirectory(prefix="evenkeel-oav-") as name:
        work = Path(name)
        for document, place in _LAYOUT.items():
            shutil.copytree(corpus / "openapi" / document, work / "specification" / place)
        for folder in sorted(path for path in traffic.iterdir() if path.is_dir()):
            counts = _choose(folder, work / folder.name)
            report = _validated(oav, work, folder.name)
            found.update(_differences(report, folder.name))
            passed = sum(len(entry["operationIds"]) for entry in report["passedOperationsList"])
            clients[folder.name] = {
                **counts,
                "operations": report["coveredOperations"],
                "clean": passed,
            }
            print(folder.name, clients[folder.name])
    if today:
        version = json.loads((Path(oav).parent.parent / "oav" / "package.json").read_text())
        measured = {"date": today, "oav": version["version"], "clients": clients}
        told = json.dumps({"measured": measured, "reasons": known["reasons"]}, indent=2)
        KNOWN.write_text(f"{told}\n", encoding="utf-8")
    return _told(found, {one for reason in known["reasons"] for one in reason["differences"]})


def _told(found: Mapping[str, int], known: set[str]) -> int:
    for key, times in sorted(found.items()):
        print(f"{'known ' if key in known else 'NEW   '} {times:5} x  {key}")
    gone, new = sorted(known - set(found)), sorted(set(found) - known)
    for key in gone:
        print(f"GONE           {key}")
    print(
        f"{len(found)} differences, {len(new)} of them without a reason, {len(gone)} reasons unused"
    )
    return 1 if new else 0


def _choose(traffic: Path, chosen: Path) -> Counter[str]:
    """Copy one of each shape of exchange that is described, asked in the version that is."""
    counts = Counter({"kept": 0, "outside": 0, "alike": 0, "validated": 0})
    shapes: set[str] = set()
    chosen.mkdir()
    for path in sorted(traffic.glob("*.json")):
        counts["kept"] += 1
        exchange = json.loads(path.read_text(encoding="utf-8"))
        url = _described(exchange["liveRequest"]["url"])
        if url is None or exchange["liveResponse"]["statusCode"] == "500":
            counts["outside"] += 1
            continue
        exchange["liveRequest"]["url"] = url
        shape = _shape_of(exchange)
        if shape in shapes:
            counts["alike"] += 1
            continue
        shapes.add(shape)
        counts["validated"] += 1
        (chosen / path.name).write_text(json.dumps(exchange), encoding="utf-8")
    return counts


def _described(url: str) -> str | None:
    parts = urlsplit(url)
    for pattern, version in _DESCRIBED:
        if pattern.search(parts.path):
            query = dict(parse_qsl(parts.query))
            asked = query | {"api-version": version} if "api-version" in query else query
            return urlunsplit(parts._replace(query=urlencode(asked)))
    return None


def _shape_of(exchange: Mapping[str, Any]) -> str:
    request, response = exchange["liveRequest"], exchange["liveResponse"]
    parts = urlsplit(request["url"])
    words = parts.path.strip("/").split("/")
    kinds = [word for place, word in enumerate(words) if place % 2 == 0]
    told = [
        request["method"],
        *kinds,
        words[-1] if len(words) % 2 else "",
        *sorted(name for name, _ in parse_qsl(parts.query)),
        response["statusCode"],
        *sorted(set(_paths(request["body"]))),
        "|",
        *sorted(set(_paths(response["body"]))),
    ]
    return " ".join(told)


def _paths(body: Any, at: str = "") -> Iterator[str]:
    if isinstance(body, dict):
        for name, inner in body.items():
            yield from _paths(inner, f"{at}.{name}")
    elif isinstance(body, list):
        for inner in body:
            yield from _paths(inner, f"{at}[]")
    else:
        yield f"{at}:{type(body).__name__}"


def _validated(oav: str, work: Path, client: str) -> dict[str, Any]:
    """What ``oav`` reports. It writes the report, and then fails in making a page of it."""
    report = work / f"{client}.report.json"
    command = [oav, "validate-traffic", str(work / client), str(work / "specification")]
    ran = subprocess.run(  # noqa: S603 -- the validator that the caller names
        [*command, "--jsonReport", str(report), "--logLevel", "error"],
        check=False,
        capture_output=True,
        text=True,
        cwd=work,
    )
    if not report.exists():
        sys.exit(f"oav wrote no report:\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def _differences(report: Mapping[str, Any], client: str) -> Iterator[str]:
    """What ``oav`` complains of: whose traffic, which operation, request or response, and what."""
    for error in report["errors"]:
        where = error["issueSource"]
        if client != _WRONG_ON_PURPOSE or where == "response":
            what = f"{error['errorCode']}: {error['errorMessage']}"
            yield f"{client}: {error['operationId']} {where}: {what}"


if __name__ == "__main__":
    if len(sys.argv) not in {4, 5}:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], "".join(sys.argv[4:])))
