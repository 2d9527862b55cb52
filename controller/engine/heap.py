"""The C library's heap, kept so that a process that lives for months does not grow.

glibc gives threads heaps of their own, and after the first large pieces were freed it puts the next ones of
their size between small ones that stay. Whoever reads hundreds of files in one thread after another, and
writes half a megabyte of JSON now and then, leaves holes that fit nothing in every heap: the objects are
the same, the pages become more. With one heap, and large pieces outside of it, what was freed is used again.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGE_BYTES = 128 * 1024
"""From this size on a piece has pages of its own, which go back to the system at once: glibc's first threshold."""

# Of malloc.h.
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8


def settle_heap(environment: Mapping[str, str]) -> bool:
    """Use one heap, and keep large pieces out of it. To be called before there are threads.

    False if somebody has tuned it by ``environment`` already, or if this C library has nothing to tune.
    """
    if any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in environment):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    set_so = [mallopt(_M_ARENA_MAX, 1), mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)]
    return all(set_so)
