"""What happens to a request, in the order in which ARM does it: token, version, rate limits, service, envelope."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers import regions
from providers.arm import groups
from providers.arm.envelope import dressed, headers_for, refused
from providers.arm.errors import Refusal, refusal_of
from providers.arm.routes import segments
from providers.errors import ProviderError

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Reply, Request
    from providers.arm.routes import Route

# Compute's versions as its provider's entry lists them, newest first, and the ends of what is served.
COMPUTE_VERSIONS = (
    "2026-04-01",
    "2025-04-01",
    "2024-11-01",
    "2024-07-01",
    "2024-03-01",
    "2023-09-01",
    "2023-07-01",
    "2023-03-01",
    "2022-11-01",
    "2022-08-01",
    "2022-03-01",
    "2021-11-01",
    "2021-07-01",
)
_COMPUTE_TYPES = frozenset({"virtualmachines", "virtualmachinescalesets"})


def answer(emulator: Emulator, request: Request) -> Reply:
    """Answer one request. Nothing is raised: what goes wrong is an answer, too."""
    emulator.world.settle()
    groups.settle(emulator)
    emulator.runs.settle()
    around = headers_for(emulator, request)
    try:
        reply = _served(emulator, request, around)
    except ProviderError as error:
        reply = refused(emulator, refusal_of(error, emulator.region.clock.now))
    return dressed(reply, around, tagged=_names_etag(request))


def _names_etag(request: Request) -> bool:
    # Recorded: neither an answer with an instance view nor a write of Microsoft.Network has the header.
    namespace, _ = _last_provider(request.path)
    written = request.method != "GET" and namespace.lower() == "microsoft.network"
    return not written and "$expand" not in request.query


def _served(emulator: Emulator, request: Request, around: dict[str, str]) -> Reply:
    found = emulator.router.find(request.method, request.path)
    if found is not None and found[0].anonymous:
        return found[0].handler(emulator, replace(request, params=found[1]))
    _check_token(emulator, request, around)
    _check_version(emulator, request)
    if found is None:
        raise _unknown(emulator, request)
    route, params = found
    request = replace(request, params=params)
    subscription = params.get("subscription", emulator.settings.subscription)
    _check_subscription(emulator, params)
    around |= emulator.throttle.enter(request.method, subscription)
    return _charged(emulator, request, route, around)


def _charged(emulator: Emulator, request: Request, route: Route, around: dict[str, str]) -> Reply:
    params = request.params
    place = (
        params.get("subscription", "").lower(),
        params.get("location", emulator.settings.location).lower(),
    )
    resource = "/".join((params.get("group", ""), params.get("name", ""))).lower()
    resource = params.get("operation", resource)
    emulator.throttle.check(route.policies, place, resource)
    try:
        reply = _attempted(emulator, request, route)
    except ProviderError as error:
        refusal = refusal_of(error, emulator.region.clock.now)
        if not refusal.gateway:
            around |= emulator.throttle.pay(route.policies, place, resource, None)
        raise refusal from error
    if not reply.by_arm:
        around |= emulator.throttle.pay(route.policies, place, resource, reply.charge)
    return reply


def _attempted(emulator: Emulator, request: Request, route: Route) -> Reply:
    if route.call is None:
        return route.handler(emulator, request)
    named = request.params.get("name")
    ids = request.document().get("instanceIds") if request.method == "POST" else None
    listed = ids if isinstance(ids, list) else []
    names = [*([named] if named is not None else []), *map(str, listed)]
    return emulator.region.attempt(route.call, names, lambda: route.handler(emulator, request))


def _check_token(emulator: Emulator, request: Request, around: dict[str, str]) -> None:
    if request.headers.get("authorization", "").lower().startswith("bearer "):
        return
    authority = f"{request.origin}/{emulator.settings.tenant}"
    around["WWW-Authenticate"] = (
        f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="The '
        "authentication failed because of missing 'Authorization' header.\""
    )
    raise Refusal(
        401,
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
        gateway=True,
    )


def _check_version(emulator: Emulator, request: Request) -> None:
    version = request.api_version
    if not version:
        raise Refusal(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
            gateway=True,
        )
    kind = _compute_type(request.path)
    if kind is None or COMPUTE_VERSIONS[-1] <= version[:10] <= COMPUTE_VERSIONS[0]:
        return
    raise Refusal(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{emulator.settings.location}' and API version "
        f"'{version}' for type '{kind}'. The supported api-versions are '{', '.join(COMPUTE_VERSIONS)}'. "
        f"The supported locations are '{', '.join(regions.known_locations())}'.",
        gateway=True,
    )


def _compute_type(path: str) -> str | None:
    # A lock on a VM is of Authorization's type, not of Compute's: the last provider counts.
    namespace, rest = _last_provider(path)
    known = bool(rest) and rest[0].lower() in _COMPUTE_TYPES
    return rest[0] if known and namespace.lower() == "microsoft.compute" else None


def _last_provider(path: str) -> tuple[str, tuple[str, ...]]:
    parts = segments(path)
    lowered = [part.lower() for part in parts]
    if "providers" not in lowered[:-1]:
        return "", ()
    start = len(lowered) - 1 - lowered[::-1].index("providers")
    return parts[start + 1], parts[start + 2 :]


def _check_subscription(emulator: Emulator, params: dict[str, str]) -> None:
    # Unless the region is strict, every subscription exists, as all that a request refers to does.
    subscription = params.get("subscription", emulator.settings.subscription)
    own = emulator.settings.subscription
    if emulator.region.scenario.strict and subscription.lower() != own.lower():
        text = f"The subscription '{subscription}' could not be found."
        raise Refusal(404, "SubscriptionNotFound", text, gateway=True)


def _unknown(emulator: Emulator, request: Request) -> Refusal:
    namespace, rest = _last_provider(request.path)
    if not namespace:
        text = f"No registered resource provider was found for the path '{request.path}'."
        return Refusal(404, "NotFound", text, gateway=True)
    if namespace.lower() not in emulator.router.namespaces:
        text = f"The resource namespace '{namespace}' is invalid."
        return Refusal(404, "InvalidResourceNamespace", text, gateway=True)
    kind = "/".join(rest[::2])
    return Refusal(
        404,
        "InvalidResourceType",
        f"The resource type '{kind}' could not be found in the namespace '{namespace}' for api version "
        f"'{request.api_version}'. The supported api-versions are '{','.join(COMPUTE_VERSIONS)}'.",
        gateway=True,
    )
