"""ARM over HTTP in front of the simulated region: what Azure answers, to clients that do not know better.

Every answer is a function of the region and one request; sockets, files and the time of day are at the
edge (``server``, ``saver``, ``traffic``, ``certificate``), so that recorded traffic can be replayed
without any of them.

Reading order: ``messages`` (a request and its reply), ``pipeline`` (what happens to each), ``routes``
(which function answers what), ``emulator`` (what they share), then one module for each service.
"""
