"""When Azure wants to be asked again: every form in which a 429 says so."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.azure.answers import Fault

UNSAID_SECONDS = 10.0
"""How long we leave Azure alone when it says "too many" and not until when."""

LONGEST_SECONDS = 3600.0
"""The longest wait that Azure is known to ask for; anything longer is taken for a mistake."""

_IN_TEXT = re.compile(r"try again after '(\d+)' seconds", re.IGNORECASE)
_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")


class _Window(msgspec.Struct, rename="camel"):
    """The JSON text inside ``details[].message`` of a Compute 429."""

    end_time: datetime


def ask_again_at(headers: Mapping[str, str], fault: Fault, now: datetime) -> datetime:
    """Until when no request should be sent: the latest of what headers and text say.

    A request inside Compute's window prolongs it, so its end counts even if ``Retry-After`` is shorter.
    """
    said = [
        _header_seconds(headers, now),
        *(_window_seconds(level.message, now) for level in fault.levels),
        *(float(match[1]) for match in _IN_TEXT.finditer(fault.text)),
    ]
    seconds = max((each for each in said if each is not None), default=UNSAID_SECONDS)
    return now + timedelta(seconds=min(max(seconds, 1.0), LONGEST_SECONDS))


def _header_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    for name in _MILLISECONDS:
        milliseconds = _number(headers.get(name, ""))
        if milliseconds is not None:
            return milliseconds / 1000
    text = headers.get("retry-after", "").strip()
    seconds = _number(text)
    return seconds if seconds is not None else _date_seconds(text, now)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _date_seconds(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()


def _window_seconds(message: str, now: datetime) -> float | None:
    try:
        window = msgspec.json.decode(message, type=_Window)
    except msgspec.MsgspecError:
        return None
    end = window.end_time if window.end_time.tzinfo else window.end_time.replace(tzinfo=UTC)
    return (end - now).total_seconds()
