"""Specs from git: one commit, whatever the work tree looks like."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from controller.sources.git import GitSource
from controller.sources.gitcall import Answer
from controller.sources.snapshot import Revision, TroubleCode
from tests.intake.places import Repository, replicas, run, snapshot, spec, trouble, write
from tests.sources import ROOT
from tests.specs.spec_texts import WEB

WITH_FILE = WEB.replace("    os: Linux", "    os: Linux\n    userData: {file: boot/first.sh}")


def test_commit_is_read_not_the_work_tree(tmp_path: Path) -> None:
    """Edits, deletions and new files in the work tree are not seen before they are committed."""
    repository = Repository(tmp_path)
    commit = repository.commit(a=1, b=2)
    source = GitSource(str(tmp_path / "specs"))
    write(tmp_path / "specs" / "a.yaml", spec("a", 9))
    write(tmp_path / "specs" / "c.yaml", spec("c", 9))
    (tmp_path / "specs" / "b.yaml").unlink()
    found = snapshot(source.read())
    assert (replicas(found), found.revision) == ({"a": 1, "b": 2}, Revision("git", commit))
    repository.commit(a=9)
    assert replicas(source.read()) == {"a": 9, "c": 9}


def test_work_tree_may_be_gone(tmp_path: Path) -> None:
    """A directory that the work tree lacks just now is read from the commit that has it."""
    repository = Repository(tmp_path)
    repository.commit(a=1)
    shutil.rmtree(tmp_path / "specs")
    assert replicas(GitSource(str(tmp_path / "specs")).read()) == {"a": 1}


@pytest.mark.parametrize("below", ["", "specs", "specs/a.yaml"])
def test_bare_repository(tmp_path: Path, below: str) -> None:
    """A bare repository is read, as are a directory and a file in it that lie nowhere else."""
    Repository(tmp_path / "work").commit(a=1)
    bare = tmp_path / "specs.git"
    run("git", "clone", "--quiet", "--bare", str(tmp_path / "work"), str(bare))
    assert replicas(GitSource(str(bare / below)).read()) == {"a": 1}


def test_linked_work_tree_has_its_own_head(tmp_path: Path) -> None:
    """A linked work tree is read at the commit that is checked out there."""
    repository = Repository(tmp_path / "main")
    repository.commit(a=1)
    repository.git("branch", "old")
    repository.commit(a=2)
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "old")
    assert replicas(GitSource(str(tmp_path / "linked" / "specs")).read()) == {"a": 1}
    assert replicas(GitSource(str(tmp_path / "main" / "specs")).read()) == {"a": 2}


def test_other_branch_is_named(tmp_path: Path) -> None:
    """A configured branch is read instead of what is checked out."""
    repository = Repository(tmp_path)
    repository.commit(a=1)
    repository.git("branch", "production")
    repository.commit(a=2)
    assert replicas(GitSource(str(tmp_path), ref="production").read()) == {"a": 1}
    wrong = trouble(GitSource(str(tmp_path), ref="--output=x").read())
    assert wrong.code is TroubleCode.EMPTY


def test_referred_file_is_of_the_same_commit(tmp_path: Path) -> None:
    """First-boot data comes from the commit, not from the work tree."""
    repository = Repository(tmp_path)
    write(tmp_path / "specs" / "web.yaml", WITH_FILE)
    write(tmp_path / "specs" / "boot" / "first.sh", "echo committed\n")
    repository.commit()
    write(tmp_path / "specs" / "boot" / "first.sh", "echo edited\n")
    found = snapshot(GitSource(str(tmp_path / "specs")).read())
    assert list(found.beside.values()) == [b"echo committed\n"]
    assert found.read_file(found.files[0], "boot/first.sh") == b"echo committed\n"


@pytest.mark.parametrize(
    ("relative", "words"),
    [
        ("../outside.sh", "lies outside the directory of the specs"),
        ("/etc/passwd", "is not named by a relative path"),
        ("link.sh", "is reached over a symbolic link, which is not followed"),
        ("boot", "is not a regular file"),
        ("none.sh", "does not exist in the commit"),
        ("big.sh", "has more than 65,536 bytes"),
    ],
)
def test_referred_file_stays_inside(tmp_path: Path, relative: str, words: str) -> None:
    """A spec can refer to nothing but regular files beneath the directory of the specs."""
    repository = Repository(tmp_path)
    write(tmp_path / "outside.sh", "secret")
    write(tmp_path / "specs" / "boot" / "first.sh", "echo\n")
    write(tmp_path / "specs" / "big.sh", "x" * (64 * 1024 + 1))
    (tmp_path / "specs" / "link.sh").symlink_to("boot/first.sh")
    write(tmp_path / "specs" / "web.yaml", WITH_FILE.replace("boot/first.sh", relative))
    repository.commit()
    found = snapshot(GitSource(str(tmp_path / "specs")).read())
    assert [words in error.message for error in found.specs.errors] == [True]


def test_links_in_the_tree(tmp_path: Path) -> None:
    """Links to files and directories of the commit are followed, each file is read once."""
    repository = Repository(tmp_path)
    repository.commit(a=1)
    write(tmp_path / "base" / "b.yaml", spec("b", 2))
    (tmp_path / "specs" / "base").symlink_to("../base")
    (tmp_path / "specs" / "again.yaml").symlink_to("a.yaml")
    (tmp_path / "specs" / "circle").symlink_to(".")
    (tmp_path / "specs" / "README").symlink_to("nowhere")
    repository.commit()
    assert replicas(GitSource(str(tmp_path / "specs")).read()) == {"a": 1, "b": 2}


@pytest.mark.parametrize("target", ["/etc", "../../outside", "/etc/passwd"])
def test_link_out_of_tree_is_refused(tmp_path: Path, target: str) -> None:
    """A link that leaves the repository is told, and no absence is concluded from what is not read."""
    repository = Repository(tmp_path / "repository")
    repository.commit(a=1)
    (repository.path / "specs" / "more").symlink_to(target)
    repository.commit()
    found = snapshot(GitSource(str(repository.path / "specs")).read())
    assert [fleet.name for fleet in found.specs.fleets] == ["a"]
    assert [(one.name, one.group_id) for one in found.specs.broken] == [(None, None)]
    assert "leaves the repository" in found.specs.errors[0].message


def test_submodule_is_told(tmp_path: Path) -> None:
    """A submodule among the specs is an error, since no commit here covers its files."""
    repository = Repository(tmp_path)
    commit = repository.commit(a=1)
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},specs/module")
    repository.git("commit", "--quiet", "--message", "module")
    found = snapshot(GitSource(str(tmp_path / "specs")).read())
    assert "is a submodule" in found.specs.errors[0].message
    assert len(found.specs.broken) == 1


def test_large_file_is_an_error(tmp_path: Path) -> None:
    """A spec file above the limit is told, and the others are read."""
    repository = Repository(tmp_path)
    write(tmp_path / "specs" / "big.yaml", spec("big") + "# padding\n" * 30_000)
    repository.commit(a=1)
    found = snapshot(GitSource(str(tmp_path / "specs")).read())
    assert [fleet.name for fleet in found.specs.fleets] == ["a"]
    assert [str(error.code) for error in found.specs.errors] == ["EK0004"]


def test_nothing_is_an_error(tmp_path: Path) -> None:
    """No repository, no commit, no such directory and no spec are errors that say what to do."""
    assert trouble(GitSource(str(tmp_path / "none")).read()).code is TroubleCode.MISSING
    assert trouble(GitSource(str(tmp_path)).read()).code is TroubleCode.GIT_REFUSED
    repository = Repository(tmp_path / "repository")
    source = GitSource(str(repository.path / "specs"))
    assert trouble(source.read()).code is TroubleCode.EMPTY
    write(repository.path / "README.md", "nothing")
    repository.commit()
    assert trouble(source.read()).code is TroubleCode.NOT_IN_COMMIT
    write(repository.path / "specs" / "README.md", "nothing")
    repository.commit()
    assert trouble(source.read()).code is TroubleCode.EMPTY
    repository.commit(a=1)
    assert replicas(source.read()) == {"a": 1}


def test_other_repository_in_its_place(tmp_path: Path) -> None:
    """A repository that is gone does not make the one around it the source."""
    outer = Repository(tmp_path)
    outer.commit(a=1)
    inner = Repository(tmp_path / "inner")
    inner.commit(a=2)
    source = GitSource(str(inner.path / "specs"))
    assert replicas(source.read()) == {"a": 2}
    shutil.rmtree(inner.path)
    assert trouble(source.read()).code is TroubleCode.MISSING


def test_missing_object_is_an_error(tmp_path: Path) -> None:
    """An object that the store has lost makes the commit unreadable, not smaller."""
    repository = Repository(tmp_path)
    repository.commit(a=1, b=2)
    name = repository.git("rev-parse", "HEAD:specs/a.yaml")
    (tmp_path / ".git" / "objects" / name[:2] / name[2:]).unlink()
    found = trouble(GitSource(str(tmp_path)).read())
    assert (found.code, "is missing" in found.sentence) == (TroubleCode.UNREADABLE, True)


def test_descent_is_asked_of_the_history(tmp_path: Path) -> None:
    """A later commit follows, an earlier or unrelated one does not, and a lost one never did."""
    repository = Repository(tmp_path)
    first, second = (Revision("git", repository.commit(a=number)) for number in (1, 2))
    repository.git("checkout", "--quiet", "-b", "side", first.id)
    side = Revision("git", repository.commit(a=3))
    source = GitSource(str(tmp_path))
    source.read()
    asked = [(first, second), (second, first), (second, side), (second, second)]
    assert [source.descends(*one) for one in asked] == [True, False, False, True]
    assert source.descends(Revision("git", "0" * 40), side) is False
    assert source.descends(Revision("content", "x"), side) is None


def test_short_history_tells_only_steps_back(tmp_path: Path) -> None:
    """In a shallow clone nobody knows whether a commit follows upon one that was cut off."""
    repository = Repository(tmp_path / "work")
    cut = Revision("git", repository.commit(a=1))
    older = Revision("git", repository.commit(a=2))
    newer = Revision("git", repository.commit(a=3))
    clone = tmp_path / "clone"
    run("git", "clone", "--quiet", "--depth=2", repository.path.as_uri(), str(clone))
    source = GitSource(str(clone))
    source.read()
    assert source.descends(older, newer) is True
    assert source.descends(newer, older) is False
    assert source.descends(cut, newer) is None


def test_configuration_runs_nothing(tmp_path: Path) -> None:
    """Programs named in the repository's own configuration are not run."""
    repository = Repository(tmp_path / "repository")
    repository.commit(a=1)
    witness = tmp_path / "ran"
    hook = write(tmp_path / "hook", f"#!/bin/sh\ntouch {witness}\n")
    hook.chmod(0o755)
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor"):
        repository.git("config", name, str(hook))
    repository.git("config", "core.hooksPath", str(tmp_path))
    assert replicas(GitSource(str(repository.path)).read()) == {"a": 1}
    assert not witness.exists()


