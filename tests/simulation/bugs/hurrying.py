"""Bugs in how often is asked, and in what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping

from controller.engine import patience
from tests.simulation.bugs.bug import Aim, Bug
from tests.simulation.options import Fault

BUGS: Mapping[str, Bug] = {
    "told-to-wait-and-does-not": Bug(
        "what the platform says about when to come back is forgotten as soon as a spec is edited",
        ((patience.Patience, "refusal", lambda *_: None),),
        Aim({Fault.BAD_RETRY: 0.05, Fault.THROTTLED: 0.2, Fault.EDIT: 40.0}),
    ),
}
"""By name."""
