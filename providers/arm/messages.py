"""A request and a reply as plain values, and the times that stand in them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    ``path`` is decoded and as the client wrote it; names in ``query`` and ``headers`` are in lower case.
    ``origin`` is scheme, host and port as the client sees them. ``params`` are the parts of the path that
    the route names.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    origin: str = "https://localhost"
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def api_version(self) -> str:
        """The version that the client asked for; empty if it asked for none."""
        return self.query.get("api-version", "")

    def document(self) -> dict[str, object]:
        """The body as a JSON object. Raises ``Refusal`` (400) if it is none; no body is an empty object."""
        if not self.content.strip():
            return {}
        try:
            parsed = json.loads(self.content, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            why = f"The request content was invalid and could not be deserialized: '{error}'."
            raise Refusal(400, "InvalidRequestContent", why, gateway=True) from error
        if not isinstance(parsed, dict):
            why = "The request content was invalid and could not be deserialized: 'an object is expected'."
            raise Refusal(400, "InvalidRequestContent", why, gateway=True)
        return parsed


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``body`` None: there is none.

    ``indented``: Compute writes its bodies for people, ARM itself writes them compact. ``charge`` is how
    many VMs a call on a scale set works on; None where no such charge is shown. ``by_arm``: ARM answered
    out of its own copy, and Compute charges nothing.
    """

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    indented: bool = False
    charge: int | None = None
    by_arm: bool = False


def _no_number(word: str) -> object:
    # Python reads NaN and Infinity, which are not JSON, and would write them into answers.
    raise ValueError(f"{word} is not a JSON number")


def stamp(moment: datetime) -> str:
    """Write a time as Compute does: seven decimals and an offset."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0+00:00"


def http_date(moment: datetime) -> str:
    """Write a time as the ``Date`` header has it, in English whatever the locale."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{day}, {moment:%d} {months[moment.month - 1]} {moment:%Y %H:%M:%S} GMT"
