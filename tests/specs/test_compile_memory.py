"""Compiling with the memory of an earlier time gives what compiling anew gives."""

from __future__ import annotations

from random import Random

import pytest

from controller.spec.compile import CompileMemory, compile_specs
from controller.spec.source import FileRefusedError, SourceFile
from tests.specs.spec_texts import WEB

WITH_FILE = WEB.replace("    os: Linux", "    os: Linux\n    userData: {file: first.sh}")


def a_file(random: Random, number: int) -> SourceFile:
    """A file with one to three documents: valid ones, broken ones, and ones that claim the same set."""
    documents = []
    for _document in range(random.randint(1, 3)):
        text = random.choice((WEB, WITH_FILE)).replace(
            "name: web", f"name: w{random.randint(0, 4)}"
        )
        text = text.replace("replicas: 6", f"replicas: {random.randint(1, 3)}")
        documents.append(random.choice((text, text, text.replace("sizes", "size"), "a: [", "")))
    return SourceFile(f"{number}.yaml", "---\n".join(documents).encode())


@pytest.mark.parametrize("seed", range(20))
def test_memory_changes_nothing(seed: int) -> None:
    """Through edits, mistakes, claims, vanishing files and changing first-boot data, all comes out the same."""
    random = Random(seed)
    memory = CompileMemory()
    files = {number: a_file(random, number) for number in range(4)}
    for _edit in range(12):
        chosen = random.randrange(5)
        if random.random() < 0.2:
            files.pop(chosen, None)
        else:
            files[chosen] = a_file(random, chosen)
        boot = random.choice((b"echo 1", b"echo 2", None))

        def read(source: SourceFile, relative: str, boot: bytes | None = boot) -> bytes:
            assert (source.path in {one.path for one in files.values()}, relative) == (
                True,
                "first.sh",
            )
            if boot is None:
                raise FileRefusedError("does not exist")
            return boot

        there = list(files.values())
        assert compile_specs(there, read, memory=memory) == compile_specs(there, read)
    last = list(files.values())
    assert compile_specs(last, memory=memory) == compile_specs(last)


def test_unchanged_file_is_not_examined_again() -> None:
    """Of a file that has not changed only what it refers to is read again."""
    reads: list[str] = []

    def read(_source: SourceFile, relative: str) -> bytes:
        reads.append(relative)
        return b"echo"

    memory = CompileMemory()
    files = [SourceFile("a.yaml", WITH_FILE.encode())]
    first = compile_specs(files, read, memory=memory)
    known = dict(memory._known)
    assert compile_specs(files, read, memory=memory) == first
    assert memory._known == known
    assert all(memory._known[path] is known[path] for path in known)
    assert reads == ["first.sh", "first.sh"]
