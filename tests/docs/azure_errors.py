"""The page of Azure's errors, made from the adapter's table of codes and the command line's remedies."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from controller.formats.failures import REMEDIES, Remedy, remedy_for
from providers import errors
from providers.azure.failures import RULES

if TYPE_CHECKING:
    from providers.azure.failures import Rule

MARK = "<!-- errors -->"

MEANINGS: dict[type[errors.ProviderError], tuple[str, str]] = {
    errors.Locked: (
        "A lock",
        "Nothing is sent for what is locked; the plan names the lock's scope and goes around it. Evenkeel never removes a lock.",
    ),
    errors.Throttled: (
        "Too many requests",
        "The pass stops, and the next one begins when Azure said, or when the own limits allow it. Nothing is to be done.",
    ),
    errors.QuotaExceeded: (
        "Quota",
        "Other sizes in `sizes` are tried in the next pass; this family again after ten minutes.",
    ),
    errors.NoCapacity: (
        "No capacity",
        "Other zones and sizes are tried in the next pass; this one again within the hour.",
    ),
    errors.NotOffered: (
        "Not offered",
        "Other zones and sizes are tried in the next pass; this one again within an hour for Spot, after 23 hours for Regular.",
    ),
    errors.Conflict: (
        "Somebody was first",
        "The next pass looks and decides anew. Nothing is to be done, unless it stays so for long.",
    ),
    errors.Forbidden: (
        "A missing permission",
        "No more changes are sent in this pass. Every pass asks again, so a granted permission needs no restart.",
    ),
    errors.NotFound: ("Something is gone", "The next pass looks and decides anew."),
    errors.OutcomeUnknown: (
        "Nobody knows",
        "The change may have been carried out. The next pass asks for the instance by its name before it does anything; nothing is sent twice.",
    ),
    errors.Transient: (
        "Azure fails",
        "Nothing was done; reads are tried again, changes are left to the next pass.",
    ),
    errors.Rejected: (
        "Rejected",
        "The request is wrong as it stands. Creations of the same pool stop for this pass; the next one tries again.",
    ),
}
"""What evenkeel does by itself, for each kind of error that the adapter's table knows; in the page's order."""

BEFORE = (
    "Azure was not reached",
    "Nothing was sent. The command ends with exit status 69; the next pass tries again.",
)
AFTER = (
    "A creation fails after it was accepted",
    "These are read from a member that failed. It is kept if its guest may still come up, else replaced under another name.",
)
_NEVER_SENT = ("ConnectionFailed", "NoCredential", "NoToken")
_LATER = ("OSProvisioning", "VMStart", "VMExtension")

Row = tuple[str, str, str]


def table() -> str:
    """The part of the page between its marks, as it is to be now."""
    rest = [_row_of_remedy(remedy) for remedy in REMEDIES if not _is_told(remedy)]
    before = [row for row in rest if row[0].startswith(tuple(f"`{one}" for one in _NEVER_SENT))]
    after = [row for row in rest if row[0].startswith(tuple(f"`{one}" for one in _LATER))]
    parts = []
    for kind, (title, what) in MEANINGS.items():
        rows = [_row_of_rule(rule) for rule in RULES if rule.kind is kind]
        if kind is errors.Rejected:
            rows += [row for row in rest if row not in before and row not in after]
        parts.append(_part(title, what, rows))
    return "\n".join((*parts, _part(*AFTER, after), _part(*BEFORE, before)))


def _is_told(remedy: Remedy) -> bool:
    """Whether a row of the adapter's own table tells of it already."""
    return any(
        rule.code == remedy.code and not remedy.fragment
        if rule.code
        else rule.text and rule.text in remedy.fragment.lower()
        for rule in RULES
    )


def _row_of_rule(rule: Rule) -> Row:
    said = [f"`{rule.code}`"] if rule.code else []
    said += [f"“{rule.text}”"] if rule.text else []
    said += [f"status {rule.status}"] if rule.status else []
    remedy = remedy_for(rule.code, rule.text) if rule.code or rule.text else None
    return (" ".join(said), remedy.cause, remedy.cure) if remedy else (" ".join(said), "", "")


def _row_of_remedy(remedy: Remedy) -> Row:
    said = [f"`{remedy.code}`"] if remedy.code else []
    said += [f"“{remedy.fragment}”"] if remedy.fragment else []
    return " ".join(said), remedy.cause, remedy.cure


def _part(title: str, what: str, rows: list[Row]) -> str:
    """One kind: what evenkeel does, the rows with an advice, and what else is of this kind."""
    advised = [f"| {said} | {cause} | {cure} |" for said, cause, cure in rows if cure]
    others = [said for said, _cause, cure in rows if not cure]
    lines = [f"### {title}", "", what, ""]
    if advised:
        lines += ["| Azure says | because | what to do |", "|---|---|---|", *advised, ""]
    if others:
        text = f"{'Also' if advised else 'Azure says'}: {', '.join(others)}."
        lines += [*wrap(text, 136, break_on_hyphens=False), ""]
    return "\n".join(lines)
