"""The real cloud: Azure Resource Manager behind the provider contract. The only place that imports azure.*.

``provider`` puts the parts together: ``identity`` (who we are), ``pipeline`` (how a request is sent),
``reading`` and ``writing`` (what is asked), ``failures`` (what refusals mean), ``rates`` (how fast).
Nothing here chooses, waits for completion, or sends a mutation twice.
"""
