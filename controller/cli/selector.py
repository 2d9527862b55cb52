"""Label selectors, as kubectl's ``-l`` has them: which fleets are meant, by the labels of their specs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY = r"[A-Za-z0-9][\w./-]*"
_TERM = re.compile(
    rf"\s*(?:(?P<key>{_KEY})\s*(?:(?P<sign>==?|!=)\s*(?P<value>[\w.-]*)"
    rf"|\s(?P<word>in|notin)\s*\((?P<set>[\w.,\s-]*)\))?|!\s*(?P<absent>{_KEY}))\s*(?:,|$)"
)


@dataclass(frozen=True, slots=True)
class _Term:
    """One condition: the label has one of these values, or with ``wanted`` False none. ``values`` None: any."""

    key: str
    values: tuple[str, ...] | None
    wanted: bool

    def holds(self, labels: Mapping[str, str]) -> bool:
        there = self.key in labels and (self.values is None or labels[self.key] in self.values)
        return there is self.wanted


@dataclass(frozen=True, slots=True)
class Selector:
    """All conditions of a selector, joined by and."""

    terms: tuple[_Term, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a fleet with these labels is meant."""
        return all(term.holds(labels) for term in self.terms)


def parse_selector(text: str) -> Selector:
    """Read ``team=payments,tier!=web,env in (test,prod),!old``. Raises ValueError with a sentence."""
    terms: list[_Term] = []
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise ValueError(
                f"`{text[at:]}` is no label selector, such as team=payments,tier!=web,env in (a,b),!old"
            )
        terms.append(_term(found))
        at = found.end()
    return Selector(tuple(terms))


def _term(found: re.Match[str]) -> _Term:
    if found["absent"]:
        return _Term(found["absent"], None, wanted=False)
    if found["sign"]:
        return _Term(found["key"], (found["value"],), wanted=found["sign"] != "!=")
    if found["word"]:
        values = tuple(one.strip() for one in found["set"].split(","))
        return _Term(found["key"], values, wanted=found["word"] == "in")
    return _Term(found["key"], None, wanted=True)
