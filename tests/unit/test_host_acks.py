"""What is kept of the nodes' answers: what somebody may still ask for, however often a node repeats itself."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site

from loa.firmware import topics
from loa.station import answers, database
from loa.station.database import Database
from loa.station.documents import Document
from loa.station.nodes import Nodes
from loa.station.service import Service
from loa.station.station import Station

NODE = "ban-la-1"
DAY_S = 86400


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    with closing(Station(site(), STATION, keyring(), tmp_path)) as opened:
        yield opened


def air(station: Station) -> Document:
    return station.documents.issue(topics.AIR, AREA, {"orders": []})


def refused(subject: str, reason: str) -> dict[str, object]:
    return {"id": subject, "result": "refused", "code": "slot", "reason": reason}


def test_a_node_that_refuses_again_and_again_has_said_so_once(station: Station) -> None:
    document = air(station)
    for count in range(100):
        station.nodes.acknowledged(NODE, refused(document.id, f"for the {count}th time"))
    station.nodes.acknowledged("ban-hin-1", refused(document.id, "as well"))
    assert [(ack["node"], ack["reason"]) for ack in station.nodes.acks(document.id)] == [
        (NODE, "for the 99th time"),
        ("ban-hin-1", "as well"),
    ]
    station.nodes.acknowledged(NODE, {"id": document.id, "result": "ok"})
    assert [ack["result"] for ack in station.nodes.acks(document.id)] == ["refused", "refused", "ok"]
    found = {answer.node: answer.result for answer in answers.of_document(station, document)()}
    assert (found[NODE], found["ban-hin-1"]) == ("ok", "refused")


def test_answers_to_what_was_replaced_are_forgotten_after_a_day(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    replaced, current = air(station), air(station)
    trust = station.documents.current(topics.TRUST, AREA)
    assert trust is not None
    asked = [replaced.id, "ping-1", current.id, trust.id]
    for subject in asked:
        station.nodes.acknowledged(NODE, refused(subject, "for the test"))
    monkeypatch.setattr(time, "time", lambda: now + DAY_S - 60)
    station.forget_answers()
    assert all(station.nodes.acks(subject) for subject in asked)
    monkeypatch.setattr(time, "time", lambda: now + DAY_S + 60)
    station.forget_answers()
    assert [subject for subject in asked if station.nodes.acks(subject)] == [current.id, trust.id]
    assert {answer.node: answer.code for answer in answers.of_document(station, current)()}[NODE] == "slot"


def test_a_station_that_runs_forgets_them_by_itself(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    station.nodes.acknowledged(NODE, refused("ping-1", "for the test"))
    later = time.time() + DAY_S + 60
    monkeypatch.setattr(time, "time", lambda: later)

    async def life() -> None:
        async with Service(station, "mqtts://localhost:1"):
            while station.nodes.acks("ping-1"):
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(life(), 30))


def test_answers_of_an_older_station_are_kept_once(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "a.db", database.MIGRATIONS[:1])) as old, old.transaction() as rows:
        for number, result in enumerate(("refused", "refused", "ok", "refused")):
            rows.execute("INSERT INTO ack VALUES (?, 'x', ?, NULL, ?, ?)", (NODE, result, str(number), number))
    with closing(Database(tmp_path / "a.db")) as new:
        assert [ack["reason"] for ack in Nodes(new, {}).acks("x")] == ["2", "3"]
