"""Which function answers which request. Each service has a table of routes; ``services`` joins them.

A pattern is a path whose ``{parts}`` match one segment; a leading ``{+scope}`` matches any number of them.
Segments compare without regard to case, and double slashes count as one, as with ARM.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from providers.arm.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Reply, Request
    from providers.simulated.scenario import Call

    Handler: TypeAlias = Callable[[Emulator, Request], Reply]

_SCOPE = "{+scope}"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of ARM.

    ``policies`` are the rate limits that it is charged to, ``call`` the call of a scenario's faults that
    it counts as. ``anonymous``: neither a token nor an api-version is asked for.
    """

    method: str
    pattern: str
    handler: Handler
    policies: tuple[str, ...] = ()
    call: Call | None = None
    anonymous: bool = False


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._plain: defaultdict[int, list[tuple[tuple[str, ...], Route]]] = defaultdict(list)
        self._scoped: list[tuple[tuple[str, ...], Route]] = []
        self.routes = tuple(routes)
        self.namespaces: set[str] = set()
        for route in self.routes:
            parts = segments(route.pattern)
            self.namespaces |= {part.lower() for part in parts if part.startswith("Microsoft.")}
            if parts[0] == _SCOPE:
                self._scoped.append((parts[1:], route))
            else:
                self._plain[len(parts)].append((parts, route))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and the named parts of the path; None if nothing has this path.

        Raises ``Refusal`` (405) if the path exists and the method does not.
        """
        parts = segments(path)
        found = [
            (route, params)
            for pattern, route in self._plain[len(parts)]
            if (params := _matched(pattern, parts)) is not None
        ]
        found = found or list(self._found_in_scope(parts))
        for route, params in found:
            if route.method == method:
                return route, params
        if found:
            text = f"The requested resource does not support http method '{method}'."
            raise Refusal(405, "HttpMethodNotSupported", text, gateway=True)
        return None

    def _found_in_scope(self, parts: tuple[str, ...]) -> Iterable[tuple[Route, dict[str, str]]]:
        for pattern, route in self._scoped:
            head, tail = parts[: -len(pattern)], parts[-len(pattern) :]
            params = _matched(pattern, tail)
            if params is not None:
                yield route, params | {"scope": f"/{'/'.join(head)}" if head else ""}


def segments(path: str) -> tuple[str, ...]:
    """The parts of a path between slashes, empty ones left out."""
    return tuple(part for part in path.split("/") if part)


def _matched(pattern: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    params = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            params[wanted[1:-1]] = part
        elif wanted.lower() != part.lower():
            return None
    return params
