"""Evenkeel's controller: reads specs, observes the cloud, plans with pure code, and carries plans out.

The way of one pass::

    specs ──key──▶ pass ──┬─ observe ─▶ provider
                          ├─ plan    (controller.core, pure)
                          ├─ guard   (controller.core.guard, pure, a second opinion)
                          ├─ execute ─▶ provider
                          └─ report  ─▶ status, one log line

Arrows between packages only go down: ``cli`` → ``engine`` → ``core``, ``spec`` →
``providers.base``, ``providers.errors``. ``tests/test_architecture.py`` proves it.
"""
