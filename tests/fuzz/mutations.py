"""Changes to spec files, from a bit to a whole document: what a careless or hostile hand might write.

Every choice comes from the ``Random`` given, so that a seed tells the whole story.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from controller.spec.nodes import plain
from controller.spec.syntax import compose
from tests.specs.mistakes import MISTAKES
from tests.specs.spec_texts import WEB, edited

SPECS = Path(__file__).parents[2] / "specs"
USUAL_BYTES = 8 * 1024
"""Longer inputs cost more than they find; of those there are some, made by ``_inflate``."""
ONE_IN_INFLATED = 5_000

ODD_SCALARS = (
    *(
        "~",
        "null",
        "true",
        "False",
        "no",
        "on",
        "0",
        "-1",
        "010",
        "0o17",
        "0xff",
        "1_000",
        "12:30:45",
    ),
    *("9" * 18, "9" * 19, "9" * 5000, "-" + "9" * 18, "1e400", "1e-400", "1e22", "-0.0", ".inf"),
    *(
        "-.INF",
        ".nan",
        "1.",
        ".5",
        "0.1e1",
        "2026-11-25",
        "=",
        "<<",
        "!!int 3",
        "!x y",
        "&a b",
        "*a",
    ),
    *(
        "''",
        '""',
        '"\\u202e"',
        '"\\x00"',
        '"\\ud800"',
        '"\\U0010ffff"',
        "'it''s'",
        '"a\\\nb"',
        "|",
        ">-",
    ),
    *(
        "|2\n  x",
        ">+\n\n\n",
        "[]",
        "{}",
        "[[]]",
        "{a: }",
        "{? a}",
        "[a, ]",
        "? [a]\n: b",
        "%",
        "@",
        "`",
    ),
    *(
        "x" * 300,
        "é" * 64,
        "🎉",
        "a\u0301",
        "\u00a0",
        "\u2028",
        "\ufeff",
        "\u200b",
        "#",
        " #",
        "a: b",
    ),
    *(
        "/subscriptions/x/y",
        "/../..",
        "Standard_D2s_v5",
        "2147483648",
        "100%",
        "50%",
        "PT1H",
        "max",
    ),
)
ODD_BYTES = (
    *(b"\x00", b"\t", b"\r", b"\r\n", b"\x0c", b"\x1b[31m", b"\x7f", b"\xc2\x85", b"\xe2\x80\xa8"),
    *(
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf4\x90\x80\x80",
        b"\xe2\x80\xae",
    ),
    *(
        b"\xf0\x9f\x8e\x89",
        b"\xcc\x81",
        b"---\n",
        b"...\n",
        b"%YAML 1.1\n",
        b"%TAG ! x\n",
        b"? ",
        b": ",
    ),
    *(
        b"- ",
        b"[",
        b"{",
        b"]",
        b"}",
        b",",
        b"'",
        b'"',
        b"#",
        b"&a ",
        b"*a",
        b"<<: *a",
        b"|",
        b">",
        b"\\",
    ),
)


@cache
def seeds() -> tuple[bytes, ...]:
    """The example specs as they are, and one of them with one mistake each."""
    examples = [WEB, *(path.read_text() for path in sorted(SPECS.rglob("*.yaml")))]
    wrong = [edited((one.old, one.new)) for one in MISTAKES]
    return tuple(text.encode() for text in (*examples, *wrong))


def seed(random: Random) -> bytes:
    """Choose one to start from: half of the time one without a mistake."""
    return random.choice((WEB.encode(), *seeds()[:4]) if random.random() < 0.5 else seeds())


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SPECS / "fleet.schema.json").read_text())
    return schema


@cache
def _names() -> tuple[str, ...]:
    """Every field's name."""
    known: set[str] = set()
    for one in (_schema(), *_schema()["$defs"].values()):
        known |= set(one.get("properties", ()))
    return tuple(sorted(known))


def mutate(content: bytes, random: Random) -> bytes:
    """Change ``content`` in one to four ways."""
    if len(content) > USUAL_BYTES:
        start = random.randrange(len(content) - USUAL_BYTES + 1)
        content = content[start : start + USUAL_BYTES]
    for _change in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        content = random.choice(_MUTATIONS)(content, random)
    content = content[:USUAL_BYTES]
    return _inflate(content, random) if random.randrange(ONE_IN_INFLATED) == 0 else content


def _cut(content: bytes, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(content))
    return start, min(len(content), start + random.choice((0, 1, 1, 2, 4, 16, 64, 256)))


