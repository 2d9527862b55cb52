"""Reading scenario files: YAML in, a ``Scenario`` out, and every problem with file, line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import yaml
from pydantic import TypeAdapter, ValidationError

from providers.simulated.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

API_VERSION = "evenkeel/v1alpha1"
KIND = "Scenario"
MAX_BYTES = 256 * 1024
_MAX_DEPTH = 20

_Path: TypeAlias = tuple[str | int, ...]

_SCENARIO = TypeAdapter(Scenario)


_SENTENCES = {
    "unexpected_keyword_argument": "there is no such field; remove it or mend its name",
    "missing": "this field is required",
    "string_type": "this should be text; put it in quotes",
    "dataclass_type": "this should be a mapping of fields",
}


class ScenarioError(Exception):
    """A scenario cannot be used. ``problems`` are sentences that each begin with file, line and column."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file; raises ``ScenarioError``."""
    try:
        content = path.read_bytes()
        text = content[: MAX_BYTES + 1].decode("utf-8")
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise ScenarioError((f"{path}: {why}; name a scenario file that can be read",)) from error
    except UnicodeDecodeError as error:
        raise ScenarioError(
            (f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8",)
        ) from error
    if len(content) > MAX_BYTES:
        raise ScenarioError((f"{path}: larger than {MAX_BYTES} bytes; split the scenario",))
    return parse_scenario(text, str(path))


def parse_scenario(text: str, source: str = "<text>") -> Scenario:
    """Parse the text of a scenario file; raises ``ScenarioError``."""
    reader = _Reader(source)
    document = reader.read(text)
    if not isinstance(document, dict):
        raise reader.error((), "a scenario is a mapping with apiVersion, kind, metadata and spec")
    reader.check_header(document)
    spec = document.get("spec", {})
    try:
        return _SCENARIO.validate_python({} if spec is None else spec)
    except ValidationError as error:
        raise ScenarioError(tuple(reader.explain(error))) from error


def from_document(document: Mapping[str, object]) -> Scenario:
    """Build a scenario from its JSON form, as ``to_document`` gives it; raises ``ValidationError``."""
    return _SCENARIO.validate_python(document)


def to_document(scenario: Scenario) -> dict[str, object]:
    """The JSON form of a scenario: the ``spec`` of its file, defaults left out."""
    document: dict[str, object] = _SCENARIO.dump_python(
        scenario, mode="json", by_alias=True, exclude_defaults=True
    )
    return document


class _Reader:
    """Turns YAML into plain values and remembers where each stood."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._marks: dict[_Path, yaml.Mark | yaml._yaml.Mark | None] = {}

    def read(self, text: str) -> object:
        try:
            self._check_events(text)
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            raise self._syntax(error) from error
        return None if node is None else self._value(node, ())

    def error(self, path: _Path, message: str) -> ScenarioError:
        return ScenarioError((f"{self._where(path)}: {message}",))

    def check_header(self, document: Mapping[str, object]) -> None:
        for name, expected in (("apiVersion", API_VERSION), ("kind", KIND)):
            if document.get(name) != expected:
                raise self.error((name,), f"{name} must be {expected}")
        unknown = sorted(document.keys() - {"apiVersion", "kind", "metadata", "spec"})
        if unknown:
            raise self.error(
                (unknown[0],), f"unknown field {unknown[0]!r}; settings stand under spec"
            )

    def explain(self, error: ValidationError) -> Iterator[str]:
        for problem in error.errors():
            path: _Path = ("spec", *problem["loc"])
            dotted = ".".join(str(part) for part in path)
            message = problem["msg"].removeprefix("Value error, ").replace("Input", "this", 1)
            yield f"{self._where(path)}: {dotted}: {_SENTENCES.get(problem['type'], message)}"

    def _check_events(self, text: str) -> None:
        # On the event stream, because composing deep nesting or aliases is what does the harm.
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise self._at(
                    event.start_mark, "anchors and aliases are not allowed; write it out"
                )
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > _MAX_DEPTH:
                raise self._at(event.start_mark, f"nested deeper than {_MAX_DEPTH} levels")

    def _value(self, node: yaml.Node, path: _Path) -> object:
        self._marks[path] = node.start_mark
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(inner, (*path, index)) for index, inner in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: _Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._at(key_node.start_mark, "a key must be a plain word")
            key = str(key_node.value)
            if key in found:
                raise self._at(key_node.start_mark, f"the field {key!r} is given twice; keep one")
            found[key] = self._value(value_node, (*path, key))
            self._marks[*path, key] = key_node.start_mark
        return found

    def _scalar(self, node: yaml.Node) -> object:
        text = str(node.value)
        match node.tag.rpartition(":")[2]:
            case "null":
                return None
            case "bool" if text.lower() in {"true", "false"}:
                return text.lower() == "true"
            case "int" | "float":
                return self._number(node, text)
            case _:
                # YAML 1.2: yes, no, on, off and dates are words.
                return text

    def _number(self, node: yaml.Node, text: str) -> object:
        try:
            return int(text)
        except ValueError:
            pass
        try:
            return float(text)
        except ValueError:
            raise self._at(
                node.start_mark, f"{text} is not a decimal number; quote it if it is a word"
            ) from None

    def _where(self, path: _Path) -> str:
        while path and path not in self._marks:
            path = path[:-1]
        mark = self._marks.get(path)
        return self._source if mark is None else f"{self._source}:{mark.line + 1}:{mark.column + 1}"

    def _at(self, mark: yaml.Mark | yaml._yaml.Mark | None, message: str) -> ScenarioError:
        where = "" if mark is None else f":{mark.line + 1}:{mark.column + 1}"
        return ScenarioError((f"{self._source}{where}: {message}",))

    def _syntax(self, error: yaml.YAMLError) -> ScenarioError:
        message = getattr(error, "problem", None) or str(error).splitlines()[0]
        return self._at(getattr(error, "problem_mark", None), f"not YAML: {message}")
