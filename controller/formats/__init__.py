"""Documents that people keep and scripts read: observations and plans, as JSON and YAML.

Values go in and values come out; no file is opened here. ``observation`` and ``plan_document`` each
write one kind of document and read it back, ``text`` turns documents into JSON and YAML, ``reading``
holds what both readers share. Keys are only ever added; a reader ignores keys that it does not know.
"""
