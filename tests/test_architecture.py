"""The shape of the code, held by tests: layers, forbidden imports, the one clock, names, sentences."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest

from providers import refusals
from tests.sources import ROOT, Import, Source, constants, package, sources

PRODUCT = sources("controller", "providers")
TESTS = sources("tests")
EVERYTHING = (*PRODUCT, *TESTS, *sources("benchmarks"))

CONTRACT = {
    "providers.base",
    "providers.errors",
    "providers.leases",
    "providers.refusals",
    "providers.relay",
}
FACTS = {"providers.sizes", "providers.regions"}
BELOW: dict[str, set[str]] = {
    "controller.spec": {"providers.base", *FACTS},
    "controller.sources": {"controller.spec"},
    "controller.core": {"controller.spec", "providers.base", "providers.refusals"},
    "controller.formats": {"controller.core", "controller.spec", "providers.base"},
    "controller.engine": {
        "controller.core",
        "controller.spec",
        "controller.sources",
        "controller.formats",
        *CONTRACT,
    },
    "controller.web": {"controller.engine", "controller.core", "controller.formats", *CONTRACT},
    "controller.cli": {
        "controller.engine",
        "controller.web",
        "controller.formats",
        "controller.sources",
        "controller.spec",
        "controller.core",
        *CONTRACT,
        *FACTS,
    },
    "providers.base": set(),
    "providers.errors": set(),
    "providers.leases": set(),
    "providers.relay": {"providers.base"},
    "providers.refusals": set(),
    "providers.regions": set(),
    "providers.sizes": {"providers.base"},
    "providers.simulated": {*CONTRACT, *FACTS},
    "providers.azure": {*CONTRACT, *FACTS},
    "providers.arm": {"providers.simulated", *CONTRACT, *FACTS},
}
"""What each package may import from the project, apart from itself."""

COMPOSE = {
    "controller.engine.compose": "providers.simulated providers.azure",
    "controller.engine.tenancy": "providers.azure",
    "controller.cli.demo_story": "providers.simulated controller",
    "controller.cli.emulator": "providers.arm providers.simulated",
}
"""The few places where a provider is chosen and built, with what they may import beyond their layer."""

OUTSIDE = {
    "aiohttp": ("providers.arm", "providers.azure", "controller.web"),
    "azure": ("providers.azure",),
    "click": ("controller.cli",),
    "cryptography": ("providers.arm",),
    "jinja2": ("controller.web.pages",),
    "jmespath": ("controller.cli.query",),
    "msgspec": ("providers.azure",),
    "prometheus_client": ("controller.web.metrics",),
    "pydantic": ("controller.spec", "controller.formats", "providers.simulated"),
    "pydantic_core": ("controller.spec", "controller.formats", "providers.simulated"),
    "rich": ("controller.cli.live",),
    "structlog": ("controller.engine.log",),
    "tenacity": ("controller.engine.look",),
    "watchfiles": ("controller.sources",),
    "yaml": ("controller.spec", "controller.formats", "providers.simulated"),
}
"""The one place of each third-party package; docs/decisions/0003-dependencies.md gives the reasons."""

IMPORTED_AS = {
    "azure-identity": "azure",
    "azure-mgmt-compute": "azure",
    "azure-storage-blob": "azure",
    "prometheus-client": "prometheus_client",
    "pyyaml": "yaml",
}

IMPURE = frozenset(
    {
        "asyncio",
        "builtins",
        "concurrent",
        "ctypes",
        "glob",
        "http",
        "importlib",
        "io",
        "locale",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "queue",
        "random",
        "secrets",
        "select",
        "shutil",
        "signal",
        "socket",
        "ssl",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "urllib",
        "uuid",
        "warnings",
    }
)
"""What the pure core may not import, not even for annotations."""

CLOCK = "controller.engine.clock"
PASSWORDS = "controller.engine.passwords"
CLOCK_READS = re.compile(
    r"^(datetime\.(datetime\.)?(now|utcnow|today)|date\.today|"
    r"time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|clock_gettime|clock_gettime_ns|sleep|gmtime|localtime))$"
)
CODES_IN_WORDS = {"controller.formats.failures"}
"""Where Azure's codes are explained to people; nothing is decided there."""

LONG_TABLES = {"tests/specs/mistakes.py"}
"""Tables of cases, one row after the other, that may be longer than a module of code."""

MAY_LEAVE_OUT = {
    "tests.test_architecture",
    "tests.conformance.corpus_gate",
    "tests.daemon.azurite",
    "tests.web.browser",
    "tests.deploy.prometheus",
    "tests.deploy.test_kustomize",
    "tests.deploy.test_image_and_unit",
}
"""Where the words are spoken of, or a test without what it needs is left out, loudly."""

JUNK = frozenset(
    {"util", "utils", "helper", "helpers", "common", "misc", "shared", "stuff", "tools"}
)
SENTENCE = re.compile(r"^[A-Z`'\"0-9].*\.$", re.DOTALL)


