"""A runner of GitHub's, as far as our action needs one: its steps in order, its files, and its API on loopback.

What is tried is our action, not GitHub: conditions and expressions are understood only as far as the action uses them,
and anything else is an error.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.deploy.yaml_files import documents
from tests.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.shell import Shell

ACTION = ROOT / "deploy" / "github"
TOKEN = "a-token-of-the-job"  # noqa: S105 -- of nobody
_EXPRESSION = re.compile(r"\$\{\{ ([\w.]+) \}\}")
_NAMES = re.compile(r"\b(?:inputs|steps|github)(?:\.\w+)+")
_PAGE = 100


@dataclass
class Api:
    """The comments of pull request 7 of ours/fleets, and the calls that were made. ``forbidden``: the token may not write."""

    comments: list[dict[str, Any]]
    calls: list[str] = field(default_factory=list)
    forbidden: bool = False

    def answer(self, method: str, path: str, token: str, body: dict[str, str]) -> tuple[int, Any]:
        """Do as GitHub would."""
        self.calls.append(f"{method} {path}")
        if token != f"Bearer {TOKEN}" or (self.forbidden and method != "GET"):
            return 403, {"message": "Resource not accessible by integration"}
        mine = {"user": {"type": "Bot"}, **body}
        listed = re.fullmatch(
            r"/repos/ours/fleets/issues/7/comments\?per_page=100&page=(\d+)", path
        )
        if method == "GET" and listed:
            begin = (int(listed[1]) - 1) * _PAGE
            return 200, self.comments[begin : begin + _PAGE]
        if method == "POST" and path == "/repos/ours/fleets/issues/7/comments":
            self.comments.append({"id": 1000 + len(self.comments), **mine})
            return 201, self.comments[-1]
        one = re.fullmatch(r"/repos/ours/fleets/issues/comments/(\d+)", path)
        if method == "PATCH" and one:
            [found] = [each for each in self.comments if each["id"] == int(one[1])]
            found.update(mine)
            return 200, found
        return 404, {"message": "Not Found"}


@contextmanager
def serving(api: Api) -> Iterator[str]:
    """The API on a free port of loopback; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            token = self.headers.get("Authorization", "")
            status, document = api.answer(self.command, self.path, token, body)
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = _any  # noqa: N815 -- http.server wants these names

        def log_message(self, *_words: object) -> None:
            """The calls are kept already."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Runner:
    """A directory as a runner gives it to a step: a checkout, files for outputs, an event."""

    shell: Shell
    home: Path
    url: str
    api: Api

    def step(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one step's program."""
        paths = (str(self.home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        env = {
            "PATH": os.pathsep.join(paths),
            "PYTHONPATH": str(ROOT),
            "GITHUB_ACTION_PATH": str(ACTION),
            "GITHUB_API_URL": self.url,
            "GITHUB_OUTPUT": str(self.home / "output"),
            "GITHUB_PATH": str(self.home / "path"),
            "GITHUB_STEP_SUMMARY": str(self.home / "summary"),
            "GITHUB_EVENT_PATH": str(self.home / "event.json"),
            "RUNNER_TEMP": str(self.home),
        }
        return subprocess.run(  # noqa: S603 -- the steps of this project's own action
            command,
            cwd=self.shell.folder,
            env={**env, **variables},
            capture_output=True,
            check=False,
            text=True,
        )

    def whole(self, **inputs: str) -> dict[str, subprocess.CompletedProcess[str]]:
        """Run the steps of the action as GitHub does; gives what each step that ran left behind, by its name."""
        (action,) = documents(ACTION / "action.yml")
        defaults = {name: one["default"] for name, one in action["inputs"].items()}
        context: dict[str, Any] = {"inputs": {**defaults, **inputs}, "github": {"token": TOKEN}}
        context["inputs"]["token"] = TOKEN
        context["steps"] = {}
        ran: dict[str, subprocess.CompletedProcess[str]] = {}
        failed = False
        for step in action["runs"]["steps"]:
            condition = str(step.get("if", "true"))
            if (failed and "always()" not in condition) or not _holds(condition, context):
                continue
            if "run" not in step:
                ran[step["name"]] = subprocess.CompletedProcess([step["uses"]], 0)
                continue
            ran[step["name"]] = one = self._run(step, context)
            failed = failed or one.returncode != 0
            context["steps"][step.get("id", "")] = {"outputs": self.outputs}
        return ran

    def _run(
        self, step: dict[str, Any], context: dict[str, Any]
    ) -> subprocess.CompletedProcess[str]:
        bash = shutil.which("bash")
        assert bash is not None
        assert step["shell"] == "bash"
        env = {
            name: _EXPRESSION.sub(lambda found: _value(found[1], context), text)
            for name, text in step.get("env", {}).items()
        }
        assert not any("${{" in text for text in env.values())
        # As GitHub runs `shell: bash`.
        return self.step(bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"], **env)

    def event(self, *, fork: bool = False, none: bool = False) -> None:
        """A pull request of number 7, from the repository itself or from a fork; or none at all."""
        base = {"repo": {"full_name": "ours/fleets"}}
        head = {"repo": {"full_name": "theirs/fleets"}} if fork else base
        pull = {"pull_request": {"number": 7, "head": head, "base": base}}
        (self.home / "event.json").write_text(json.dumps({} if none else pull))

    @property
    def outputs(self) -> dict[str, str]:
        """What the steps have put out."""
        file = self.home / "output"
        lines = file.read_text().splitlines() if file.exists() else []
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self) -> str:
        """What the steps have written for people."""
        file = self.home / "summary"
        return file.read_text() if file.exists() else ""


def _value(path: str, context: dict[str, Any]) -> str:
    found: Any = context
    for name in path.split("."):
        found = found.get(name, "") if isinstance(found, dict) else ""
    return str(found)


def _holds(condition: str, context: dict[str, Any]) -> bool:
    """Whether a step's condition holds: comparisons with ``&&`` and ``||``, and no more than that."""
    told = _NAMES.sub(lambda found: repr(_value(found[0], context)), condition)
    for ours, theirs in (("&&", " and "), ("||", " or "), ("always()", "True"), ("true", "True")):
        told = told.replace(ours, theirs) if ours != "true" or told == "true" else told
    assert re.fullmatch(r"(True|'[^']*'|==|!=|and|or|\s)+", told), told
    return bool(eval(told))  # noqa: S307 -- literals and comparisons alone, as has just been seen
