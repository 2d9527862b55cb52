"""Puts a plan under a pull request: one comment for each set of specs, written anew at each push.

Run by the action as ``comment.py PLAN_FILE``, with the runner's Python and GitHub's ``gh``; nothing else is needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

MARK = "<!-- evenkeel-plan: "


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
    mark = plan.read_text(encoding="utf-8").partition("\n")[0]
    if not mark.startswith(MARK):
        print(f"{plan} does not begin as a plan does", file=sys.stderr)
        return 1
    repository = f"repos/{pull['base']['repo']['full_name']}/issues"
    known = find(read(f"{repository}/{pull['number']}/comments?per_page=100"), mark)
    if known is None:
        write("POST", f"{repository}/{pull['number']}/comments", plan)
    else:
        write("PATCH", f"{repository}/comments/{known}", plan)
    return 0


def find(comments: list[dict[str, Any]], mark: str) -> int | None:
    """The id of our comment: one by a bot that begins with our mark, since anybody else can write that too."""
    for comment in comments:
        begins = str(comment["body"]).partition("\n")[0].rstrip() == mark
        if begins and comment["user"]["type"] == "Bot":
            return int(comment["id"])
    return None


def read(path: str) -> list[dict[str, Any]]:
    """All pages of a list. ``gh`` prints one JSON array after the other."""
    text = gh("--paginate", path)
    found: list[dict[str, Any]] = []
    while text := text.lstrip():
        page, end = json.JSONDecoder().raw_decode(text)
        found += page
        text = text[end:]
    return found


def write(method: str, path: str, plan: Path) -> None:
    """Send the plan as the body of a comment."""
    gh("--method", method, path, "-F", f"body=@{plan}", "--silent")
    print(f"{'new' if method == 'POST' else 'updated'} comment")


def gh(*words: str) -> str:
    """Call GitHub's API. Raises ``subprocess.CalledProcessError``; ``gh`` has told why."""
    ran = subprocess.run(["gh", "api", *words], stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603, S607 -- GitHub's own program, from the runner's path
    return ran.stdout


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