def _bytes(content: bytes, random: Random) -> bytes:
    start, end = _cut(content, random)
    new = random.choice(
        (
            b"",
            random.choice(ODD_BYTES),
            random.randbytes(random.randint(1, 4)),
            content[start:end] * 2,
        )
    )
    return content[:start] + new + content[end:]


def _flip(content: bytes, random: Random) -> bytes:
    if not content:
        return b"\x80"
    changed = bytearray(content)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _splice(content: bytes, random: Random) -> bytes:
    other = random.choice(seeds())
    return content[: random.randint(0, len(content))] + other[random.randint(0, len(other)) :]


def _truncate(content: bytes, random: Random) -> bytes:
    return content[: random.randint(0, len(content))]


def _lines(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b"\n"]
    at, to = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(6)
    if kind == 0:
        del lines[at : at + random.randint(1, 4)]
    elif kind == 1:
        lines.insert(to, lines[at])
    elif kind == 2:
        lines[at], lines[to] = lines[to], lines[at]
    elif kind == 3:
        lines[at] = b" " * random.randint(1, 4) + lines[at]
    elif kind == 4:
        lines[at] = lines[at][random.randint(1, 3) :]
    else:
        lines[at:to] = [b"  " + line for line in lines[at:to]]
    return b"".join(lines)


def _value(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b"a: b\n"]
    at = random.randrange(len(lines))
    key, colon, _old = lines[at].partition(b":")
    lines[at] = key + (colon or b":") + b" " + random.choice(ODD_SCALARS).encode() + b"\n"
    return b"".join(lines)


def _key(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b"a: b\n"]
    at = random.randrange(len(lines))
    key, colon, rest = lines[at].partition(b":")
    indent = key[: len(key) - len(key.lstrip())]
    new = random.choice((random.choice(_names()), random.choice(ODD_SCALARS))).encode()
    lines[at] = indent + new + (colon or b":") + (rest or b" 1\n")
    return b"".join(lines)


def _nest(content: bytes, random: Random) -> bytes:
    start, end = _cut(content, random)
    sign = random.choice((b"[", b"{a: ", b"- ", b"? ", b"{", b"[{a: [", b"a:\n ", b"!x ", b"&a "))
    return content[:start] + sign * random.choice((1, 2, 31, 32, 33, 40, 400)) + content[end:]


def _aliases(content: bytes, random: Random) -> bytes:
    levels = random.randint(1, 12)
    bomb = [b"a0: &a0 [x, x]"]
    bomb += [b"a%d: &a%d [*a%d, *a%d]" % (n, n, n - 1, n - 1) for n in range(1, levels)]
    start, _end = _cut(content, random)
    return content[:start] + b"\n" + b"\n".join(bomb) + b"\n" + content[start:]


def _documents(content: bytes, random: Random) -> bytes:
    marks = (
        b"\n---\n",
        b"\n...\n",
        b"\n---\n~\n",
        b"\n--- # x\n",
        b"\n---\n%YAML 1.2\n---\n",
        b"\n---",
    )
    mark = random.choice(marks)
    others = [
        random.choice((content, b"", random.choice(seeds()))) for _n in range(random.randint(1, 3))
    ]
    if random.randrange(20) == 0:
        return content + mark * random.choice((63, 64, 65, 200))
    return mark.join(random.sample([content, *others], len(others) + 1))


def _scenario(content: bytes, random: Random) -> bytes:
    other = b"apiVersion: evenkeel/v1alpha1\nkind: Scenario\n---\n"
    return random.choice((other + content, content + b"\n---\n" + other))


def _tree(content: bytes, random: Random) -> bytes:
    """Change the document as a structure and write it anew, as JSON, which is YAML."""
    roots = [document.root for document in compose(content.decode("utf-8", "replace")).documents]
    root = plain(roots[0]) if roots and roots[0] is not None else None
    if not isinstance(root, dict):
        return _lines(content, random)
    spot: Any = root
    while random.randrange(4) and (below := _collections(spot)):
        spot = random.choice(below)
    _change(spot, random)
    return json.dumps(
        root, ensure_ascii=random.random() < 0.1, indent=random.choice((None, 1))
    ).encode("utf-8", "surrogatepass")


def _collections(spot: Any) -> list[Any]:
    inside = spot.values() if isinstance(spot, dict) else spot
    return [one for one in inside if isinstance(one, (dict, list)) and one]


def _change(spot: Any, random: Random) -> None:
    if isinstance(spot, list):
        spot.insert(random.randint(0, len(spot)), random.choice((_odd(random), spot[0])))
        if random.random() < 0.3:
            del spot[random.randrange(len(spot))]
        return
    keys = list(spot)
    key = random.choice(keys) if keys else "a"
    kind = random.randrange(5)
    if kind == 0:
        spot.pop(key, None)
    elif kind == 1:
        spot[key] = _odd(random)
    elif kind == 2 and keys:
        spot[random.choice(_names())] = spot[key]
    else:
        _grow(spot, random)


