"""Every diagnostic that the language of specs knows, with its stable code and one line about it.

A code never changes its meaning and is never given to another mistake. ``docs/errors.md`` shows the
same table; a test keeps the two equal. The hundreds say where the mistake lies: EK00 files, EK01 YAML,
EK02 fields, EK03 names and identity, EK04 placement, EK05 sizes and Spot, EK06 template, EK07 protection
and guards, EK09 parameters that Flexible orchestration does not have.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Stable name of one kind of mistake."""

    PATH_MISSING = "EK0001"
    PATH_UNREADABLE = "EK0002"
    NO_SPEC_FILE = "EK0003"
    FILE_TOO_LARGE = "EK0004"
    NOT_A_SPEC_FILE = "EK0005"

    NOT_UTF8 = "EK0101"
    FORBIDDEN_CHARACTER = "EK0102"
    YAML_SYNTAX = "EK0103"
    TOO_DEEP = "EK0104"
    TOO_MANY_EVENTS = "EK0105"
    TOO_MANY_DOCUMENTS = "EK0106"
    ANCHOR = "EK0107"
    TAG = "EK0108"
    MERGE_KEY = "EK0109"
    DUPLICATE_KEY = "EK0110"
    KEY_NOT_TEXT = "EK0111"
    LEADING_ZERO = "EK0112"
    NUMBER_UNUSABLE = "EK0113"
    EMPTY_DOCUMENT = "EK0114"

    UNKNOWN_FIELD = "EK0201"
    MISSING_FIELD = "EK0202"
    WRONG_TYPE = "EK0203"
    UNKNOWN_VALUE = "EK0204"
    OUT_OF_RANGE = "EK0205"
    NO_VALUE = "EK0206"
    DUPLICATE_ENTRY = "EK0207"
    FIELDS_EXCLUDE = "EK0208"
    MALFORMED_TIME = "EK0209"
    NO_EFFECT_YET = "EK0210"

    FLEET_NAME = "EK0301"
    RESOURCE_NAME = "EK0302"
    SUBSCRIPTION_ID = "EK0303"
    LOCATION = "EK0304"
    RESOURCE_ID = "EK0305"
    FLEET_NAME_TWICE = "EK0306"
    SCALE_SET_TWICE = "EK0307"
    ANNOTATION = "EK0308"
    LOCATION_UNKNOWN = "EK0309"
    TAG_REFUSED = "EK0310"
    TAG_REQUIRED = "EK0311"
    FOREIGN_OWNER = "EK0312"

    ZONES_WITH_FAULT_DOMAINS = "EK0401"
    FAULT_DOMAIN_COUNT = "EK0402"
    ZONE_NOT_IN_REGION = "EK0403"
    TOO_MANY_REPLICAS = "EK0404"
    NO_DOMAIN_LEFT = "EK0405"
    UNKNOWN_DOMAIN = "EK0406"
    CAPS_TOO_LOW = "EK0407"
    MIN_DOMAINS = "EK0408"
    ZONE_FIELD_WITHOUT_ZONES = "EK0409"

    SIZE_MALFORMED = "EK0501"
    SIZE_UNKNOWN = "EK0502"
    SIZE_NOT_SPOT = "EK0503"
    SPOT_PRICE = "EK0504"
    SPOT_BASE = "EK0505"
    SPOT_REFUSES = "EK0506"
    SIZE_LACKS_FEATURE = "EK0507"
    SIZES_DIFFER = "EK0508"
    RANKS_MIXED = "EK0509"

    IMAGE = "EK0601"
    CREDENTIAL_INLINE = "EK0602"
    FILE_REFUSED = "EK0603"
    DATA_TOO_LARGE = "EK0604"
    DISK = "EK0605"
    NETWORK_OUTBOUND = "EK0606"
    WRONG_OS = "EK0607"
    OVERLAY_OWNED = "EK0608"
    PROXIMITY = "EK0609"
    SYSTEM_IDENTITY = "EK0610"
    WRITE_ACCELERATOR = "EK0611"
    SSH_KEY = "EK0612"
    SECURITY = "EK0613"
    EXTENSION_ORDER = "EK0614"

    QUORUM = "EK0701"
    QUORUM_VOTERS = "EK0702"
    CONTRADICTORY_NAMES = "EK0703"

    SINGLE_PLACEMENT_GROUP = "EK0901"
    SPECIALTY_SIZE = "EK0902"
    ULTRA_DISK = "EK0903"
    OVERPROVISION = "EK0904"
    AUTOMATIC_OS_UPGRADE = "EK0905"
    LOAD_BALANCER_PROBE = "EK0906"
    UPGRADE_POLICY = "EK0907"
    DEDICATED_HOST = "EK0908"
    UNMANAGED_DISK = "EK0909"
    SCALE_IN_POLICY = "EK0910"
    INSTANCE_PROTECTION = "EK0911"
    BASIC_LOAD_BALANCER = "EK0912"
    NAT_POOL = "EK0913"


