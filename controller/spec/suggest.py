"""What was probably meant: the help lines of diagnostics about fields, values and types."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

from controller.spec.model.lookup import SYNONYMS, fields_at, homes
from controller.spec.nodes import Listing, Node, Path, Scalar, dotted, is_null

BOOLEAN = "`true` or `false`"
_OLD_BOOLS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def found(node: Node | None) -> str:
    """Name what stands in the text, with its type."""
    if node is None or is_null(node):
        return "nothing"
    if isinstance(node, Scalar):
        if isinstance(node.value, str):
            return f"text `{short(node.text)}`"
        if isinstance(node.value, bool):
            return f"`{node.text}`"
        return f"number {short(node.text)}"
    return "a list" if isinstance(node, Listing) else "a mapping"


def short(text: str) -> str:
    """Cut text to what fits into a message."""
    line = text.splitlines()[0] if text else ""
    return line if line == text and len(line) <= 40 else f"{line[:36]}…"


@lru_cache(maxsize=1024)
def meant_field(name: str, known: tuple[str, ...]) -> str:
    """Say which of the ``known`` fields an unknown one most likely means; empty if none."""
    folded = {field.lower(): field for field in known}
    close = get_close_matches(name.lower(), folded, n=1, cutoff=0.72)
    if close:
        return folded[close[0]]
    synonym = SYNONYMS.get(name, name)
    return synonym if synonym in known else ""


def suggest_field(name: str, parent: Path, known: tuple[str, ...]) -> str:
    """Say which field was meant by an unknown one, or where the field belongs."""
    meant = meant_field(name, known)
    if meant:
        return f"did you mean `{meant}`?"
    elsewhere = SYNONYMS.get(name, name)
    places = homes().get(elsewhere)
    if places:
        here = dotted(parent)
        place = next((p for p in places if p.startswith(here)), places[0])
        return (
            f"`{elsewhere}` belongs into `{place}`" if place else f"`{elsewhere}` stands at the top"
        )
    return "fields here: " + ", ".join(known) if known else ""


def type_remedy(expected: str, path: Path, node: Node | None) -> str:
    """Say how to turn what stands there into ``expected``; empty where nothing sensible can be said."""
    if isinstance(node, Scalar):
        return _scalar_remedy(expected, path, node)
    if expected != "text":
        return ""
    if isinstance(node, Listing) and len(node.items) == 1:
        return "write one value, without brackets"
    return "quote text that holds braces or brackets"


def _scalar_remedy(expected: str, path: Path, node: Scalar) -> str:
    if expected == "text":
        shown = str(node.value) if isinstance(node.value, float) else node.text
        read_as = f" (YAML reads {shown})" if shown != node.text else ""
        return f'quote it: `"{node.text}"`{read_as}'
    if expected == "a mapping":
        fields = fields_at(path)
        if node.text.endswith(":") or re.search(r":\S", node.text):
            return "put a space after the colon"
        return "fields here: " + ", ".join(fields) if fields else ""
    return _plain_remedy(expected, node)


def _plain_remedy(expected: str, node: Scalar) -> str:
    if expected == BOOLEAN and node.text.lower() in _OLD_BOOLS:
        meant = _OLD_BOOLS[node.text.lower()]
        return f"`{node.text}` is text in YAML 1.2 (it was a boolean in 1.1): write `{meant}`"
    if expected == "a list":
        return f"write `[{node.text}]`"
    quoted_number = "number" in expected and not node.plain
    return "remove the quotes" if quoted_number else ""


def suggest_value(value: str, allowed: list[str]) -> str:
    """Say which of the allowed words was meant."""
    choices = ", ".join(f"`{word}`" for word in allowed)
    if value.lower() in _OLD_BOOLS:
        note = f" (`{value}` is text in YAML 1.2)"
        return f"write one of {choices}{note}"
    folded = {word.lower(): word for word in allowed}
    close = get_close_matches(value.lower(), folded, n=1)
    if close:
        return f"did you mean `{folded[close[0]]}`?"
    return f"write {choices}" if len(allowed) == 1 else f"write one of {choices}"
