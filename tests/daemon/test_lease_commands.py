"""Commands that change fleets, and the right to do so: by locks on one host, by leases in Azurite."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from controller.cli.leasing import Leasing
from controller.cli.options import Source
from controller.engine.claimed import ClaimedTenure
from controller.engine.clock import WallClock
from controller.engine.holds import Holds, Terms
from controller.engine.hostlock import HostLocks
from controller.engine.tenancy import this_process
from controller.engine.tenure import key_of
from providers.leases import Holder
from tests.cli.shell import Shell
from tests.cli.test_azure_commands import Arm, serving
from tests.daemon.azurite import KEY, Azurite
from tests.daemon.test_lease_stores import leases_at
from tests.providers.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

THEM = Holder("them", "elsewhere", 4711, "run", "2026-11-21T12:00:00Z")
KEY_OF_WEB = key_of(REF)


@pytest.fixture
def arm() -> Iterator[Arm]:
    """An ARM with nothing in it."""
    with serving() as emulated:
        yield emulated


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a fresh directory."""
    return Shell(tmp_path)


def changes(arm: Arm) -> set[str]:
    """Methods of the requests that were no reads."""
    return {method for method, _path in arm.asked} - {"GET"}


@contextmanager
def held(address: str) -> Iterator[None]:
    """The lease over the fleet ``web`` in somebody else's hand while the block lasts."""

    async def change(*, take: bool) -> None:
        tenure = ClaimedTenure(Holds(leases_at(address), THEM, WallClock(), Terms()))
        assert await tenure.claim([KEY_OF_WEB]) is None
        if take:
            # Leave it standing: only the connection is given back.
            await tenure.holds.store.close()
        else:
            await tenure.release()

    asyncio.run(change(take=True))
    yield


def test_lock_names_the_process(shell: Shell, arm: Arm) -> None:
    """A fleet whose lock another process has is left alone: exit 75, and the sentence names the process."""
    locks = HostLocks(shell.folder / ".evenkeel" / "locks", THEM, scope=arm.url)
    assert locks.take(KEY_OF_WEB) is None
    ran = shell.run("reconcile", shell.spec(), *arm.options())
    assert ran.code == 75
    assert "nothing was done: evenkeel run, process 4711 on elsewhere" in ran.err
    assert changes(arm) == set()
    locks.release()
    assert shell.run("reconcile", shell.spec(), *arm.options()).code == 0
    assert len(arm.members) == 6


def test_other_fleets_are_free(shell: Shell, arm: Arm) -> None:
    """Locks are for single fleets: another one can be worked on meanwhile, and so can the same with none."""
    locks = HostLocks(shell.folder / ".evenkeel" / "locks", THEM, scope=arm.url)
    assert locks.take(KEY_OF_WEB) is None
    assert shell.run("reconcile", shell.spec("db"), *arm.options()).code == 0
    assert shell.run("reconcile", shell.spec(), "--lease", "none", *arm.options()).code == 0


def test_dry_run_takes_no_lease(shell: Shell, arm: Arm, azurite: Azurite) -> None:
    """A dry run plans while another process has the fleet, makes no lock and sends no write."""
    address = azurite.container("dry-run")
    with held(address):
        where = ("--lease", address)
        ran = shell.run("reconcile", shell.spec(), "--dry-run", *where, *arm.options())
    assert ran.code == 0
    assert "Plan: 6 to add" in ran.out
    assert changes(arm) == set()
    assert not (shell.folder / ".evenkeel").exists()


def test_dry_daemon_takes_no_lease(shell: Shell) -> None:
    """A daemon that only plans keeps no other from its fleets: it takes neither lease nor lock."""
    source = Source(provider="azure")
    for said in (None, "file", "https://acc.blob.core.windows.net/c"):
        leasing = Leasing(where=said, state_directory=shell.folder)
        assert leasing.settings(source, "run", dry_run=True).lease == "none"
        assert leasing.settings(source, "run").lease == (said or "file")


def test_place_for_locks_is_needed(shell: Shell, arm: Arm) -> None:
    """Where no lock can be made nothing is changed, and the error says what to do."""
    shell.write("blocked", "a file in the way")
    ran = shell.run("reconcile", shell.spec(), "--state-dir", "blocked", *arm.options())
    assert ran.code == 1
    assert "EVENKEEL_STATE_DIR" in ran.err
    assert changes(arm) == set()


def test_lease_is_taken_and_given_back(shell: Shell, arm: Arm, azurite: Azurite) -> None:
    """A command with a lease does its work, and the lease is free as soon as it has ended."""
    address = azurite.container("given-back")
    options = (*arm.options(), "--lease", f"{address}/folder")
    env = {"AZURE_STORAGE_KEY": KEY}
    spec = shell.spec()
    assert shell.run("reconcile", spec, "--until-converged", *options, env=env).code == 0
    assert len(arm.members) == 6

    async def seen() -> None:
        store = leases_at(f"{address}/folder")
        (record,) = await store.look()
        await store.close()
        assert (record.held, record.holder is not None) == (False, True)
        assert record.holder is not None
        assert (record.holder.role, record.holder.pid) == ("reconcile", this_process("x").pid)

    asyncio.run(seen())
    assert shell.run("reconcile", spec, *options, env=env).code == 0


def test_held_lease_is_told(shell: Shell, arm: Arm, azurite: Azurite) -> None:
    """While another process has the lease a command does nothing: exit 75, with the holder's name."""
    address = azurite.container("held")
    env = {"AZURE_STORAGE_KEY": KEY, "EVENKEEL_LEASE": address}
    with held(address):
        ran = shell.run("reconcile", shell.spec(), *arm.options(), env=env)
    assert ran.code == 75
    assert "evenkeel run, process 4711 on elsewhere, since 2026-11-21T12:00:00Z" in " ".join(
        ran.err.split()
    )
    assert changes(arm) == set()


@pytest.mark.parametrize(
    ("where", "env", "code", "words"),
    [
        ("http://127.0.0.1:1/acc/leases", {"AZURE_STORAGE_KEY": KEY}, 69, "lease store"),
        ("https://acc.blob.core.windows.net/c", {}, 69, "for the lease store: no credential"),
        ("https://acc.blob.core.windows.net/c?sig=s3cret", {}, 64, "carries no signature"),
        ("somewhere", {}, 64, "address of a blob container"),
    ],
)
def test_useless_lease_store(
    shell: Shell, arm: Arm, where: str, env: dict[str, str], code: int, words: str
) -> None:
    """A lease store that cannot be used stops the command before anything is changed."""
    cleared = dict.fromkeys(("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_TOKEN_CREDENTIALS"), "")
    ran = shell.run(
        "reconcile", shell.spec(), "--lease", where, *arm.options(), env={**cleared, **env}
    )
    assert ran.code == code
    assert words in " ".join(ran.err.split())
    assert "s3cret" not in ran.err
    assert changes(arm) == set()


def test_missing_container_stops(shell: Shell, arm: Arm, azurite: Azurite) -> None:
    """A container that does not exist is an error that says how to make it."""
    where = f"{azurite.url}/devstoreaccount1/nowhere"
    ran = shell.run(
        "reconcile",
        shell.spec(),
        "--lease",
        where,
        *arm.options(),
        env={"AZURE_STORAGE_KEY": KEY},
    )
    assert ran.code == 1
    assert "az storage container create" in ran.err
    assert changes(arm) == set()
