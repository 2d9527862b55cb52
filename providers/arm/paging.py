"""Lists in pages, as ARM gives them: an absolute ``nextLink`` while there is more."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from providers.arm.errors import not_an_option
from providers.arm.messages import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

_TOKEN = re.compile(r"[0-9a-f-]{36}!(?P<empty>\d+)!(?P<after>.*)", re.DOTALL)
_NAMES = {"$filter", "$expand", "$top", "statusonly", "api-version", "$orderby"}


def paged(
    emulator: Emulator,
    request: Request,
    keys: Sequence[str],
    build: Callable[[str], object],
    *,
    usual: int = 0,
) -> Reply:
    """One page of the rows that ``keys`` stand for, in their order; ``build`` makes a row.

    The scenario's page size wins over ``usual``; 0 is one page for all. Empty pages that the scenario
    asks for come first, each with a link to the next. A token names the key after which to go on, so that
    a row which comes or goes between two pages moves no other.
    """
    scenario = emulator.region.scenario
    empty, after = _position(request)
    if empty < scenario.empty_pages and keys:
        link = _link(emulator, request, empty + 1, after)
        return Reply(200, {"value": [], "nextLink": link}, indented=True)
    ordered = sorted(keys)
    rest = [key for key in ordered if key > after] if after else ordered
    size = scenario.page_size or usual or len(rest)
    body: dict[str, object] = {"value": [build(key) for key in rest[:size]]}
    if len(rest) > size:
        body["nextLink"] = _link(emulator, request, scenario.empty_pages, rest[size - 1])
    # Compute indents lists as well; past a few rows that costs more than it shows.
    return Reply(200, body, indented=len(rest[:size]) <= 20)


def _position(request: Request) -> tuple[int, str]:
    token = request.query.get("$skiptoken")
    if token is None:
        return 0, ""
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (ValueError, binascii.Error) as error:
        raise not_an_option("$skiptoken", token) from error
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise not_an_option("$skiptoken", token)
    return int(found["empty"]), found["after"]


def _link(emulator: Emulator, request: Request, empty: int, after: str) -> str:
    text = f"{emulator.request_guid()}!{empty}!{after}"
    token = base64.urlsafe_b64encode(text.encode()).decode()
    query = [(name, value) for name, value in request.query.items() if name in _NAMES]
    return f"{request.origin}{quote(request.path)}?{urlencode([*query, ('$skiptoken', token)])}"
