"""Puts a plan under a pull request: one comment for each set of specs, written anew at each push.

Run by the action as ``comment.py PLAN_FILE``, with the runner's Python and its variables; nothing else is needed.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

MARK = "<!-- evenkeel-plan: "
PAGE = 100
SECONDS = 30


def main(plan: Path) -> int:
    """Comment, or say why not. Returns the exit code of the step."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    pull = event.get("pull_request")
    if pull is None:
        print("no pull request: the plan stands in the summary only")
        return 0
    if (pull["head"].get("repo") or {}).get("full_name") != pull["base"]["repo"]["full_name"]:
        print("a fork's pull request may not write: the plan stands in the summary only")
        return 0
    text = plan.read_text(encoding="utf-8")
    mark = text.partition("\n")[0]
    if not mark.startswith(MARK):
        print(f"{plan} does not begin as a plan does", file=sys.stderr)
        return 1
    issues = f"repos/{pull['base']['repo']['full_name']}/issues"
    known = find(comments(f"{issues}/{pull['number']}/comments"), mark)
    if known is None:
        call("POST", f"{issues}/{pull['number']}/comments", {"body": text})
    else:
        call("PATCH", f"{issues}/comments/{known}", {"body": text})
    print("new comment" if known is None else "updated comment")
    return 0


def find(known: list[dict[str, Any]], mark: str) -> int | None:
    """The id of our comment: one by a bot that begins with our mark, since anybody else can write that too."""
    for comment in known:
        begins = str(comment["body"]).partition("\n")[0].rstrip() == mark
        if begins and comment["user"]["type"] == "Bot":
            return int(comment["id"])
    return None


def comments(path: str) -> list[dict[str, Any]]:
    """All comments of a pull request, page after page."""
    found: list[dict[str, Any]] = []
    full = True
    while full:
        page = call("GET", f"{path}?per_page={PAGE}&page={len(found) // PAGE + 1}")
        found += page
        full = len(page) == PAGE
    return found


def call(method: str, path: str, body: dict[str, str] | None = None) -> Any:
    """Ask GitHub's API. Raises ``urllib.error.URLError``."""
    base = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    request = urllib.request.Request(  # noqa: S310 -- the address is the runner's own
        f"{base}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GH_TOKEN']}",
            "Content-Type": "application/json",
            "User-Agent": "evenkeel-action",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 -- as above
        return json.load(answer)


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except urllib.error.HTTPError as error:
        hint = " (the job needs `permissions: pull-requests: write`)" if error.code == 403 else ""
        print(f"GitHub answers {error.code} to {error.url}: {error.reason}{hint}", file=sys.stderr)
        sys.exit(1)
    except urllib.error.URLError as error:
        print(f"GitHub cannot be reached: {error.reason}", file=sys.stderr)
        sys.exit(1)
