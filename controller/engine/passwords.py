"""The one place that draws secrets: a password for each Windows member, sent once and kept nowhere.

Azure takes no Windows VM without an administrator's password, and takes it as plain text only. One that
nobody knows gives nothing away: who has to log in resets it with the VMAccess extension, or uses Entra ID.
"""

from __future__ import annotations

import secrets
import string

LENGTH = 40
"""Characters. Azure takes 8 to 123 for Windows; forty of seventy are more than 240 bits."""

_KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#%+-.=?")
"""Azure asks for three kinds of four. Characters that a shell or XML would take for its own are left out."""


def fresh_password() -> str:
    """A password that was never used and that nobody can guess. It has characters of all four kinds."""
    letters = "".join(_KINDS)
    while True:
        password = "".join(secrets.choice(letters) for _ in range(LENGTH))
        if all(set(kind) & set(password) for kind in _KINDS):
            return password
