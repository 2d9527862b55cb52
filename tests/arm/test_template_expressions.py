"""The language of ARM templates: each function that is served, and what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.arm.errors import Refusal
from providers.arm.template_functions import UNKNOWN, Scope, resolved
from providers.arm.template_syntax import parsed_expression

NET = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Network"
SCOPE = Scope(
    subscription="sub",
    group="rg",
    location="westeurope",
    reference=lambda target, whole: {"target": target, "whole": whole},
    versions=lambda namespace, kind: [f"{namespace}/{kind}"],
    parameters={"Count": 3, "names": ["a", "b"]},
    variables={"prefix": "web", "nested": {"Inner": [10, 20]}},
    loops={"": 4, "outer": 1},
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("[[literal]", "[literal]"),
        ("[concat('a', 'b', copyIndex())]", "ab4"),
        ("[concat(createArray(1), createArray(2))]", [1, 2]),
        ("['it''s']", "it's"),
        ("[parameters('COUNT')]", 3),
        ("[variables('nested').inner[1]]", 20),
        ("[variables('nested')['Inner'][0]]", 10),
        ("[copyIndex(1)]", 5),
        ("[copyIndex('outer', -1)]", 0),
        ("[resourceId('Microsoft.Network/virtualNetworks', 'net')]", f"{NET}/virtualNetworks/net"),
        (
            "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'net', 'web')]",
            f"{NET}/virtualNetworks/net/subnets/web",
        ),
        (
            "[resourceId('other', 'A.B/c', 'd')]",
            "/subscriptions/sub/resourceGroups/other/providers/A.B/c/d",
        ),
        (
            "[resourceId('s2', 'other', 'A.B/c', 'd')]",
            "/subscriptions/s2/resourceGroups/other/providers/A.B/c/d",
        ),
        ("[reference('x').target]", "x"),
        ("[reference('x', '2020-01-01', 'Full').whole]", True),
        ("[providers('A.B', 'c').apiVersions[0]]", "A.B/c"),
        ("[resourceGroup().location]", "westeurope"),
        ("[subscription().subscriptionId]", "sub"),
        ("[toLower('ABC')]", "abc"),
        ("[toUpper('abc')]", "ABC"),
        ("[string(5)]", "5"),
        ("[int('7')]", 7),
        ("[length(parameters('names'))]", 2),
        ("[empty('')]", True),
        ("[first(parameters('names'))]", "a"),
        ("[last(parameters('names'))]", "b"),
        ("[contains(parameters('names'), 'b')]", True),
        ("[contains(variables('nested'), 'inner')]", True),
        ("[join(split('a,b', ','), '-')]", "a-b"),
        ("[replace('web', 'w', 'v')]", "veb"),
        ("[format('{0}-{1}', 'a', 2)]", "a-2"),
        ("[add(mul(2, 3), sub(div(9, 2), mod(9, 2)))]", 9),
        ("[if(equals(1, 1), 'yes', 'no')]", "yes"),
        ("[and(true(), not(false()))]", True),
        ("[or(false(), false())]", False),
        ("[coalesce(null(), 'x')]", "x"),
    ],
)
def test_functions(text: str, value: object) -> None:
    """Each function gives what Azure's documentation says; names compare without regard to case."""
    assert resolved(text, SCOPE) == value


@pytest.mark.parametrize("name", ["uniqueString", "guid"])
def test_names_from_texts(name: str) -> None:
    """A name made from texts depends on them alone, and differs when they do."""
    one, same, other = (resolved(f"[{name}('{text}')]", SCOPE) for text in ("a", "a", "b"))
    assert one == same != other


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[]",
        "[concat(]",
        "[concat('a' 'b')]",
        "[concat('a')) ]",
        "[parameters('missing')]",
        "[variables('missing')]",
        "[variables('nested').missing]",
        "[variables('nested').inner[9]]",
        "[copyIndex('missing')]",
        "[nope()]",
        "[int('x')]",
        "[div(1, 0)]",
        "[first(createArray())]",
        "[resourceId('A.B/c')]",
        "[concat(variables('nested'))]",
        "[" + "concat(" * 200 + "'a'" + ")" * 200 + "]",
        "[#]",
    ],
)
def test_broken_expressions(text: str) -> None:
    """What cannot be evaluated is refused as an invalid template, or is a text; nothing else happens."""
    if text == "[":
        assert resolved(text, SCOPE) == "["
        return
    with pytest.raises(Refusal) as caught:
        resolved(text, SCOPE)
    assert (caught.value.status, caught.value.code) == (400, "InvalidTemplate")


@given(st.text(alphabet="[]()',.ab01 -", max_size=40))
def test_any_text_is_read(text: str) -> None:
    """Any text at all in brackets is an expression or is refused: nothing else is raised."""
    with suppress(Refusal):
        assert parsed_expression(f"[{text}]") is not None


def test_unknown_spreads() -> None:
    """What depends on a resource that is not there yet is unknown as a whole, not an error."""
    scope = Scope("sub", "rg", "westeurope", lambda _target, _whole: UNKNOWN, lambda _n, _k: [])
    for text in ("[reference('x').a.b[0]]", "[concat('a', reference('x').b)]"):
        assert resolved(text, scope) is UNKNOWN


def test_all_of_a_document() -> None:
    """Expressions are found in names, lists and values; everything else stays as it is."""
    document = {"[concat('a', 'b')]": ["[add(1, 1)]", None, True, 1.5]}
    assert resolved(document, SCOPE) == {"ab": [2, None, True, 1.5]}
