"""All services of the emulator. A new one is a module with a table ``ROUTES`` and a line here."""

from __future__ import annotations

from providers.arm import (
    accepting,
    compute_catalog,
    compute_disks,
    compute_extensions,
    compute_members,
    compute_power,
    compute_sets,
    compute_vm_lists,
    compute_vms,
    control,
    deployments,
    groups,
    locks,
    login,
    network_children,
    network_operations,
    network_resources,
    resource_graph,
    resources,
    subscriptions,
)

ROUTES = (
    *control.ROUTES,
    *login.ROUTES,
    *subscriptions.ROUTES,
    *groups.ROUTES,
    *resources.ROUTES,
    *locks.ROUTES,
    *accepting.ROUTES,
    *compute_vms.ROUTES,
    *compute_vm_lists.ROUTES,
    *compute_power.ROUTES,
    *compute_extensions.ROUTES,
    *compute_sets.ROUTES,
    *compute_members.ROUTES,
    *compute_disks.ROUTES,
    *compute_catalog.ROUTES,
    *network_resources.ROUTES,
    *network_children.ROUTES,
    *network_operations.ROUTES,
    *deployments.ROUTES,
    *resource_graph.ROUTES,
)
