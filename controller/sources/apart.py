"""Blocking calls in a thread that nobody has to wait for when the program ends.

The event loop's own threads are joined at its end: one that hangs on a dead network file system would keep
the program from stopping.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_T = TypeVar("_T")


class Apart(Protocol):
    """A way to make a blocking call without holding up the event loop."""

    def __call__(self, call: Callable[[], _T], /) -> Awaitable[_T]:
        """Make the call somewhere else; what it returns or raises."""
        ...


async def apart(call: Callable[[], _T]) -> _T:
    """Run ``call`` in a thread of its own and return what it returns or raise what it raises."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def deliver(settle: Callable[[], None]) -> None:
        if not future.done():
            settle()

    def work() -> None:
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 -- handed over to who waits
            settle = partial(future.set_exception, error)
        else:
            settle = partial(future.set_result, result)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(deliver, settle)

    threading.Thread(target=work, name="evenkeel-source", daemon=True).start()
    return await future
