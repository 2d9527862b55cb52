"""The language of specs as pydantic models: fields, types and the rules that concern one field alone.

Field names are camelCase in YAML: Azure's own word where there is one, Kubernetes' word for control.
Rules about several fields, or about facts of sizes and regions, are in ``controller.spec.rules``. The
text under each field is its description in the JSON Schema.
"""
