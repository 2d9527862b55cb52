"""Reading files: what is found, what is skipped, and that absence is never silent."""

from __future__ import annotations

import io
import os
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from controller.sources.directory import load_specs, read_at_most, read_beside, read_sources
from controller.spec.source import FileRefusedError, SourceFile
from controller.spec.text import MAX_BYTES
from tests.specs.spec_texts import WEB, edited

if TYPE_CHECKING:
    from pathlib import Path


def names(root: Path, *paths: Path) -> list[str]:
    """Paths of what was read, relative to ``root``."""
    sources = read_sources([str(path) for path in paths])
    assert sources.diagnostics == ()
    return [os.path.relpath(source.path, root) for source in sources.files]


def written(path: Path, text: str = WEB) -> Path:
    """Write a file and the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_directories_read_deeply(tmp_path: Path) -> None:
    """Spec files are found in all directories below, sorted, whatever the case of their suffix."""
    for name in ("b.yml", "a.yaml", "teams/x.YAML", "notes.txt", "teams/readme.md"):
        written(tmp_path / name)
    assert names(tmp_path, tmp_path) == ["a.yaml", "b.yml", "teams/x.YAML"]


def test_dot_names_skipped(tmp_path: Path) -> None:
    """Names that begin with a dot are skipped: editors' copies, git's directory."""
    for name in ("a.yaml", ".hidden.yaml", "..copy.yaml", ".git/x.yaml"):
        written(tmp_path / name)
    assert names(tmp_path, tmp_path) == ["a.yaml"]


def test_config_map_read_once(tmp_path: Path) -> None:
    """A mounted ConfigMap shows each file on two ways; it is read once, by its plain name."""
    written(tmp_path / "..2026_11_21" / "web.yaml")
    (tmp_path / "..data").symlink_to("..2026_11_21")
    (tmp_path / "web.yaml").symlink_to("..data/web.yaml")
    assert names(tmp_path, tmp_path) == ["web.yaml"]
    assert len(load_specs([str(tmp_path)]).fleets) == 1


def test_file_named_twice(tmp_path: Path) -> None:
    """A file that is named itself and by its directory is read once."""
    path = written(tmp_path / "web.yaml")
    assert names(tmp_path, path, tmp_path) == ["web.yaml"]


def test_named_file_needs_no_suffix(tmp_path: Path) -> None:
    """A file that is named is read whatever it is called."""
    path = written(tmp_path / "web.spec")
    assert names(tmp_path, path) == ["web.spec"]


def test_linked_directories_read(tmp_path: Path) -> None:
    """A link to a directory is followed, and one that leads in circles ends."""
    written(tmp_path / "elsewhere" / "a.yaml")
    (tmp_path / "specs" / "loop").parent.mkdir()
    (tmp_path / "specs" / "loop").symlink_to(".")
    (tmp_path / "specs" / "team").symlink_to("../elsewhere")
    assert names(tmp_path, tmp_path / "specs") == ["specs/team/a.yaml"]


def test_missing_path(tmp_path: Path) -> None:
    """A missing path is an error, and a broken spec that may be anybody's."""
    written(tmp_path / "web.yaml")
    specs = load_specs([str(tmp_path), str(tmp_path / "gone")])
    assert [error.code.value for error in specs.errors] == ["EK0001"]
    assert [fleet.name for fleet in specs.fleets] == ["web"]
    assert [broken.group_id for broken in specs.broken] == [None]


@pytest.mark.parametrize("file", [None, "notes.txt", ".web.yaml"])
def test_directory_without_specs(tmp_path: Path, file: str | None) -> None:
    """A directory without any spec file is an error and never no specs."""
    if file is not None:
        written(tmp_path / file)
    specs = load_specs([str(tmp_path)])
    assert [error.code.value for error in specs.errors] == ["EK0003"]
    assert len(specs.broken) == 1


