"""Waiting for nodes, the one place of a service, and where a simulated site lives."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site

from loa.cli.glance import describe, when
from loa.errors import LoaError
from loa.firmware import topics
from loa.sim.local import local
from loa.station import answers
from loa.station.answers import Answer
from loa.station.presence import Presence, is_served
from loa.station.record import Event
from loa.station.station import Station

ASKED = ("ban-hin-1", "ban-la-1", "ban-mong-1")


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = Station(site(), STATION, keyring(), tmp_path)
    yield station
    station.close()


def ack(station: Station, node: str, of: str, refused: str | None = None) -> None:
    result = {"result": "refused", "code": refused, "reason": "why"} if refused else {"result": "ok"}
    station.nodes.acknowledged(node, {"id": of, **result})


def test_an_order_is_answered_by_its_document(station: Station) -> None:
    station.sound(AREA, "chime")
    question = answers.of_order(station, AREA)
    document = station.documents.current(topics.AIR, AREA)
    assert document is not None
    assert [(answer.node, answer.result) for answer in question()] == [(node, None) for node in ASKED]
    ack(station, "ban-hin-1", document.id)
    ack(station, "ban-la-1", document.id, "scope")
    ack(station, "ban-mong-1", f"air:{AREA}:1")
    station.nodes.heard_state("ban-mong-1", {"online": True, "revisions": {f"air:{AREA}": document.revision - 1}})
    assert [(answer.result, answer.code) for answer in question()] == [("ok", None), ("refused", "scope"), (None, None)]
    station.nodes.heard_state("ban-mong-1", {"online": True, "revisions": {f"air:{AREA}": document.revision + 1}})
    assert question()[2].result == "ok", "a later revision holds the order too"


def test_only_those_who_are_meant_are_asked(station: Station) -> None:
    station.sound(f"{AREA}/ban-la", "chime")
    assert [answer.node for answer in answers.of_order(station, f"{AREA}/ban-la")()] == ["ban-la-1"]
    station.sound("node/ban-hin-1", "chime")
    assert [answer.node for answer in answers.of_order(station, "node/ban-hin-1")()] == ["ban-hin-1"]


def test_a_command_is_answered_once(station: Station) -> None:
    command = station.command("ban-la-1", "ping")
    question = answers.of_command(station, command)
    assert question() == [Answer("ban-la-1", False)]
    station.commands.answer("ban-la-1", command.id, "ok", None, None)
    assert answers.wait(question, 0) == [Answer("ban-la-1", False, "ok")]


@pytest.mark.parametrize(
    ("told", "enough"),
    [
        ([], True),
        ([Answer("a", True, "ok"), Answer("b", True, "refused")], True),
        ([Answer("a", True, "ok"), Answer("b", False)], True),
        ([Answer("a", True, "ok"), Answer("b", True)], False),
        ([Answer("a", False), Answer("b", False)], False),
    ],
)
def test_how_long_is_waited(told: list[Answer], enough: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(answers.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(answers.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    heard: list[list[Answer]] = []
    assert answers.wait(lambda: told, 3, heard.append) == told
    assert heard == ([told] if told else []), "told only when something is new"
    assert now[0] == pytest.approx(0 if enough else 3, abs=0.1)


def test_a_folder_has_one_service(tmp_path: Path) -> None:
    assert not is_served(tmp_path)
    with Presence(tmp_path):
        assert is_served(tmp_path)
        with pytest.raises(LoaError, match="runs already"), Presence(tmp_path):
            pass
        assert is_served(tmp_path)
    assert not is_served(tmp_path)
    with Presence(tmp_path):
        assert is_served(tmp_path)


def test_a_local_site_reaches_nothing_real() -> None:
    stations = {STATION: site().stations[STATION].model_copy(update={"host": "loa.example", "http_port": 80, "time_port": 123})}
    external = site().broker.model_copy(update={"kind": "external", "url": "mqtts://loa.example", "host": "loa.example", "port": 8883})
    here = local(site().model_copy(update={"stations": stations, "broker": external, "time_servers": ["pool.example"]}))
    assert "example" not in here.model_dump_json()
    assert (here.stations[STATION].http_port, here.stations[STATION].time_port, here.broker.port) == (0, 0, 0)
    assert here.nodes == site().nodes


def test_events_in_a_few_words() -> None:
    span = {"bulletin": "tin", "sha256": None, "codec": "pcm16", "from_ms": 0, "to_ms": 61_000, "of_ms": 125_000, "why": "pre-empted"}
    played = {"key": f"{AREA}|sang|1790000000", **span}
    assert describe(Event("a", "j", 1, None, "played", played, 0)) == "sang 0:00 to 1:01 of 2:05, pre-empted"
    siren = {"key": f"{AREA}|siren-1#2", **span, "bulletin": None, "of_ms": None}
    assert describe(Event("a", "j", 1, None, "played", siren, 0)) == "siren-1#2 0:00 to 1:01, pre-empted"
    assert describe(Event("a", "j", 1, None, "dropped", {"key": f"{AREA}|sang|1790000000", "why": "late"}, 0)) == "sang, late"
    boot = {"journal": "j", "n": 1, "t": None, "kind": "boot", "version": "1", "cause": "power"}
    assert describe(Event("a", "j", 1, None, "boot", boot, 0)) == "version=1 cause=power"


def test_an_event_without_a_time_has_the_time_at_which_it_came() -> None:
    assert when(Event("a", "j", 1, 1790000000, "boot", {}, 1790000100), "Asia/Ho_Chi_Minh") == "09-21 21:13:20"
    assert when(Event("a", "j", 1, None, "boot", {}, 1790000100), "Asia/Ho_Chi_Minh") == "~09-21 21:15:00"


def test_no_command_waits_for_what_only_some_need() -> None:
    """Drawing and printing bring libraries that take as long to load as all the rest."""
    text = "import sys, loa.cli.app; print(*sorted({'matplotlib', 'fpdf', 'PIL'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.split() == []
