"""``get`` as users of kubectl and az know it: formats, labels, order, queries."""

from __future__ import annotations

import pytest

from controller.cli.columns import print_columns
from controller.cli.forms import Form
from controller.cli.options import Show
from controller.cli.printing import Printing, print_document
from controller.cli.query import parse_query
from controller.cli.selector import parse_selector
from controller.cli.tables import Item
from tests.cli.shell import Shell
from tests.cli.transcripts import check_transcript


@pytest.fixture(name="two")
def _two(shell: Shell) -> Shell:
    """Two fleets, one of them up; their labels differ."""
    shell.converged()
    text = (shell.folder / shell.spec("api", replicas=3)).read_text()
    shell.write(
        "specs/api.yaml", text.replace("name: api\n", "name: api\n  labels: {team: core}\n", 1)
    )
    return shell


def names(printed: str) -> list[str]:
    return [line.split()[0] for line in printed.splitlines()]


def test_wide_has_more_columns(shell: Shell) -> None:
    """Wide tables show what else is known of a fleet and of an instance."""
    shell.converged()
    told = [shell.run("get", kind, "-o", "wide").out for kind in ("fleets", "instances", "events")]
    check_transcript("get-wide", "\n".join(told))


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("fleets", "-o", "name"), "fleet/api\nfleet/web\n"),
        (("instances", "web", "-o", "jsonpath={.items[0].name}"), "web-000001\n"),
        (("fleets", "-o", "custom-columns=N:.name,R:{.ready}"), "N     R\napi   0\nweb   6\n"),
        (("fleets", "--query", "items[?ready>`0`].name"), '[\n  "web"\n]\n'),
        (("fleets", "--query", "items[].[name,ready]", "-o", "tsv"), "api\t0\nweb\t6\n"),
        (("fleets", "--query", "length(items)", "-o", "tsv"), "2\n"),
        (("fleets", "--query", "items[0].nothing", "-o", "tsv"), "\n"),
        (("fleets", "--query", "[].name", "-o", "tsv"), "api\nweb\n"),
        (("fleets", "--query", "[*].[name,ready]", "-o", "tsv"), "api\t0\nweb\t6\n"),
        (("fleets", "--query", "[?ready>`0`].name | [0]", "-o", "tsv"), "web\n"),
        (("fleets", "--query", "[-1].name", "-o", "tsv"), "web\n"),
        (("fleets", "--query", "[:1].name", "-o", "tsv"), "api\n"),
        (("fleets", "--query", "length(@)", "-o", "tsv"), "2\n"),
        (("fleets", "--query", "sort_by([], &ready)[-1].name", "-o", "tsv"), "web\n"),
        (("fleets", "--query", "{all: length([]), first: [0].name}", "-o", "tsv"), "2\tapi\n"),
        (("fleets", "--query", "[kind, items[0].name]", "-o", "tsv"), "List\napi\n"),
        (("instances", "-l", "team=nobody", "--query", "[].name", "-o", "tsv"), "\n"),
    ],
)
def test_formats(two: Shell, words: tuple[str, ...], printed: str) -> None:
    """Names, templates, columns of one's own and queries print nothing but what was asked for."""
    ran = two.run("get", *words)
    assert (ran.code, ran.out) == (0, printed)


@pytest.mark.parametrize(
    ("path", "order"),
    [
        (".ready", ["api", "web"]),
        ("{.desired}", ["api", "web"]),
        (".oldestAt", ["web", "api"]),
        (".spread", ["api", "web"]),
    ],
)
def test_order(two: Shell, path: str, order: list[str]) -> None:
    """Rows come in the order of a value; those without one come last."""
    assert names(two.run("get", "fleets", "--no-headers", "--sort-by", path).out) == order


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("team=core", ["api"]),
        ("team==core", ["api"]),
        ("team!=core", ["web"]),
        ("team", ["api"]),
        ("!team", ["web"]),
        ("team in (core, pay)", ["api"]),
        ("team notin (core)", ["web"]),
        ("team=core,!old", ["api"]),
    ],
)
def test_labels(two: Shell, selector: str, found: list[str]) -> None:
    """A selector means the fleets whose specs have such labels, and only they are looked at."""
    assert names(two.run("get", "fleets", "--no-headers", "-l", selector).out) == found


def test_labels_reach_instances(two: Shell) -> None:
    """Instances and events are those of the fleets that are meant; none is said to be none."""
    assert two.run("get", "instances", "-l", "team=core").err.endswith("no instances found\n")
    assert len(two.run("get", "instances", "-l", "!team", "-o", "name").out.splitlines()) == 6


@pytest.mark.parametrize(
    ("text", "terms"), [("team=", 1), ("team = core , tier != web", 2), ("a/b.c=1,!d", 2), ("", 0)]
)
def test_selectors_are_read(text: str, terms: int) -> None:
    """Blanks, empty values and keys with a prefix are nothing unusual."""
    assert len(parse_selector(text).terms) == terms


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-l", "team=(core"), "is no label selector"),
        (("-o", "jsonpath={.items"), "a brace has no partner"),
        (("-o", "custom-columns=NAME"), "is no column such as NAME:.name"),
        (("-o", "yaml=1"), "is not text, wide, name"),
        (("--sort-by", ".items[?"), "is no part of a path"),
        (("--query", "items[?"), "is no JMESPath"),
        (("--query", "abs(items)"), "--query"),
        (("--watch", "-o", "yaml"), "--watch prints rows"),
        (("--server", "ftp://x"), "is not an address such as"),
        (("--server", "localhost:1", "--provider", "azure"), "--provider has no meaning there"),
        (("--server", "localhost:1", "--specs", "x"), "--specs has no meaning there"),
    ],
)
def test_mistakes_are_wrong_usage(two: Shell, words: tuple[str, ...], said: str) -> None:
    """Whatever is written wrongly is exit code 64, with the part that is wrong."""
    ran = two.run("get", "fleets", *words)
    assert (ran.code, ran.out) == (64, "")
    assert said in " ".join(ran.err.split())


def test_describe_by_template(shell: Shell) -> None:
    """One fleet whole can be asked for one of its values."""
    shell.converged()
    ran = shell.run("describe", "web", "-o", "jsonpath={.status.summary} {.instances[0].name}")
    assert ran.out == "Ready web-000001\n"
    assert shell.run("describe", "web", "--query", "status.ready").out == "6\n"
    # One fleet is an object, as it is for az: there is no array in it to ask.
    assert shell.run("describe", "web", "--query", "[].name").out == "null\n"


def test_queries_see_no_secrets() -> None:
    """What a query picks out has been cleaned while it still stood beside its key."""
    document: Item = {"password": "hunter2 is long"}
    shown: list[str] = []

    class Kept(Show):
        def value(self, value: object, form: str) -> None:
            shown.append(f"{value} {form}")

    print_document(document, Printing(Form("json"), query=parse_query("password")), Kept())
    assert shown == ["*** json"]


def test_narrow_tables_fold() -> None:
    """A table that is too wide moves together, and its last column is broken when that is wanted."""
    rows = [("NAME", "MESSAGE"), ("web-000001", "a long sentence that has to be broken somewhere")]
    assert print_columns(rows, width=40, fold=True) == [
        "NAME        MESSAGE",
        "web-000001  a long sentence that has to",
        "            be broken somewhere",
    ]
    assert print_columns(rows, width=20, fold=True)[1].endswith("broken somewhere")
