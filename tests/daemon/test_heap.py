"""The C library's heap of a daemon: one for all threads, unless somebody has tuned it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from controller.engine.heap import settle_heap
from tests.sources import ROOT

_HEAPS = """
import ctypes, threading
from controller.engine.heap import settle_heap
if {settled}:
    assert settle_heap({{}})
kept = []
threads = [threading.Thread(target=lambda: kept.append(bytes(2000))) for _ in range(3)]
for one in threads:
    one.start()
for one in threads:
    one.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fflush.argtypes = [ctypes.c_void_p]
out = libc.fdopen(1, b"w")
libc.malloc_info(0, out)
libc.fflush(out)
"""


def heaps(*, settled: bool) -> int:
    """How many heaps a process has whose threads have kept something."""
    ran = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", _HEAPS.format(settled=settled)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.count("<heap nr=")


def test_threads_share_one_heap() -> None:
    """After it was settled threads use the one heap that there is; before, they had their own."""
    assert heaps(settled=False) > 1
    assert heaps(settled=True) == 1


@pytest.mark.parametrize("name", ["MALLOC_ARENA_MAX", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"])
def test_own_settings_stand(name: str) -> None:
    """Whoever has tuned the heap by the environment knows better."""
    assert settle_heap({"PATH": "/bin", name: "1"}) is False