MEANINGS: dict[Code, str] = {
    Code.PATH_MISSING: "A path that was named does not exist.",
    Code.PATH_UNREADABLE: "A file or directory exists and cannot be read.",
    Code.NO_SPEC_FILE: "A directory that was named holds no spec file.",
    Code.FILE_TOO_LARGE: "A spec file is larger than 256 KiB.",
    Code.NOT_A_SPEC_FILE: "A path that was named is neither a directory nor a regular file.",
    Code.NOT_UTF8: "A file is not UTF-8.",
    Code.FORBIDDEN_CHARACTER: "A control character or a character that reverses the text's direction.",
    Code.YAML_SYNTAX: "The text is not YAML.",
    Code.TOO_DEEP: "Lists and mappings are nested more than 32 deep.",
    Code.TOO_MANY_EVENTS: "A file holds more than 20,000 YAML events.",
    Code.TOO_MANY_DOCUMENTS: "A file holds more than 64 documents.",
    Code.ANCHOR: "An anchor (`&x`) or alias (`*x`).",
    Code.TAG: "A YAML tag (`!x`).",
    Code.MERGE_KEY: "A merge key (`<<`).",
    Code.DUPLICATE_KEY: "A key stands twice in one mapping.",
    Code.KEY_NOT_TEXT: "A key of a mapping is not text.",
    Code.LEADING_ZERO: "A number with a leading zero, which YAML 1.1 and 1.2 read differently.",
    Code.NUMBER_UNUSABLE: "A number that is infinite, not a number, or too long.",
    Code.EMPTY_DOCUMENT: "A file holds no document.",
    Code.UNKNOWN_FIELD: "A field that does not exist at this place.",
    Code.MISSING_FIELD: "A field that has to be there is not.",
    Code.WRONG_TYPE: "A value of another type than the field takes.",
    Code.UNKNOWN_VALUE: "A word that is not among the field's values.",
    Code.OUT_OF_RANGE: "A number, text or list outside the field's limits.",
    Code.NO_VALUE: "A key without a value.",
    Code.DUPLICATE_ENTRY: "Something stands twice in a list that names each thing once.",
    Code.FIELDS_EXCLUDE: "Two fields that exclude each other, or none of those of which one is needed.",
    Code.MALFORMED_TIME: "A time that is not RFC 3339 with an offset.",
    Code.NO_EFFECT_YET: "A field that is understood and does nothing yet (a warning).",
    Code.FLEET_NAME: "A fleet or pool name that breaks the naming rule.",
    Code.RESOURCE_NAME: "An Azure name that Azure would refuse.",
    Code.SUBSCRIPTION_ID: "A subscription that is not a GUID.",
    Code.LOCATION: "A location that is not written as Azure's short name.",
    Code.RESOURCE_ID: "An ARM id that is malformed or of another type than the field takes.",
    Code.FLEET_NAME_TWICE: "Two documents give their fleets one name.",
    Code.SCALE_SET_TWICE: "Two documents claim one scale set.",
    Code.ANNOTATION: "An `evenkeel/` annotation that does not exist or holds nothing.",
    Code.LOCATION_UNKNOWN: "A location that the bundled catalogue does not know (a warning).",
    Code.TAG_REFUSED: "A tag that Azure would refuse or that the controller keeps for itself.",
    Code.TAG_REQUIRED: "A tag that `requiredTags` demands is absent.",
    Code.FOREIGN_OWNER: "The tags show another owner, such as AKS or Service Fabric.",
    Code.ZONES_WITH_FAULT_DOMAINS: "Zones and fault domains in one placement.",
    Code.FAULT_DOMAIN_COUNT: "A fault domain count that the region does not have.",
    Code.ZONE_NOT_IN_REGION: "A zone that the region does not have.",
    Code.TOO_MANY_REPLICAS: "More members than a Flexible scale set may hold.",
    Code.NO_DOMAIN_LEFT: "`exclude` leaves no zone or fault domain.",
    Code.UNKNOWN_DOMAIN: "`exclude` or `weights` name a domain that the placement does not have.",
    Code.CAPS_TOO_LOW: "Caps for each zone leave no room for all replicas.",
    Code.MIN_DOMAINS: "`minDomains` is more than there are domains.",
    Code.ZONE_FIELD_WITHOUT_ZONES: "A field about zones in a placement without zones.",
    Code.SIZE_MALFORMED: "A VM size whose name cannot be one.",
    Code.SIZE_UNKNOWN: "A VM size that the bundled catalogue does not know (a warning).",
    Code.SIZE_NOT_SPOT: "A VM size that Azure does not offer as Spot.",
    Code.SPOT_PRICE: "A Spot price that is neither -1 nor above 0.",
    Code.SPOT_BASE: "`baseRegular` is not below `replicas` (a warning): no Spot instance results.",
    Code.SPOT_REFUSES: "Something that Azure does not do for Spot instances.",
    Code.SIZE_LACKS_FEATURE: "A VM size lacks what the template asks for.",
    Code.SIZES_DIFFER: "Sizes of one pool that cannot share an image.",
    Code.RANKS_MIXED: "Some sizes carry a rank and some do not.",
    Code.IMAGE: "An image that is named in no way or in several.",
    Code.CREDENTIAL_INLINE: "A password or other secret inside a spec.",
    Code.FILE_REFUSED: "A file that a spec refers to cannot be read or lies outside the spec's root.",
    Code.DATA_TOO_LARGE: "`userData` or `customData` above 64 KiB.",
    Code.DISK: "A disk as Azure would refuse it.",
    Code.NETWORK_OUTBOUND: "No way out to the internet is stated, or the stated one is not there.",
    Code.WRONG_OS: "A field that the other operating system has.",
    Code.OVERLAY_OWNED: "`overlay` touches what the controller decides itself.",
    Code.PROXIMITY: "A proximity placement group together with something that it excludes.",
    Code.SYSTEM_IDENTITY: "A system-assigned identity; members have user-assigned ones only.",
    Code.WRITE_ACCELERATOR: "Write Accelerator, which Flexible orchestration does not have.",
    Code.SSH_KEY: "Text that is not an SSH public key, or no key at all (a warning).",
    Code.SECURITY: "Security fields that contradict each other.",
    Code.EXTENSION_ORDER: "An extension waits for one that does not stand before it.",
    Code.QUORUM: "A voting group that the loss of one zone would leave without a majority.",
    Code.QUORUM_VOTERS: "A number of voters that makes no sense for the fleet.",
    Code.CONTRADICTORY_NAMES: "One instance is named for two things that exclude each other.",
    Code.SINGLE_PLACEMENT_GROUP: "`singlePlacementGroup`: always false under Flexible orchestration.",
    Code.SPECIALTY_SIZE: "A VM size of the families G, H, L, M or N.",
    Code.ULTRA_DISK: "Ultra disks, `diskIOPSReadWrite` or `diskMBpsReadWrite`.",
    Code.OVERPROVISION: "`overprovision`.",
    Code.AUTOMATIC_OS_UPGRADE: "Automatic OS image upgrade.",
    Code.LOAD_BALANCER_PROBE: "A load balancer probe as the source of application health.",
    Code.UPGRADE_POLICY: "`upgradePolicy`.",
    Code.DEDICATED_HOST: "A dedicated host or host group.",
    Code.UNMANAGED_DISK: "An unmanaged disk.",
    Code.SCALE_IN_POLICY: "The platform's `scaleInPolicy`.",
    Code.INSTANCE_PROTECTION: "The platform's instance protection.",
    Code.BASIC_LOAD_BALANCER: "A Basic load balancer or Basic public IP address.",
    Code.NAT_POOL: "An inbound NAT pool.",
}