def in_a_process(path: Path, **environment: str) -> str:
    """Read a source in a process with other surroundings, and print what was found."""
    program = (
        "import sys; from controller.sources.git import GitSource; found = GitSource(sys.argv[1]).read();"
        "print(getattr(found, 'sentence', None) or [one.replicas for one in found.specs.fleets])"
    )
    return run(sys.executable, "-c", program, str(path), PYTHONPATH=str(ROOT), **environment)


def test_environment_leads_nowhere_else(tmp_path: Path) -> None:
    """GIT_DIR and its like in the environment do not make another repository the source."""
    wanted, other = Repository(tmp_path / "wanted"), Repository(tmp_path / "other")
    wanted.commit(a=1)
    other.commit(a=2)
    poison = {"GIT_DIR": str(other.path / ".git"), "GIT_WORK_TREE": str(other.path)}
    assert in_a_process(wanted.path, **poison) == "[1]"


def test_git_is_needed(tmp_path: Path) -> None:
    """Without git on the path the trouble says what to install, or how to do without."""
    Repository(tmp_path).commit(a=1)
    found = in_a_process(tmp_path, PATH=str(tmp_path))
    assert "install git, or read the files as they lie there with `--source plain`" in found


def test_foreign_owner_is_told(tmp_path: Path) -> None:
    """Git's refusal of a repository of another user is told with both ways out."""
    answer = Answer(128, b"", f"detected dubious ownership in repository at '{tmp_path}'")
    refused = GitSource(str(tmp_path))._no_repository(answer, tmp_path)
    assert refused.code is TroubleCode.GIT_REFUSED
    assert f"git config --global --add safe.directory {tmp_path}" in refused.sentence