def test_each_empty_directory_told(tmp_path: Path) -> None:
    """Every named directory without spec files is told, not only the first."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    told = read_sources([str(tmp_path / "a"), str(tmp_path / "b")]).diagnostics
    assert [one.file for one in told] == [str(tmp_path / "a"), str(tmp_path / "b")]


def test_directory_without_fleets(tmp_path: Path) -> None:
    """Files of another kind alone are an error: no fleet at all is never taken for granted."""
    written(tmp_path / "x.yaml", "apiVersion: evenkeel/v1alpha1\nkind: Scenario\n")
    assert [error.code.value for error in load_specs([str(tmp_path)]).errors] == ["EK0003"]


def test_large_file_refused(tmp_path: Path) -> None:
    """A file above 256 KiB is refused by its size, and the others are read."""
    written(tmp_path / "a.yaml")
    written(tmp_path / "b.yaml", "#" * (256 * 1024 + 1))
    specs = load_specs([str(tmp_path)])
    assert [(error.code.value, error.file) for error in specs.errors] == [
        ("EK0004", str(tmp_path / "b.yaml"))
    ]
    assert len(specs.fleets) == 1


def test_small_files_take_little_room(tmp_path: Path) -> None:
    """Reading takes the room of what is there, not of what may be: the heap of a daemon would be torn to shreds."""
    for number in range(20):
        written(tmp_path / f"{number}.yaml")
    read_sources([str(tmp_path)])
    tracemalloc.start()
    try:
        files = read_sources([str(tmp_path)]).files
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(files) == 20
    assert most < MAX_BYTES / 2


@pytest.mark.parametrize("size", [0, 1, 16 * 1024, 16 * 1024 + 1, MAX_BYTES])
def test_read_whole(size: int) -> None:
    """A stream is read to its end if it has no more than is allowed, and not at all if it has one byte more."""
    content = bytes(size)
    assert read_at_most(io.BytesIO(content), size) == content
    assert read_at_most(io.BytesIO(content), MAX_BYTES) == content
    assert read_at_most(io.BytesIO(content + b"x"), size) is None


def test_dangling_link_told(tmp_path: Path) -> None:
    """A link that leads nowhere is told, not skipped."""
    written(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").symlink_to("gone.yaml")
    assert [error.code.value for error in load_specs([str(tmp_path)]).errors] == ["EK0001"]


def test_special_file_refused(tmp_path: Path) -> None:
    """A pipe is no spec file, and reading it would wait for ever."""
    os.mkfifo(tmp_path / "web.yaml")
    assert [error.code.value for error in load_specs([str(tmp_path)]).errors] == ["EK0005"]
    told = read_sources([str(tmp_path / "web.yaml")]).diagnostics
    assert [error.code.value for error in told] == ["EK0005"]


def beside(tmp_path: Path, relative: str) -> bytes:
    """Read a file beside ``specs/team/web.yaml`` with the root ``specs``."""
    path = written(tmp_path / "specs" / "team" / "web.yaml")
    return read_beside(SourceFile(str(path), b"", str(tmp_path / "specs")), relative)


@pytest.mark.parametrize("relative", ["boot.sh", "./boot.sh", "sub/../boot.sh", "../team/boot.sh"])
def test_file_beside_spec(tmp_path: Path, relative: str) -> None:
    """A file beside the spec is read, by any relative path within the root."""
    written(tmp_path / "specs" / "team" / "boot.sh", "hello")
    assert beside(tmp_path, relative) == b"hello"


@pytest.mark.parametrize(
    ("relative", "reason"),
    [
        ("../../secret", "lies outside"),
        ("../../../../../../etc/passwd", "lies outside"),
        ("/etc/passwd", "not named by a relative path"),
        ("gone.sh", "does not exist"),
        ("link", "symbolic link"),
        ("linked/secret", "symbolic link"),
        ("..", "not a regular file"),
        ("pipe", "not a regular file"),
        ("big", "more than 65,536 bytes"),
        ("a\0b", "not named by a relative path"),
    ],
)
def test_file_elsewhere_refused(tmp_path: Path, relative: str, reason: str) -> None:
    """Nothing outside the root is read, over whatever path or link."""
    written(tmp_path / "secret", "secret")
    team = written(tmp_path / "specs" / "team" / "big", "x" * 65_537).parent
    (team / "link").symlink_to("../../secret")
    (team / "linked").symlink_to("../..")
    os.mkfifo(team / "pipe")
    with pytest.raises(FileRefusedError, match=reason):
        beside(tmp_path, relative)


def test_user_data_from_file(tmp_path: Path) -> None:
    """User data from a file reaches the template, and another content is another spec."""
    written(
        tmp_path / "web.yaml",
        edited(("    os: Linux", "    os: Linux\n    userData: {file: boot.sh}")),
    )
    digests = []
    for text in ("hello", "world"):
        written(tmp_path / "boot.sh", text)
        digests.append(load_specs([str(tmp_path)]).fleets[0].spec_digest)
    document = load_specs([str(tmp_path)]).fleets[0].pools[0].template.document
    assert document["userData"] == "d29ybGQ="
    assert digests[0] != digests[1]


def test_refused_file_is_a_mistake(tmp_path: Path) -> None:
    """A reference that leads outside is an error at the reference."""
    text = edited(("    os: Linux", "    os: Linux\n    customData: {file: ../boot.sh}"))
    (error,) = load_specs([str(written(tmp_path / "web.yaml", text))]).errors
    assert (error.code.value, error.line, error.column) == ("EK0603", 23, 24)
    assert "lies outside the directory of the specs" in error.message
