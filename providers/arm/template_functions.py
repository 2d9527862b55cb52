"""What the functions of ARM templates give: those that Azure's command line writes, and their nearest kin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.arm.template_syntax import Call, Literal, Member, Node, broken, parsed_expression

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Arguments: TypeAlias = list[object]


class Unknown:
    """What is not known before other resources are there; every part of it is unknown, too."""


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can see.

    ``reference`` gives a resource's properties (or, if asked for, all of it); while a template is only
    checked it gives ``UNKNOWN``. ``versions`` gives the api-versions of a type. ``loops`` are the indices
    of the copy loops around the expression, the innermost under the empty name.
    """

    subscription: str
    group: str
    location: str
    reference: Callable[[str, bool], object]
    versions: Callable[[str, str], list[str]]
    parameters: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    loops: Mapping[str, int] = field(default_factory=dict)

    @property
    def group_scope(self) -> str:
        """ARM id of the resource group that is deployed to."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"


def resolved(value: object, scope: Scope) -> object:
    """A JSON value with all its expressions evaluated. Raises ``Refusal`` (400) for what is not understood."""
    if isinstance(value, Mapping):
        return {_key(name, scope): resolved(inner, scope) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner, scope) for inner in value]
    node = parsed_expression(value)
    return value if node is None else _evaluated(node, scope)


def resource_id(group_scope: str, kind: str, name: str) -> str:
    """The id of a resource by type (``Microsoft.Network/virtualNetworks/subnets``) and name (``net/web``)."""
    namespace, *types = kind.split("/")
    names = name.split("/")
    if not types or len(types) != len(names) or not all(names):
        raise broken(
            f"{kind}, {name}",
            "the template resource has an incorrect segment length: a nested type has as many names as types",
        )
    pairs = "/".join(f"{type_}/{part}" for type_, part in zip(types, names, strict=True))
    return f"{group_scope}/providers/{namespace}/{pairs}"


def _key(name: str, scope: Scope) -> str:
    node = parsed_expression(name)
    return name if node is None else str(_evaluated(node, scope))


def _evaluated(node: Node, scope: Scope) -> object:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Member):
        return _member(_evaluated(node.base, scope), _evaluated(node.key, scope))
    arguments = [_evaluated(argument, scope) for argument in node.arguments]
    seeing = _SEEING.get(node.name.lower())
    if seeing is not None:
        return _called(node, seeing, scope, arguments)
    plain = _PLAIN.get(node.name.lower())
    if plain is None:
        raise broken(
            node.name, f"the template function '{node.name}' is not one that is served here"
        )
    if any(argument is UNKNOWN for argument in arguments):
        return UNKNOWN
    return _called(node, lambda _, given: plain(given), scope, arguments)


def _called(
    node: Call,
    function: Callable[[Scope, Arguments], object],
    scope: Scope,
    arguments: Arguments,
) -> object:
    try:
        return function(scope, arguments)
    except (IndexError, TypeError, ValueError, ZeroDivisionError) as error:
        why = f"the function '{node.name}' does not take {len(arguments)} arguments of this kind"
        raise broken(node.name, why) from error


def _member(base: object, key: object) -> object:
    if base is UNKNOWN or key is UNKNOWN:
        return UNKNOWN
    if isinstance(base, Mapping):
        names = {str(name).lower(): name for name in base}
        name = names.get(str(key).lower())
        if name is not None:
            return base[name]
        raise broken(str(key), f"the property '{key}' does not exist")
    if isinstance(base, list | str) and isinstance(key, int) and -1 < key < len(base):
        return base[key]
    raise broken(str(key), f"there is nothing at index or property '{key}'")


def _named(kind: str, given: Mapping[str, object], name: object) -> object:
    names = {known.lower(): known for known in given}
    known = names.get(str(name).lower())
    if known is None:
        raise broken(str(name), f"the template {kind} '{name}' is not found")
    return given[known]


def _copy_index(scope: Scope, given: Arguments) -> int:
    words = [argument for argument in given if isinstance(argument, str)]
    offset = sum(int(str(argument)) for argument in given if isinstance(argument, int))
    loop = words[0].lower() if words else ""
    if loop not in scope.loops:
        raise broken("copyIndex", "the function 'copyIndex' is used outside of its copy loop")
    return scope.loops[loop] + offset


def _resource_id(scope: Scope, given: Arguments) -> object:
    if any(argument is UNKNOWN for argument in given):
        return UNKNOWN
    words = [str(argument) for argument in given]
    at = next(number for number, word in enumerate(words) if "/" in word)
    subscription = words[0] if at == 2 else scope.subscription
    group = words[at - 1] if at else scope.group
    base = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return resource_id(base, words[at], "/".join(words[at + 1 :]))


def _reference(scope: Scope, given: Arguments) -> object:
    if given[0] is UNKNOWN:
        return UNKNOWN
    wants_all = len(given) > 2 and str(given[2]).lower() == "full"
    return scope.reference(str(given[0]), wants_all)


def _providers(scope: Scope, given: Arguments) -> object:
    return {
        "resourceType": str(given[1]),
        "locations": [scope.location],
        "apiVersions": scope.versions(str(given[0]), str(given[1])),
    }


def _concat(given: Arguments) -> object:
    if given and all(isinstance(argument, list) for argument in given):
        return [entry for argument in given if isinstance(argument, list) for entry in argument]
    return "".join(_text(argument) for argument in given)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError


def _unique(given: Arguments) -> str:
    # Azure gives 13 letters that depend on the arguments alone; these are not the same letters.
    digest = blake2b("\0".join(map(_text, given)).encode(), digest_size=13).digest()
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in digest)


def _guid(given: Arguments) -> str:
    digits = blake2b("\0".join(map(_text, given)).encode(), digest_size=16).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _number(value: object) -> int:
    return int(_text(value))


def _contains(given: Arguments) -> bool:
    whole, part = given
    if isinstance(whole, Mapping):
        return str(part).lower() in {str(name).lower() for name in whole}
    if isinstance(whole, list):
        return part in whole
    return _text(part) in _text(whole)


def _sized(value: object) -> str | list[object] | Mapping[str, object]:
    if isinstance(value, str | list | Mapping):
        return value
    raise TypeError


def _listed(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    raise TypeError


def _formatted(given: Arguments) -> str:
    text = _text(given[0])
    for number, argument in enumerate(given[1:]):
        text = text.replace(f"{{{number}}}", _text(argument))
    return text


# These see where they stand, and may be asked about what is not known yet.
_SEEING: dict[str, Callable[[Scope, Arguments], object]] = {
    "parameters": lambda scope, given: _named("parameter", scope.parameters, given[0]),
    "variables": lambda scope, given: _named("variable", scope.variables, given[0]),
    "copyindex": _copy_index,
    "resourceid": _resource_id,
    "reference": _reference,
    "providers": _providers,
    "subscription": lambda scope, _: {
        "id": f"/subscriptions/{scope.subscription}",
        "subscriptionId": scope.subscription,
    },
    "resourcegroup": lambda scope, _: {
        "id": scope.group_scope,
        "name": scope.group,
        "location": scope.location,
    },
}
_PLAIN: dict[str, Callable[[Arguments], object]] = {
    "concat": _concat,
    "format": _formatted,
    "tolower": lambda given: _text(given[0]).lower(),
    "toupper": lambda given: _text(given[0]).upper(),
    "string": lambda given: _text(given[0]),
    "int": lambda given: _number(given[0]),
    "length": lambda given: len(_sized(given[0])),
    "empty": lambda given: given[0] is None or len(_sized(given[0])) == 0,
    "first": lambda given: _listed(given[0])[0],
    "last": lambda given: _listed(given[0])[-1],
    "contains": _contains,
    "split": lambda given: list(_text(given[0]).split(_text(given[1]))),
    "join": lambda given: _text(given[1]).join(map(_text, _listed(given[0]))),
    "replace": lambda given: _text(given[0]).replace(_text(given[1]), _text(given[2])),
    "add": lambda given: _number(given[0]) + _number(given[1]),
    "sub": lambda given: _number(given[0]) - _number(given[1]),
    "mul": lambda given: _number(given[0]) * _number(given[1]),
    "div": lambda given: _number(given[0]) // _number(given[1]),
    "mod": lambda given: _number(given[0]) % _number(given[1]),
    "equals": lambda given: given[0] == given[1],
    "not": lambda given: not given[0],
    "and": all,
    "or": any,
    "if": lambda given: given[1] if given[0] else given[2],
    "createarray": list,
    "coalesce": lambda given: next((value for value in given if value is not None), None),
    "true": lambda _: True,
    "false": lambda _: False,
    "null": lambda _: None,
    "uniquestring": _unique,
    "guid": _guid,
}


def invalid_template(why: str) -> Refusal:
    """A template that is refused as a whole."""
    return Refusal(
        400, "InvalidTemplate", f"Deployment template validation failed: '{why}'.", gateway=True
    )
