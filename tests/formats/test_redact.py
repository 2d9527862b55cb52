"""The redaction: what is masked by key, what by pattern, and what stays readable."""

from __future__ import annotations

import time

import pytest

from controller.formats.redact import redact, redact_text
from controller.spec.secrets import SpecLines, is_secret_key


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a/b?sv=1&sig=ab%2Fc%3D&se=2", "https://a/b?sv=1&sig=***&se=2"),
        ("https%3A%2F%2Fa%3Fsv%3D1%26sig%3Dabc d", "https%3A%2F%2Fa%3Fsv%3D1%26sig%3D*** d"),
        ("AccountName=a;AccountKey=abc+/==;X=1", "AccountName=a;AccountKey=***;X=1"),
        ("Endpoint=sb://x/;SharedAccessKey=abc=", "Endpoint=sb://x/;SharedAccessKey=***"),
        ("Authorization: Bearer abc.def-1234", "Authorization: Bearer ***"),
        ("x eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.sig y", "x *** y"),
        ("login --password 'a b' --x", "login --password 'a b' --x"),
        ("password: 'a b', next", "password: ***, next"),
        ('{"adminPassword": "a b", "x": 1}', '{"adminPassword": ***, "x": 1}'),
        ("client_secret=abc&grant=1", "client_secret=***&grant=1"),
        ("userData: aGVsbG8=", "userData: ***"),
        ("https://me:pw@host/p", "https://me:***@host/p"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY----- x", "*** x"),
        ("-----BEGIN EC PRIVATE KEY-----\nabc", "***"),
    ],
)
def test_patterns_mask_secrets(text: str, shown: str) -> None:
    """A secret in the middle of a text is masked, and the text around it stays."""
    assert redact_text(text) == shown
    assert redact_text(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "a Basic load balancer, or a Basic public IP address",
        "Bearer token authentication is not permitted for non-TLS protected URLs",
        "a password or other secret inside a spec",
        "design=3, signal=2, assigned=1",
        "https://localhost:8443/subscriptions/0000?api-version=2026-04-01",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV2ZW5rZWVs ops@host",
        "web-000001: Locked: CanNotDelete on the instance",
        "sha256:28b3ee9ddf945b80a5f3b2a7c1",
        "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----",
    ],
)
def test_ordinary_texts_stay(text: str) -> None:
    """What is no secret is not touched."""
    assert redact_text(text) == text


def test_keys_mask_values() -> None:
    """A value is masked whole where its key says what it is; flags, absent values and approvals are not."""
    found = redact(
        {
            "adminPassword": "x",
            "protectedSettings": {"a": ["b"]},
            "tags": {"api-key": "x", "team": "payments"},
            "disablePasswordAuthentication": True,
            "userData": None,
            "approval": {"token": "0123456789ab", "why": "many"},
            "token": "0123456789abc",
            "rows": [{"clientSecret": 3}, "see ?sig=abc"],
            "protectedSettingsFromKeyVault": {"secretUrl": "https://v/secrets/s"},
        }
    )
    assert found == {
        "adminPassword": "***",
        "protectedSettings": "***",
        "tags": {"api-key": "***", "team": "payments"},
        "disablePasswordAuthentication": True,
        "userData": None,
        "approval": {"token": "0123456789ab", "why": "many"},
        "token": "***",
        "rows": [{"clientSecret": "***"}, "see ?sig=***"],
        "protectedSettingsFromKeyVault": {"secretUrl": "https://v/secrets/s"},
    }


@pytest.mark.slow
def test_hostile_texts_cost_no_time() -> None:
    """A text made to be slow to search costs no more than its length: 200,000 characters in a second."""
    size = 200_000
    for unit in (
        "a-",
        "eyJ-",
        "a.",
        "password",
        "://",
        "sig=",
        "-----BEGIN PRIVATE KEY",
        "Bearer ",
    ):
        before = time.process_time()
        redact_text((unit * size)[:size])
        assert time.process_time() - before < 1.0, unit


@pytest.mark.parametrize(
    ("text", "number", "column"),
    [
        ("a: 1\npassword: x", 2, 10),
        ("userData:\n  inline: |\n    echo\n\n    x", 5, 1),
        ("userData:\n  inline: x\nsize: 3", 3, None),
        ("list:\n  - clientSecret: x", 2, 18),
        ("protectedSettings:\n  a:\n    - b", 3, 1),
        ('{"x": 1, "token": "y"}', 1, 18),
        ("name: web\nzones: [1]", 2, None),
        ("secretUrl: https://x", 1, None),
    ],
)
def test_lines_of_specs_are_hidden(text: str, number: int, column: int | None) -> None:
    """A line of a spec is hidden behind a secret key, and whole below one."""
    assert SpecLines(text.split("\n")).hidden_from(number) == column


def test_key_words_have_exceptions() -> None:
    """Keys that only say where a secret is are shown."""
    assert is_secret_key("AZURE_CLIENT_SECRET")
    assert is_secret_key("custom-data")
    assert not is_secret_key("secretUrl")
    assert not is_secret_key("AZURE_TOKEN_CREDENTIALS")
    assert not is_secret_key("sku")
