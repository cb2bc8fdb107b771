"""What `loa sim --nodes N` shows: a row for each hamlet and one for all, faults one by one and then their number, and clear words for what cannot be."""

import io
import json
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

import loa.demo
from loa.cli.app import app
from loa.cli.fleet import summary
from loa.cli.fleetglance import FleetGlance, fleet_table, hamlets
from loa.sim.fleet.messages import Boot, Look
from loa.sim.fleet.spread import enlarged
from loa.site.load import load_site

SITE_FILE = Path(loa.demo.__file__).parent / "site.toml"
SITE = enlarged(load_site(SITE_FILE), "moc-chau", 6)
STATES = {
    "ban-hin-1": (True, True, "son-la/moc-chau|siren-1"),
    "ban-hin-2": (True, False, None),
    "ban-la-1": (False, False, None),
    "ban-la-2": (True, True, "son-la/moc-chau|siren-1"),
    "ban-mong-1": (True, True, None),
    "ban-mong-2": (True, True, None),
}
LOOK = Look(6, 5, 4, Counter({"son-la/moc-chau|siren-1": 2}), 1, 3.25, 0.5, 600, 12, 0.125)


def printed(renderable: object) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=100).print(renderable)
    return [" ".join(line.split()) for line in text.getvalue().splitlines()]


def test_a_row_for_each_hamlet_and_one_for_all() -> None:
    assert printed(fleet_table(SITE, hamlets(SITE, STATES), LOOK))[1:] == [
        "Bản Hìn 2 1 - siren-1 (1)",
        "Bản Là 2 1 1 siren-1 (1)",
        "Bản Mòng 2 2 - -",
        "all 6 4 1 siren-1 (2)",
    ]


def test_for_machines_a_line_whenever_something_has_changed(capsys: pytest.CaptureFixture[str]) -> None:
    glance = FleetGlance(SITE, True, None)
    for states in (STATES, STATES, STATES | {"ban-la-1": (True, False, None)}):
        glance.refresh(states, LOOK)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["hamlets"][1]["powered"] for line in lines] == [1, 2]


def test_faults_are_told_one_by_one_and_then_counted(capsys: pytest.CaptureFixture[str]) -> None:
    FleetGlance(SITE, False, None).told([Boot("ban-la-1", 0, "power")] + [Boot(f"n-{number}", 0, "watchdog") for number in range(23)])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "node n-0 starts again (watchdog)"
    assert lines[-1] == "and 3 more nodes start again"
    assert len(lines) == 21


def test_the_summary_is_the_last_look() -> None:
    assert summary(LOOK) == {
        "nodes": 6,
        "powered": 5,
        "online": 4,
        "playing": 2,
        "sounded_s": 3.2,
        "underruns": 1,
        "cpu_s": 0.5,
        "rss_per_node_kb": 100,
        "signature_checks": 12,
        "signature_check_cpu_s": 0.12,
    }


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--nodes", "0"], "0 nodes cannot be simulated"),
        (["--nodes", "9", "--runtime", "micropython"], "9 nodes share processes on CPython"),
        (["--nodes", "9", "--storm", "gale"], 'there is no storm "gale"'),
        (["--nodes", "9", "--profile", "moon"], 'there is no profile "moon"'),
    ],
)
def test_what_cannot_be_is_one_line(options: list[str], says: str, tmp_path: Path) -> None:
    failed = CliRunner().invoke(app, ["sim", str(SITE_FILE), "--folder", str(tmp_path), *options])
    assert failed.exit_code in (2, 3)
    assert says in failed.output
