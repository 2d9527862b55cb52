"""What is kept of a long list is small, however much Azure says of each member."""

from __future__ import annotations

from benchmarks.workloads import kept_of_members, page_of_members


def test_members_are_kept_small() -> None:
    """Of each of 1,000 members with instance view, 6 KB of JSON, less than 4 KiB are kept."""
    assert len(page_of_members(1000)) > 5_000_000
    kept = kept_of_members(1000)
    print(f"{kept:.2f} KiB for each member")
    assert 0.1 < kept < 4
