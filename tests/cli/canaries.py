"""Marked secrets for everything that goes in, and the search for them in everything that comes out.

Out of the search are the places whose business it is to hold what was sent: the specs themselves, the file
of the simulated region, which stands for Azure, the daemon's last good specs, and the emulator's record of
traffic.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.shell import Shell

_NUMBERS = count(1)
MARKS: list[str] = []


def mark() -> str:
    """A secret that occurs nowhere else."""
    text = f"kQ{next(_NUMBERS):03d}CanarySong7vZ"
    MARKS.append(text)
    return text


def sas() -> str:
    """A link with a shared access signature."""
    return f"https://acc.blob.core.windows.net/c/f.sh?sv=2026-01-01&sr=b&sig={mark()}%3D&se=2027"


USER_DATA, CUSTOM_DATA = mark(), mark()

GOOD = f"""\
    userData: {{inline: "password is {USER_DATA}"}}
    customData: {{file: boot.sh}}
    extensions:
      - name: setup
        publisher: Microsoft.Azure.Extensions
        type: CustomScript
        typeHandlerVersion: "2.1"
        settings: {{storageAccountKey: {mark()}, fileUris: ["{sas()}"]}}
        protectedSettingsFromKeyVault:
          secretUrl: https://v.vault.azure.net/secrets/s/1?sig={mark()}
          sourceVault: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v
"""
TAGS = f"""\
  tags: {{dbPassword: {mark()}, link: "{sas()}", note: "Bearer {mark()}"}}
"""

BROKEN = {
    "password": f"    adminPassword: {mark()}\n",
    "payload": f"    userData: {mark()}\n",
    "flow": f"    userData: {{inline: {mark()}, bogus: 1}}\n",
    "control": f"    userData:\n      inline: |\n        echo {mark()} \u202e\n",
    "settings": f"    extensions:\n      - name: a\n        protectedSettings: {{key: {mark()}}}\n",
    "scalar": f"    extensions:\n      - protectedSettings: {mark()}\n",
    "quote": f'    password: "{mark()}\n',
    "listed": f"    apiKey: [{mark()}]\n",
    "twice": f"    customData: {{inline: a}}\n    customData: {{inline: {mark()}}}\n",
    "overlay": f"    overlay: {{osProfile: {{adminPassword: {mark()}}}}}\n",
    "large": f"    userData: {{inline: '{mark()}{'x' * 70_000}'}}\n",
    "anchor": f"    userData: {{inline: &{mark()} x}}\n",
    "number": f"    customData:\n      inline:\n        - {mark()}\n",
    "together": f'    {{"password": "{mark()}", "adminUsername": 3}}\n',
    "storage": f"    bootDiagnostics: {{storageUri: 'ftp://a/?sig={mark()}'}}\n",
    "tag": f"    userData: {{inline: !{mark()} x}}\n",
    "key": f"    userData: {{{mark()}: x}}\n",
}

CONFIGS = {
    "url": f"armUrl: https://me:{mark()}@localhost:1\n",
    "unknown": f"clientSecret: {mark()}\n",
    "nested": f"reconcile:\n  password: {mark()}\n",
    "type": f"accessToken:\n  - {mark()}\n",
}

ENVIRONMENT = {
    "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
    "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111",
    "AZURE_CLIENT_ID": "33333333-3333-3333-3333-333333333333",
    "AZURE_CLIENT_SECRET": mark(),
    "AZURE_CLIENT_CERTIFICATE_PASSWORD": mark(),
    "AZURE_PASSWORD": mark(),
    "MSI_SECRET": mark(),
    "IDENTITY_HEADER": mark(),
    "HTTPS_PROXY": f"http://me:{mark()}@127.0.0.1:9",
    "NO_PROXY": "127.0.0.1",
}

JWT = f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{mark()}"
ANSWERS = " | ".join(
    [
        f"could not read {sas()}",
        f"Authorization: Bearer {mark()}",
        JWT,
        f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={mark()};EndpointSuffix=core",
        f"Server=db;User=sa;Password={mark()};",
        f"-----BEGIN RSA PRIVATE KEY-----\n{mark()}\n-----END RSA PRIVATE KEY-----",
        f"proxy http://me:{mark()}@proxy:3128 refused",
        f"SharedAccessSignature sr=x&sig={mark()}&se=1",
        f'{{"protectedSettings": "{mark()}", "userData": "{mark()}"}}',
        f"Basic {mark()}=",
        f"client_secret={mark()}",
    ]
)

BOOT = f"#!/bin/sh\nexport PASSWORD={CUSTOM_DATA}\n"


def fill(shell: Shell, name: str = "web", replicas: int = 2) -> Path:
    """Write a good spec that holds secrets wherever it may, and what it refers to."""
    path = shell.folder / shell.spec(name, replicas=replicas)
    head, _, rest = path.read_text().partition("spec:\n")
    path.write_text(f"{head}spec:\n{TAGS}{rest}{GOOD}")
    shell.write("specs/boot.sh", BOOT)
    return path


def spoil(text: str, name: str) -> str:
    """The spec without its good secrets, and with one of the mistakes that hold one."""
    return text.replace(GOOD, "").replace(TAGS, "") + BROKEN[name]


def forms(secret: str) -> Iterator[str]:
    """A secret as it is, and as it looks inside base64 at each of three alignments."""
    yield secret
    for shift in range(3):
        coded = b64encode(b"x" * shift + secret.encode()).decode()
        yield coded[4 if shift else 0 : -4]


def leaks(text: str, where: str) -> list[str]:
    """The secrets in a text."""
    return [f"{where}: {one}" for one in MARKS if any(form in text for form in forms(one))]


def in_files(folder: Path) -> list[str]:
    """Secrets in any file that a command has written."""
    own = {"specs", "broken"}
    return [
        leak
        for file in folder.rglob("*")
        if file.is_file()
        and file.relative_to(folder).parts[0] not in own
        and file.name not in {"region.json", "sources.json", "c.yaml"}
        for leak in leaks(file.read_text(errors="replace"), file.name)
    ]


@contextmanager
def an_arm_that_refuses(message: str) -> Iterator[str]:
    """A server on the loopback that answers everything with 403 and a text."""

    class Refuse(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"error": {"code": "AuthorizationFailed", "message": message}})
            self.send_response(403)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_PUT = do_GET  # noqa: N815 -- the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
