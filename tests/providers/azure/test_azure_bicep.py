"""The Bicep files grant what the role file lists, and fit together. There is no compiler here to ask."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.providers.azure.test_azure_role import ROLE, action_of, all_requests

FOLDER = ROLE.parent
FILES = sorted(FOLDER.glob("*.bicep"))
ACTION = re.compile(r"'(Microsoft\.[\w.]+(?:/\w+)+/(?:read|write|delete|action))'")
PAIRS = {")": "(", "]": "[", "}": "{"}


def text_of(name: str) -> str:
    """A file without its comments."""
    return re.sub(r"(?m)^\s*//.*$", "", (FOLDER / name).read_text())


def block_after(text: str, opening: str) -> str:
    """What stands between the brace at the end of ``opening`` and the one that closes it."""
    rest = text[text.index(opening) + len(opening) :]
    depth = 1
    for place, letter in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return rest[:place]
    raise AssertionError(f"{opening!r} is never closed")


def test_role_is_the_role_file() -> None:
    """The role's permissions are those of role.json, member by member, and stand nowhere else."""
    text = text_of("main.bicep")
    assert "var operator = loadJsonContent('role.json')" in text
    role = block_after(
        text, "resource operatorRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {"
    )
    given = dict(re.findall(r"(?m)^\s+(\w+): operator\.(\w+)$", role))
    assert given == {
        "roleName": "Name",
        "description": "Description",
        "actions": "Actions",
        "notActions": "NotActions",
        "dataActions": "DataActions",
        "notDataActions": "NotDataActions",
    }
    assert set(given.values()) <= set(json.loads(ROLE.read_text()))


def test_subscription_role_is_exact() -> None:
    """What the identity may read at the subscription is what is sent there, and nothing is written there."""
    granted = [action for path in FILES for action in ACTION.findall(text_of(path.name))]
    sent = {action_of(one) for one in all_requests() if "/resourcegroups/" not in one.path.lower()}
    assert sorted(granted) == sorted(sent)
    assert all(action.endswith("/read") for action in granted)


@pytest.mark.parametrize("module", ["identity", "assignment"])
def test_modules_get_their_parameters(module: str) -> None:
    """A module is given each of its parameters and no other, and answers what is asked of it."""
    text, own = text_of("main.bicep"), text_of(f"{module}.bicep")
    call = text[text.index(f"'{module}.bicep'") :]
    given = re.findall(r"(?m)^\s+(\w+):", block_after(call, "params: {"))
    assert sorted(given) == sorted(re.findall(r"(?m)^param (\w+) ", own))
    if module == "identity":
        asked = set(re.findall(r"identity\.outputs\.(\w+)", text))
        assert asked == set(re.findall(r"(?m)^output (\w+) ", own))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_brackets_are_closed(path: Path) -> None:
    """Brackets and quotes close in their order."""
    text = text_of(path.name)
    assert all(line.count("'") % 2 == 0 for line in text.splitlines())
    waiting: list[str] = []
    for letter in re.sub(r"'[^']*'", "", text):
        if letter in "([{":
            waiting.append(letter)
        elif letter in PAIRS:
            assert waiting.pop() == PAIRS[letter]
    assert waiting == []


def test_leases_have_no_keys() -> None:
    """The storage account takes no keys and shows nothing to strangers; the grant is on one container."""
    text = text_of("identity.bicep")
    for line in ("allowSharedKeyAccess: false", "allowBlobPublicAccess: false"):
        assert line in text
    grant = block_after(
        text,
        "'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(leaseAccountName)) {",
    )
    assert "scope: leaseContainer\n" in grant
