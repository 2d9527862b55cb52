"""The shell: looks, lets the pure core decide, carries the decision out, and reports.

Start reading at ``reconcile``. The way of a pass: ``look`` → ``controller.core.plan`` →
``controller.core.guard`` → ``execute`` (``set_writes``, ``removal``, ``creation``) → ``report``.
Nothing here chooses a victim, a zone or a name, and nothing repeats a mutation.
"""
