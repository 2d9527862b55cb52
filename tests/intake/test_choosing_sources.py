"""Which kind of source a path is, and that it may come into being later."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.sources.choose import AutoSource, SourceKind, open_source
from controller.sources.git import GitSource
from controller.sources.link import LinkSource
from controller.sources.plain import PlainSource
from tests.intake.places import Meanwhile, Repository, replicas, spec, swap, trouble, write


def kind_of(path: Path) -> type:
    source = open_source(str(path), Meanwhile())
    assert isinstance(source, AutoSource)
    return type(source._chosen())


def test_kinds_are_seen(tmp_path: Path) -> None:
    """A repository, a swapped link, a ConfigMap and a directory are told apart."""
    repository = Repository(tmp_path / "repository")
    repository.commit(a=1)
    plain = write(tmp_path / "plain" / "a.yaml", spec("a")).parent
    write(tmp_path / "mount" / "..1" / "a.yaml", spec("a"))
    (tmp_path / "mount" / "..data").symlink_to("..1")
    (tmp_path / "current").symlink_to("plain")
    (tmp_path / "home").symlink_to("repository")
    assert kind_of(repository.path / "specs") is GitSource
    assert kind_of(plain) is kind_of(plain / "a.yaml") is PlainSource
    assert kind_of(tmp_path / "mount") is LinkSource
    assert kind_of(tmp_path / "current") is LinkSource
    assert kind_of(tmp_path / "home" / "specs") is GitSource


def test_git_sync_is_a_link(tmp_path: Path) -> None:
    """The tree behind git-sync's link is read as it lies there: its repository may be out of reach."""
    repository = Repository(tmp_path / "repository")
    commit = repository.commit(a=1)
    repository.git("worktree", "add", "--quiet", "--detach", str(tmp_path / commit))
    (tmp_path / "current").symlink_to(commit)
    assert kind_of(tmp_path / "current" / "specs") is LinkSource


@pytest.mark.parametrize(
    ("kind", "made"), [("git", GitSource), ("link", LinkSource), ("plain", PlainSource)]
)
def test_kind_may_be_named(tmp_path: Path, kind: SourceKind, made: type) -> None:
    """Who names the kind gets it."""
    assert type(open_source(str(tmp_path), Meanwhile(), kind=kind)) is made


def test_path_may_come_later(tmp_path: Path) -> None:
    """A path that is mounted after the start is then read by the kind that it has."""
    source = open_source(str(tmp_path / "current"), Meanwhile())
    trouble(source.read())
    write(tmp_path / "one" / "a.yaml", spec("a", 1))
    write(tmp_path / "two" / "a.yaml", spec("a", 2))
    swap(tmp_path / "current", "one")
    assert replicas(source.read()) == {"a": 1}
    swap(tmp_path / "current", "two")
    assert replicas(source.read()) == {"a": 2}
    assert tmp_path in source.watched()
