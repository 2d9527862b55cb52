"""Why answers of the emulator may differ from what was recorded: each reason, and the differences it covers.

A pattern is searched in ``<operation> <aspect> <how>``. The first reason with a pattern that is found counts.
"""

from __future__ import annotations

_SHOWN = "is shown, and was not"
_MISSING = "is not shown"
_NET = r"(networkInterfaces|publicIPAddresses|virtual[Nn]etworks|loadBalancers)\S* body"

REASONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        (
            "The recording is a selection: the deletion of the group, the lock, the deployment or the quota that "
            "explains Azure's answer is not in it."
        ),
        (
            r"^DELETE .* status (202|400 \S+) instead of 404",
            r"^GET loadBalancers status 200 instead of 404",
            r"^DELETE subscriptions/resourcegroups status 202 instead of 409",
            r"^POST deployments/validate status 200 instead of 400",
            r"^PUT virtualNetworks/subnets status 404 ResourceNotFound instead of 409",
            r"^GET subscriptions/resourcegroups body `tags`",
            r"^PATCH virtualMachines header azure-asyncoperation is not sent",
            r"^PUT virtualMachines header azure-asyncoperation is sent",
        ),
    ),
    (
        (
            "Unless it is strict, the emulator has every resource group that a request names, one that was deleted "
            "before included, and every resource that a body refers to."
        ),
        (
            r"^DELETE .* status 204 instead of 404",
            r"^PUT (applicationGateways|loadBalancers) status 20[01] instead of 400",
            r"^DELETE virtualMachines/extensions error \w+ .*ResourceGroupNotFound",
            r"^DELETE virtualMachines/extensions error message .*Resource group",
        ),
    ),
    (
        (
            "What the recording shows was put into the region from the recorded body, without what is shown only; "
            "and VMs there have no disks or cards that the recorder left out."
        ),
        (
            (
                r"networkInterfaces body `properties\.(macAddress|virtualMachine|primary|hostedWorkloads"
                r"|tapConfigurations|enableAcceleratedNetworking)`"
            ),
            r"virtualMachines body `resources` .*is not shown",
            r"instanceView\.bootDiagnostics",
            r"virtualMachines body `properties\.networkProfile\.networkInterfaces\[\]\.properties`",
            r"virtualMachines body `properties\.storageProfile\.(diskControllerType|dataDisks\[\]\.managedDisk\.id)",
            r"osDisk\.diskSizeGb",
            r"virtualMachineScaleSets body `properties\.virtualMachineProfile\.billingProfile`",
            r"deployments body `properties\.outputs`",
        ),
    ),
    (
        (
            "The guest agent: Azure shows its last report for a while after a VM has stopped, and none before the "
            "first one; the emulator shows a report exactly while the VM runs."
        ),
        (r"instanceView\.(computerName|osName|osVersion|vmAgent|hyperVGeneration)",),
    ),
    (
        "azure-cli replaces the random names of its deployments by one name, so that the second one is a change.",
        (r"^PUT deployments status 200 instead of 201",),
    ),
    (
        (
            "Asked in a newer api-version than the recorded one, or Azure has changed since: newer Compute shows it "
            "always, or never."
        ),
        (
            r"virtualMachines\S* (body `(value\[\]\.)?etag`|header etag is sent)",
            r"virtualMachineScaleSets (body `etag`|header etag is sent)",
            rf"`properties\.(\S*\.)?timeCreated` .*{_SHOWN}",
            rf"`properties\.osProfile\.(allowExtensionOperations|requireGuestProvisionSignal)` .*{_SHOWN}",
            rf"patchSettings(\.assessmentMode)?` .*{_SHOWN}",
            rf"linuxConfiguration\.provisionVMAgent` .*{_SHOWN}",
            rf"\.deleteOption` .*{_SHOWN}",
            rf"imageReference\.exactVersion` .*{_SHOWN}",
            rf"osDisk\.diskSizeGB` .*{_SHOWN}",
            rf"vmAgent\.extensionHandlers` .*{_SHOWN}",
            r"enableVMAgentPlatformUpdates",
            rf"(deployments|resourcegroups) body `type` .*{_SHOWN}",
            rf"{_NET}.*{_SHOWN}",
            rf"operationStatuses body `error\.target` .*{_SHOWN}",
            r"deployments body `properties\.providers\S*locations\[\]` \(null\)",
            rf"disks body `properties\.publicNetworkAccess` .*{_SHOWN}",
            r"versions body `properties\.(features|replicaCount|osDiskImage)",
            rf"publicIPAddresses body `sku\.tier` .*{_SHOWN}",
        ),
    ),
    (
        "Unmanaged disks (VHDs in a storage account) are shown as managed ones.",
        (rf"(osDisk|dataDisks\[\])\.managedDisk(\.\w+)?` .*{_SHOWN}",),
    ),
    (
        (
            "How long something takes, and what Azure says of it meanwhile, is the region's own affair: Azure sends "
            "Retry-After on some of these answers and not on others, and so does the emulator, on other ones."
        ),
        (
            r"header retry-after",
            r"^PUT networkInterfaces header azure-asyncoperation is sent",
            r"publicIPAddresses body `properties\.ipAddress`",
        ),
    ),
    (
        (
            "For a while after a deletion Compute answers 404 by itself, later ARM does, with a text of its own; "
            "the recording came within another time of it."
        ),
        (r"^GET (virtualMachines|disks) error (code|message)",),
    ),
    (
        (
            "Extensions: Azure shows empty settings for some publishers and none for others; the guest agent of "
            "a recording had told nothing of an extension that failed, and the emulator's tells code and text; "
            "one recording begins with a VM that has one, one shows none any more after a change of the VM."
        ),
        (
            r"extensions\S* body `(value\[\]\.)?properties\.settings`",
            r"body `resources\[\]\.properties\.settings`",
            r"instanceView\.extensions\[\]\.\w+` .*is shown, and was not",
            r"`properties\.instanceView\.extensions`",
        ),
    ),
    (
        (
            "Features that the emulator does not have: dedicated hosts, placement groups, fault domains of lone VMs."
        ),
        (
            r"instanceView\.(assignedHost|platformFaultDomain)`",
            r"`properties\.proximityPlacementGroup`",
        ),
    ),
    (
        (
            "Not modelled: numbers that follow from a disk's tier and the size of an image, applications registered "
            "with a provider, what links a load balancer with its rules and backends, defaults of profiles' cards."
        ),
        (
            rf"disks body `properties\.(tier|diskIOPSReadWrite|diskMBpsReadWrite)` .*{_MISSING}",
            r"DiskOperations body `properties`",
            r"subscriptions body `(authorizations|resourceTypes)",
            rf"{_NET}.*{_MISSING}",
            r"networkInterfaces body `kind`",
            rf"networkInterfaceConfigurations\[\]\.properties\.\S+` .*{_MISSING}",
            r"inboundNatRules\[\]\.properties\.frontendPortRange",
        ),
    ),
    (
        (
            "The recorded subscription holds other people's resources: their locks have notes, and their lists "
            "have more pages."
        ),
        (r"locks/\* body `value\[\]\.properties\.notes`", r"^GET subscriptions/resources/\* "),
    ),
    (
        "The region of the recording is a preview region, which the emulator does not know.",
        (r"400 LocationNotAvailableForResourceType instead of",),
    ),
    (
        "A size that Azure has given up since.",
        (r"^PUT virtualMachines status 400 InvalidParameter instead of 201",),
    ),
    (
        "Scale sets in Uniform orchestration are refused, in words of the emulator's own.",
        (r"^PUT virtualMachineScaleSets status 409 OperationNotAllowed instead of 400",),
    ),
    (
        "Examples of scale sets in Uniform orchestration, or without a fault domain count, are refused.",
        (
            r"VirtualMachineScaleSets_CreateOrUpdate example 409 OperationNotAllowed",
            r"VirtualMachineScaleSets_CreateOrUpdate example 400 InvalidParameter: Required parameter",
        ),
    ),
    (
        "Examples with sizes and preview regions that the emulator does not know, or placeholders for an id or a filter.",
        (
            r"example 400 LocationNotAvailableForResourceType",
            r"example 400 InvalidParameter: The (requested VM size|Virtual Machine Scale Set)",
            r"example 400 InvalidFilterInQueryString",
        ),
    ),
)