def imports_of(one: Source) -> Iterator[Import]:
    """Imports from the project itself."""
    return (
        found for found in one.imports if found.module.split(".")[0] in {"controller", "providers"}
    )


def told(one: Source, line: int, words: str) -> str:
    return f"{one.where}:{line}: {words}"


def allowed(one: Source, target: str) -> bool:
    here = package(one.name)
    return target in {here, *BELOW[here], *COMPOSE.get(one.name, "").split()}


def test_arrows_go_down() -> None:
    """Each package imports only from the packages below it, for annotations as well as at run time."""
    wrong = [
        told(one, found.line, f"imports {found.module}")
        for one in PRODUCT
        if package(one.name) in BELOW
        for found in imports_of(one)
        if not allowed(one, package(found.module))
    ]
    assert wrong == []


def test_every_package_has_a_layer() -> None:
    """No package stands outside the table of layers, and no import is relative."""
    unknown = {package(one.name) for one in PRODUCT if "." in one.name} - set(BELOW)
    relative = [
        told(one, found.line, found.module)
        for one in EVERYTHING
        for found in one.imports
        if found.module.startswith(".")
    ]
    assert (unknown, relative) == (set(), [])


def test_core_knows_only_values() -> None:
    """Of the specs the core sees nothing but their values."""
    wrong = [
        told(one, found.line, found.module)
        for one in PRODUCT
        if package(one.name) == "controller.core"
        for found in imports_of(one)
        if package(found.module) == "controller.spec"
        and not f"{found.module}.".startswith("controller.spec.values.")
    ]
    assert wrong == []


def test_core_is_pure() -> None:
    """The core imports no clock, no randomness, no files, no network, no logging, no third-party package."""
    wrong = [
        told(one, found.line, found.module)
        for one in PRODUCT
        if package(one.name) == "controller.core"
        for found in one.imports
        if (top := found.module.split(".")[0]) in IMPURE
        or top not in {*sys.stdlib_module_names, "controller", "providers"}
    ]
    assert wrong == []


def test_core_prints_nothing() -> None:
    """The core has no effects: it calls neither print, open nor input, and changes no global."""
    wrong = [
        told(one, node.lineno, ast.unparse(node)[:60])
        for one in PRODUCT
        if package(one.name) == "controller.core"
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Global)
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"print", "open", "input", "exec", "eval", "__import__"}
        )
    ]
    assert wrong == []


def test_providers_know_no_controller() -> None:
    """No provider imports the controller: policy stays out of them."""
    wrong = [
        told(one, found.line, found.module)
        for one in PRODUCT
        if one.name.startswith("providers")
        for found in one.imports
        if found.module.split(".")[0] == "controller"
    ]
    assert wrong == []


def test_no_import_cycles() -> None:
    """No module needs, while it is being imported, one that needs it in turn."""
    known = {one.name for one in PRODUCT}
    needs = {
        one.name: {
            target
            for found in imports_of(one)
            if found.at_run_time and found.at_start
            for target in (found.module, found.module.rpartition(".")[0])
            if target in known and target != one.name and not one.name.startswith(f"{target}.")
        }
        for one in PRODUCT
    }
    cycle: list[str] = []
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        cycle = list(error.args[1])
    assert cycle == []


def test_outside_packages_have_a_place() -> None:
    """Each third-party package is imported in the one place that the table names, and no other is."""
    ours = {*sys.stdlib_module_names, "controller", "providers"}
    wrong = [
        told(one, found.line, found.module)
        for one in PRODUCT
        for found in one.imports
        if (top := found.module.split(".")[0]) not in ours
        and not any(f"{one.name}.".startswith(f"{place}.") for place in OUTSIDE.get(top, ()))
    ]
    assert wrong == []


def test_decision_names_the_places() -> None:
    """The table of packages in the decision record says the same as the one here."""
    text = (ROOT / "docs" / "decisions" / "0003-dependencies.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ") and ">=" in line]
    names = IMPORTED_AS
    for row in rows:
        package_name = row[1].strip()
        places = {
            one.removesuffix(".py").replace("/", ".") for one in re.findall(r"`([^`]+)`", row[4])
        }
        wanted = OUTSIDE[names.get(package_name, package_name)]
        assert places == {
            place.replace("controller.cli.live", "controller.cli") for place in wanted
        }, row
    assert {names.get(row[1].strip(), row[1].strip()) for row in rows} == set(OUTSIDE) - {
        "pydantic_core"
    }


