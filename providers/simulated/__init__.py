"""A simulated Azure: one subscription's view of scale sets, VMs, locks and quota, in memory.

It stands behind three faces: the provider contract in process (``provider``), ARM over HTTP, and a
simulation in virtual time. It never reads the wall clock, and every random choice comes from one seed,
so that the same calls at the same virtual times always have the same answers.

Reading order: ``lifecycle`` (what happens to a VM), ``records`` (what is kept of it), ``region``
(the calls), ``provider`` (the contract), ``state`` (the file between commands).
"""