def _grow(spot: dict[str, Any], random: Random) -> None:
    """Add a field that the schema knows where these fields stand, with a value of its kind."""
    tables = [_schema(), *_schema()["$defs"].values()]
    fitting = [
        one for one in tables if set(spot) <= set(one.get("properties", ())) and "properties" in one
    ]
    if fitting:
        name, schema = random.choice(list(random.choice(fitting)["properties"].items()))
        spot[name] = _of(schema, random, 0)


def _of(schema: dict[str, Any], random: Random, depth: int) -> Any:
    """Make a value that mostly fits the schema."""
    if "$ref" in schema:
        return _of(_schema()["$defs"][schema["$ref"].rpartition("/")[2]], random, depth)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _of(random.choice(schema[several]), random, depth)
    if "const" in schema or "enum" in schema:
        return schema.get("const") or random.choice(schema["enum"])
    if random.random() < 0.03 or depth > 5:
        return _odd(random)
    makers = {"object": _object, "array": _array}
    maker = makers.get(schema.get("type", ""))
    return maker(schema, random, depth) if maker else _scalar_of(schema, random)


def _object(schema: dict[str, Any], random: Random, depth: int) -> Any:
    known = schema.get("properties", {})
    chance = 0.3 if depth < 2 else 0.1
    wanted = [n for n in known if n in schema.get("required", ()) or random.random() < chance]
    made = {name: _of(known[name], random, depth + 1) for name in wanted}
    if not known and isinstance(schema.get("additionalProperties"), dict):
        made["x"] = _of(schema["additionalProperties"], random, depth + 1)
    return made


def _array(schema: dict[str, Any], random: Random, depth: int) -> Any:
    return [_of(schema.get("items", {}), random, depth + 1) for _n in range(random.randint(1, 2))]


def _scalar_of(schema: dict[str, Any], random: Random) -> Any:
    kind = schema.get("type")
    if kind == "boolean":
        return random.random() < 0.5
    if kind in {"integer", "number"}:
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        return random.choice(
            (low, low + 1, low - 1, schema.get("maximum", 3), random.randint(0, 9))
        )
    if schema.get("examples") and random.random() < 0.7:
        return random.choice(schema["examples"])
    names = ("web", "a", "web-000001", "10%", "Standard_D4s_v5", "2026-12-01T00:00:00Z", "tcp", "1")
    return random.choice((*names, "/subscriptions/x/resourceGroups/y/providers/z/images/i"))


def _odd(random: Random) -> Any:
    deep: Any = "deep"
    for _level in range(random.choice((1, 3, 30, 40)) if random.random() < 0.1 else 0):
        deep = [deep] if random.random() < 0.5 else {"a": deep}
    values: Sequence[Any] = (
        *(
            None,
            True,
            False,
            0,
            -1,
            1.5,
            10**17,
            10**18,
            -(10**18),
            2**31,
            2**53 + 1,
            1e22,
            1e-7,
            0.1,
        ),
        *(
            "",
            " ",
            "x" * 200,
            "\u202e",
            "\x00",
            "🎉",
            "é",
            "~",
            "null",
            "1",
            "0x1",
            "no",
            deep,
            [],
            {},
        ),
        *(
            [None],
            {"": ""},
            {"a": None},
            ["a", "a"],
            {"name": "web"},
            [{"name": "web"}] * 2,
            "\u2028",
        ),
    )
    return random.choice(values)


def _inflate(content: bytes, random: Random) -> bytes:
    """Make a file of up to some 300 KiB, just below and just above what is taken."""
    size = random.choice((20_000, 100_000, 250_000, 262_144, 262_145, 300_000))
    lines = content.splitlines(keepends=True) or [b"a"]
    at = random.randrange(len(lines))
    piece = random.choice(
        (lines[at], random.choice(ODD_BYTES), b"  f%d: 1\n", b"a" * 9, b"[1,", b"x: y\n")
    )
    many = b"".join(piece.replace(b"%d", b"%d" % n) for n in range(size // len(piece) + 1))
    return b"".join([*lines[:at], many, *lines[at:]])[:size]


_MUTATIONS: Sequence[Callable[[bytes, Random], bytes]] = (
    *(_bytes, _bytes, _flip, _splice, _truncate, _lines, _lines, _value, _value, _key, _key),
    *(_nest, _aliases, _documents, _scenario, _tree, _tree, _tree, _tree),
)
