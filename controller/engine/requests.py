"""Requests for new members, filled in from their pool's template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from controller.core.serials import serial_of
from controller.core.tags import member_tags
from controller.engine.passwords import fresh_password
from providers.base import InstanceRequest, Priority

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.core.steps import Create
    from controller.spec.values import Fleet, Pool
    from providers.base import Document, Json

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_WINDOWS_PREFIX = 8
_VERBATIM = frozenset({"extensions", "userData", "customData"})
"""Parts of a template that are scripts and data of the user's own, where ``${name}`` is theirs."""


def instance_request(
    fleet: Fleet, step: Create, password: Callable[[], str] = fresh_password
) -> InstanceRequest:
    """The request that a planned creation stands for. ``password`` draws one for a Windows member."""
    pool = next(pool for pool in fleet.pools if pool.name == step.pool)
    spot = pool.spot if step.priority is Priority.SPOT else None
    return InstanceRequest(
        name=step.instance,
        zone=step.zone,
        fault_domain=step.fault_domain,
        size=step.size,
        priority=step.priority,
        tags=member_tags(fleet, pool, step),
        document=_with_password(pool, fill_in(pool, step.instance), password),
        eviction_policy=str(spot.eviction_policy) if spot else None,
        max_price=spot.max_price if spot else None,
        identity_ids=pool.template.identity_ids,
    )


def fill_in(pool: Pool, instance: str) -> Document:
    """The pool's template with ``{name}`` and ``{computerName}`` put in."""
    windows = pool.template.os == "Windows"
    words = {
        "{name}": instance,
        "{computerName}": windows_computer_name(instance) if windows else instance,
    }
    return {key: _filled(key, value, words) for key, value in pool.template.document.items()}


def _with_password(pool: Pool, document: Document, password: Callable[[], str]) -> Document:
    """The document with an administrator's password, where Azure wants one and nobody has given it."""
    profile = document.get("osProfile")
    if pool.template.os != "Windows" or not isinstance(profile, Mapping):
        return document
    if "adminPassword" in profile:
        return document
    return {**document, "osProfile": {**profile, "adminPassword": password()}}


def windows_computer_name(instance: str) -> str:
    """At most 15 characters, as Windows wants it: ``web-000041`` becomes ``web-15``.

    The fleet's first eight characters, a hyphen, and the serial number in base 36.
    """
    prefix = instance.rpartition("-")[0]
    return f"{prefix[:_WINDOWS_PREFIX]}-{_base36(serial_of(instance) or 0)}"


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def _filled(key: str, value: Json, words: Mapping[str, str]) -> Json:
    if key in _VERBATIM:
        return value
    if isinstance(value, str):
        for placeholder, word in words.items():
            value = value.replace(placeholder, word)
        return value
    if isinstance(value, dict):
        return {inner: _filled(inner, part, words) for inner, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled("", part, words) for part in value]
    return value
