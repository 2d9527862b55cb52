"""The quickstart works: a stranger pastes its blocks from top to bottom into a fresh shell.

Only what needs the network is replaced: the clone comes from a repository made of these very files, and a hook
gives it an environment in which the packages are installed already.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, Block, blocks

PAGE = DOCS / "quickstart.md"
PASTED = "pasted"
SECONDS = 240
ADDRESS = "https://github.com/evenkeel/evenkeel"
_NEEDED = ("controller", "providers", "specs", "Makefile", "pyproject.toml", "requirements.lock")
_PROGRAM = """\
#!/bin/sh
PYTHONPATH="{clone}" exec "{python}" -c 'from controller.cli.main import main; main()' "$@"
"""
_HOOK = """\
#!/bin/sh
clone=$(git rev-parse --show-toplevel)
unset GIT_DIR
"{python}" -m venv --without-pip "$clone/.venv"
sed "s|@CLONE@|$clone|" "{program}" > "$clone/.venv/bin/evenkeel"
chmod +x "$clone/.venv/bin/evenkeel"
touch -d 2100-01-01 "$clone/.venv/.runtime"
"""


def pasted() -> list[Block]:
    return [block for block in blocks(PAGE) if block.mark == PASTED]


def git(*words: str, place: Path) -> None:
    program = shutil.which("git")
    assert program is not None
    identity = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com")
    subprocess.run([program, *identity, *words], cwd=place, check=True, capture_output=True)  # noqa: S603 -- our own words


def published(place: Path) -> Path:
    """A repository with the files that a clone needs."""
    origin = place / "origin"
    origin.mkdir()
    for name in _NEEDED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, origin / name, ignore=ignored)
        else:
            shutil.copy(source, origin / name)
    git("init", "--quiet", place=origin)
    git("add", ".", place=origin)
    git("commit", "--quiet", "-m", "all", place=origin)
    return origin


def furnished(place: Path) -> dict[str, str]:
    """The variables of a stranger's shell: a home of its own, and the detours for git."""
    home, template = place / "home", place / "template"
    home.mkdir()
    (template / "hooks").mkdir(parents=True)
    program = place / "program"
    program.write_text(_PROGRAM.format(clone="@CLONE@", python=sys.executable))
    hook = template / "hooks" / "post-checkout"
    hook.write_text(_HOOK.format(python=sys.executable, program=program))
    hook.chmod(0o755)
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "GIT_TEMPLATE_DIR": str(template),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{published(place).as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": ADDRESS,
    }


def script() -> str:
    """All blocks, with a line before each and a line for each command in them that failed."""
    parts = ["trap 'echo \"::failed:: $BASH_COMMAND\"' ERR"]
    for number, block in enumerate(pasted()):
        parts += [f"echo '::block:: {number}'", block.text]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Somebody else may listen on the usual port.
    text = "\n".join(parts).replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    return text.replace("--speed 60", f"--speed 60 --listen 127.0.0.1:{port}")


def paste(place: Path) -> str:
    """Run the script in a fresh place and return all that a terminal would show."""
    bash = shutil.which("bash")
    assert bash is not None
    env = furnished(place)
    running = subprocess.Popen(  # noqa: S603 -- the commands of this project's own page
        [bash, "-c", script()],
        cwd=env["HOME"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    try:
        return running.communicate(timeout=SECONDS)[0]
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)


@pytest.mark.slow
def test_everything_pasted_works(tmp_path: Path) -> None:
    """Every command of the page succeeds, but the one at the end of a block that is said to fail."""
    shown = paste(tmp_path)
    told = re.split(r"^::block:: \d+\n", shown, flags=re.MULTILINE)[1:]
    assert len(told) == len(pasted()), shown
    for block, text in zip(pasted(), told, strict=True):
        failed = re.findall(r"^::failed:: (.*)$", text, re.MULTILINE)
        wanted = [block.text.splitlines()[-1]] if block.argument == "fails" else []
        assert failed == wanted, f"{block.page}:{block.line}\n{text}"
    assert "Traceback" not in shown


def test_every_command_is_pasted() -> None:
    """No block of commands on the page is left out."""
    assert [block.line for block in blocks(PAGE) if block.language == "sh"] == [
        block.line for block in pasted()
    ]
    assert {block.argument for block in pasted()} == {"", "fails"}
