"""Symbolic links on the way to a path, resolved once and looked at again afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MAX_LINKS = 40
"""Links on the way to one path, as Linux allows them."""
CONFIG_MAP_LINK = "..data"
"""The link inside a mounted ConfigMap or Secret that is swapped when its content changes."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link: the directory that holds it, with all links above resolved, its name and its target."""

    parent: Path
    name: str
    target: str


def links_on(path: Path) -> tuple[Link, ...]:
    """Every link that has to be followed to reach ``path``, in order, as far as they lead anywhere.

    The link inside a mounted ConfigMap counts as one on the way.
    """
    links: list[Link] = []
    done = Path("/")
    steps = list(path.absolute().parts[1:])[::-1]
    while len(links) < MAX_LINKS:
        if not steps:
            if done.name.startswith("..") or not (done / CONFIG_MAP_LINK).is_symlink():
                break
            steps.append(CONFIG_MAP_LINK)
        step = steps.pop()
        if step == "..":
            done = done.parent
        elif (target := _target(done / step)) is None:
            done /= step
        else:
            links.append(Link(done, step, target))
            done = Path("/") if Path(target).is_absolute() else done
            steps += [one for one in Path(target).parts if one != "/"][::-1]
    return tuple(links)


def nearest_directory(path: Path) -> Path:
    """The path itself if it is a directory, else the nearest one above that is: there it would appear."""
    whole = path.absolute()
    return next((one for one in (whole, *whole.parents) if one.is_dir()), Path("/"))


def _target(path: Path) -> str | None:
    try:
        return str(path.readlink())
    except OSError:
        return None