def test_declared_packages_are_known() -> None:
    """Every package that pyproject.toml asks for at run time stands in the table."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    declared = set(re.findall(r'^\s*"([a-z0-9-]+)', block, re.MULTILINE))
    names = IMPORTED_AS
    assert {names.get(name, name) for name in declared} <= set(OUTSIDE)


def test_one_clock() -> None:
    """The wall clock is read, and waited on, in one module only."""
    wrong = [
        told(one, node.lineno, ast.unparse(node.func))
        for one in PRODUCT
        if one.name != CLOCK
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Call) and CLOCK_READS.match(ast.unparse(node.func))
    ]
    assert wrong == []


def test_no_unseeded_dice() -> None:
    """Randomness comes from a generator that was handed in, but for the passwords that nobody is to know."""
    wrong = [
        told(one, node.lineno, ast.unparse(node.func))
        for one in EVERYTHING
        if one.name != PASSWORDS
        and {found.module for found in one.imports} & {"random", "uuid", "secrets"}
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Call)
        and re.match(r"^(random\.(?!Random$)|uuid\.uuid|secrets\.)", ast.unparse(node.func))
    ]
    assert wrong == []


def test_azure_codes_stay_with_providers() -> None:
    """What an Azure error code means is decided in the providers; elsewhere codes are only shown."""
    codes = {
        *refusals._BY_CODE,
        "ScopeLocked",
        "OSProvisioningTimedOut",
        "OverconstrainedAllocation",
    }
    wrong = [
        told(one, line, value)
        for one in PRODUCT
        if one.name.startswith("controller") and one.name not in CODES_IN_WORDS
        for line, value in constants(one.tree)
        if value in codes
    ]
    assert wrong == []


def test_yaml_load_is_nowhere() -> None:
    """No YAML is turned into objects by the library: that is our own construction, with limits."""
    banned = re.compile(r"\byaml\.(load|safe_load|full_load|unsafe_load|load_all|safe_load_all)\b")
    wrong = [
        told(one, node.lineno, ast.unparse(node))
        for one in EVERYTHING
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Attribute) and banned.search(ast.unparse(node))
    ]
    assert wrong == []


@pytest.mark.parametrize("one", EVERYTHING, ids=lambda one: one.where)
def test_module_has_a_sentence(one: Source) -> None:
    """Every module begins with a docstring, is no junk drawer, and is at most 500 lines long."""
    docstring = ast.get_docstring(one.tree) or ""
    assert SENTENCE.match(docstring.splitlines()[0] if docstring else ""), "no first sentence"
    assert one.name.rpartition(".")[2] not in JUNK
    assert one.text.count("\n") <= 500 or one.where in LONG_TABLES


def cases_of(one: Source) -> Iterator[ast.FunctionDef]:
    return (
        node
        for node in ast.walk(one.tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_tests_have_one_sentence() -> None:
    """Every test says what it holds in a first sentence of its own that ends in a full stop."""
    wrong = [
        told(one, node.lineno, node.name)
        for one in TESTS
        for node in cases_of(one)
        if not SENTENCE.match((ast.get_docstring(node) or "").partition("\n\n")[0])
    ]
    assert wrong == []


def test_tests_have_short_names() -> None:
    """A test's name has eight words at most, and no two tests of a file have the same."""
    wrong: list[str] = []
    for one in TESTS:
        names = [node.name for node in cases_of(one)]
        wrong += [told(one, 1, name) for name in names if name.count("_") > 7]
        wrong += [told(one, 1, name) for name in set(names) if names.count(name) > 1]
    assert wrong == []


def test_test_files_have_one_name_each() -> None:
    """No two test files have the same name, so that a name on a command line finds one file."""
    names = [one.where.rpartition("/")[2] for one in TESTS if "/test_" in one.where]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_nothing_is_mocked_or_slept() -> None:
    """No test replaces a part of the program by a stand-in, and none waits for time to pass."""
    banned = re.compile(r"\b(mock|Mock|MagicMock|monkeypatch|patch)\b|\b(time|asyncio)[. ]sleep$")
    wrong = [
        f"{one.where}: {words}"
        for one in TESTS
        for node in ast.walk(one.tree)
        for words in banned_words(node)
        if banned.search(words)
    ]
    assert wrong == []


def banned_words(node: ast.AST) -> Iterator[str]:
    """What could name a stand-in or a pause: calls, imports and parameters. ``sleep(0)`` lets others run."""
    if isinstance(node, ast.Call) and [ast.unparse(one) for one in node.args] != ["0"]:
        yield ast.unparse(node.func)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module} {one.name}" for one in node.names)
    elif isinstance(node, ast.Import):
        yield from (one.name for one in node.names)
    elif isinstance(node, ast.arg):
        yield node.arg


def test_no_unfinished_marks() -> None:
    """Nothing in the source is left for later, and no test is skipped or expected to fail.

    The exceptions say what they leave out: recordings, node, a browser, Prometheus, kustomize and systemd are not part of it.
    """
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    marks = re.compile(r"pytest\.(mark\.)?(skip|xfail)")
    wrong = [
        told(one, number, line.strip())
        for one in EVERYTHING
        if one.name not in MAY_LEAVE_OUT
        for number, line in enumerate(one.text.splitlines(), start=1)
        if unfinished.search(line) or marks.search(line)
    ]
    assert wrong == []
