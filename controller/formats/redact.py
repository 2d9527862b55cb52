"""The one place that takes secrets out of what leaves the program.

Two nets, because each has holes: by key, for values whose name says what they are, and by pattern, for
secrets that stand in the middle of a text. Whatever is taken out is replaced by ``***``, so that a reader
sees that something was there.

What neither net can know, such as a password in the text of a script, must not reach an output at all:
first-boot data, extension settings and templates are never printed, logged or recorded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from controller.spec.secrets import MASK, is_secret_key

if TYPE_CHECKING:
    from providers.base import Json

_APPROVAL = re.compile(r"[0-9a-f]{12}")
"""What a token looks like by which somebody says yes to a plan: it is no secret, and has to be shown."""

# Repetitions are bounded, so that no text, however it was made, costs more than its length.
_SECRETS = (
    # A private key of any kind, whole, also where lines were broken anew.
    re.compile(
        r"-----BEGIN\s[A-Z\s]{0,30}PRIVATE\s+KEY-----.*?(?:-----END\s[A-Z\s]{0,30}PRIVATE\s+KEY-----|\Z)",
        re.DOTALL,
    ),
    # JSON web tokens: three base64url parts, the first two beginning as JSON does.
    re.compile(r"\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]*"),
)
_NAMED = (
    # The signature of a shared access signature, wherever the link stands.
    re.compile(r"(?i)([?&;]|%3f|%26|&amp;|\b)(sig)(=|%3d)[^\s&\"'<>;#]+"),
    # Storage and bus connection strings, tokens in headers, passwords in links and words.
    re.compile(r"(?i)()\b((?:shared)?(?:account|access)(?:key|signature))(=)[^\s;\"',]+"),
    re.compile(
        r"(?i)()\b(bearer|basic|sharedaccesssignature|sharedkey)(\s+)(?=\S*[\d=])[\w.~+/=:%&-]{8,}"
    ),
    re.compile(
        r"(?i)()\b([\w-]{0,40}(?:passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?token|pwd))"
        r"([\"']?\s*[=:]\s*)(?!\*\*\*)(?:\"[^\"]*\"|'[^']*'|[^\s,;&]+)"
    ),
    re.compile(
        r"(?i)()\b((?:protected[_-]?settings|custom[_-]?data|user[_-]?data)[\"']?)(\s*[=:]\s*)"
        r"(?!\*\*\*)(?:\"[^\"]*\"|'[^']*'|[^\s,;&]+)"
    ),
    # Whoever stands before the host of a link.
    re.compile(r"(?i)()(\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]{0,200})(:)[^\s/@]+(?=@)"),
)

_SUSPECT = re.compile(r"[=:%\s]|eyJ")
"""Something of this is in every secret that a pattern finds. Names and sizes have none, and pages are full of them."""


def redact_text(text: str) -> str:
    """A text without the secrets that a pattern can find."""
    if _SUSPECT.search(text) is None:
        return text
    for pattern in _SECRETS:
        text = pattern.sub(MASK, text)
    for pattern in _NAMED:
        text = pattern.sub(rf"\g<1>\g<2>\g<3>{MASK}", text)
    return text


def redact(value: Json) -> Json:
    """A JSON value without secrets: values of secret keys whole, the rest by pattern. Keys stay."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {key: _masked(key, part) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [redact(part) for part in value]
    return value


def _masked(key: str, value: Json) -> Json:
    # A flag or a missing value tells nothing.
    if is_secret_key(key) and value is not None and not isinstance(value, bool):
        approval = key == "token" and isinstance(value, str) and _APPROVAL.fullmatch(value)
        return value if approval else MASK
    return redact(value)
