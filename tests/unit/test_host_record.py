"""The record and the proof of play: exactly once, no gap covered, and every planned minute accounted for."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site, speech_like
from hypothesis import given, settings
from hypothesis import strategies as st

from loa.firmware import refusal, topics
from loa.station import database, retention
from loa.station.database import Database
from loa.station.proof import proofs
from loa.station.record import Record
from loa.station.station import Station

NODE = "ban-la-1"
KEEP = retention.years(5)


def boot(n: int, journal: str = "j1") -> dict[str, object]:
    return {"journal": journal, "n": n, "kind": "boot", "t": None, "version": "1", "cause": "power"}


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(Database(tmp_path / "a.db"), KEEP)


def test_a_gap_is_not_covered_until_it_is_filled(record: Record) -> None:
    assert [record.add(NODE, boot(n)) for n in (1, 2, 4, 5)] == [True] * 4
    assert record.recorded(NODE, "j1") == 2
    assert record.add(NODE, boot(3))
    assert record.recorded(NODE, "j1") == 5
    assert not record.add(NODE, boot(3))
    assert record.lost() == []


def test_a_gap_that_the_node_no_longer_has_is_lost_and_said(record: Record) -> None:
    for n in (1, 4, 7, 4, 7):
        record.add(NODE, boot(n))
    assert record.recorded(NODE, "j1") == 1
    assert not record.add(NODE, boot(4))
    assert record.recorded(NODE, "j1") == 4
    assert record.lost() == [(NODE, "j1", 2, 3)]
    for n in (7, 7):
        record.add(NODE, boot(n))
    assert record.recorded(NODE, "j1") == 7
    assert record.lost() == [(NODE, "j1", 2, 3), (NODE, "j1", 5, 6)]


def test_a_repetition_by_mqtt_is_no_sign_that_older_events_are_gone(record: Record) -> None:
    """The station was away for 2 and 3; then the broker is, and what was in flight to it comes again before the node has begun from its oldest."""
    for n in (1, 4, 4, 2, 3, 4):
        record.add(NODE, boot(n))
    assert record.recorded(NODE, "j1") == 4 and record.lost() == []


def test_repetitions_count_within_one_connection_only(record: Record) -> None:
    for _ in range(4):
        for n in (1, 4):
            record.add(NODE, boot(n))
        record.begin_connection()
    assert record.recorded(NODE, "j1") == 1 and record.lost() == []


def test_journals_and_nodes_are_apart(record: Record) -> None:
    record.add(NODE, boot(1))
    record.add(NODE, boot(1, "j2"))
    record.add("ban-hin-1", boot(1))
    assert record.newest_journal(NODE) == "j2"
    assert len(record.events()) == 3
    assert len(record.events(NODE)) == 2


@settings(max_examples=30, deadline=None)
@given(st.permutations(list(range(1, 9))), st.lists(st.integers(1, 8), max_size=12))
def test_in_any_order_every_event_stands_once(tmp_path_factory: pytest.TempPathFactory, order: list[int], again: list[int]) -> None:
    record = Record(Database(tmp_path_factory.mktemp("record") / "a.db"), KEEP)
    for n in [*order, *again]:
        record.add(NODE, boot(n))
        upto = record.recorded(NODE, "j1")
        held = {event.n for event in record.events(NODE)}
        assert set(range(1, upto + 1)) <= held | {n for _, _, first, last in record.lost() for n in range(first, last + 1)}
    assert sorted(event.n for event in record.events(NODE)) == list(range(1, 9))
    assert record.recorded(NODE, "j1") == 8


@pytest.mark.parametrize(
    "wrong",
    [{}, {"journal": ""}, {"n": 0}, {"n": "1"}, {"n": True}, {"n": 2**40}, {"t": "now"}, {"kind": "played"}, {"journal": "x" * 17}],
)
def test_what_is_no_event_changes_nothing(record: Record, wrong: dict[str, object]) -> None:
    event = {**boot(1), **wrong} if wrong else {}
    if wrong == {"journal": ""}:
        event.pop("journal")
    with pytest.raises(refusal.Refused):
        record.add(NODE, event)
    assert record.events() == []


def test_a_kind_that_only_newer_nodes_know_is_recorded(record: Record) -> None:
    assert record.add(NODE, {"journal": "j1", "n": 1, "kind": "tilted", "t": 1790000000, "degrees": 12})
    assert record.events(first=1790000000, last=1790000000)[0].body["degrees"] == 12
    assert record.events(first=1790000001) == []


def test_an_event_without_a_time_counts_from_when_it_came(record: Record) -> None:
    record.add(NODE, boot(1))
    (event,) = record.events()
    assert record.events(first=event.received, last=event.received) == [event] == [record.newest(NODE)]
    assert record.events(last=event.received - 1) == []


# Proof of play.

PLAN = """
quiet = []
[bulletins.tin]
[[slots]]
id = "sang"
bulletin = "tin"
at = ["00:00", "06:00", "12:00", "18:00"]
only = ["son-la/moc-chau/ban-la"]
"""


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Station, list[str]]]:
    """A station with a plan of two days ago, and the keys of the four slots of the day after."""
    now = int(time.time()) // 86400 * 86400 - 7 * 3600 + 86400  # midnight in Vietnam
    monkeypatch.setattr(time, "time", lambda: now - 2 * 86400.0)
    station = Station(site(), STATION, keyring(), tmp_path)
    station.add_audio(speech_like(2, tmp_path / "tin.wav"))
    (tmp_path / "plan.toml").write_text(PLAN)
    station.publish_plan(tmp_path / "plan.toml")
    monkeypatch.setattr(time, "time", lambda: float(now))
    yield station, [f"{AREA}|sang|{now - 86400 + hour * 3600}" for hour in (0, 6, 12, 18)]
    station.close()


def played(n: int, key: str, from_ms: int, to_ms: int, why: str, of_ms: int | None = 2034) -> dict[str, object]:
    span = {"from_ms": from_ms, "to_ms": to_ms, "of_ms": of_ms, "why": why}
    what = {"key": key, "bulletin": "tin", "sha256": None, "codec": "pcm16"}
    return {
        "journal": "j1",
        "n": n,
        "kind": "played",
        "t": 1790000000 + n,
        **what,
        **span,
    }


def test_every_planned_minute_is_accounted_for(planned: tuple[Station, list[str]]) -> None:
    station, keys = planned
    for event in (
        played(1, keys[0], 0, 2034, "end"),
        played(2, keys[1], 0, 800, "pre-empted"),
        played(3, keys[1], 700, 2034, "end"),
        played(4, keys[2], 0, 500, "power"),
        {"journal": "j1", "n": 5, "kind": "dropped", "t": None, "key": keys[2], "why": "late"},
    ):
        assert station.record.add(NODE, event)
    first = int(keys[0].rsplit("|", 1)[1])
    found = station.proofs(first, first + 86400)
    assert [(proof.key, proof.node, proof.result, proof.heard_ms, proof.why) for proof in found] == [
        (keys[0], NODE, "complete", 2034, None),
        (keys[1], NODE, "complete", 2034, None),
        (keys[2], NODE, "partly", 500, "late"),
        (keys[3], NODE, "silent", 0, None),
    ]
    assert [stretch["why"] for stretch in found[1].stretches] == ["pre-empted", "end"]
    assert len(station.proofs(first, first + 86400 + 1)) == 5  # the midnight that is due now
    assert station.proofs(first, first + 86400 + 1)[-1].result == "due"


def test_what_a_wrong_clock_gave_up_and_a_right_one_played_is_complete(planned: tuple[Station, list[str]]) -> None:
    station, keys = planned
    station.record.add(NODE, {"journal": "j1", "n": 1, "kind": "dropped", "t": 1790000000, "key": keys[0], "why": "late"})
    station.record.add(NODE, played(2, keys[0], 0, 2034, "end"))
    first = int(keys[0].rsplit("|", 1)[1])
    (proof,) = station.proofs(first, first + 1)
    assert (proof.result, proof.why) == ("complete", None)


class Counting(Database):
    """Counts the rows that are read."""

    count = 0

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        found = super().rows(query, *values)
        self.count += len(found)
        return found


def test_a_proof_reads_only_the_events_that_it_is_about(planned: tuple[Station, list[str]], tmp_path: Path) -> None:
    station, keys = planned
    with station.one_commit():
        for n in range(1, 3001, 2):
            station.record.add(NODE, boot(n))
            station.record.add(NODE, played(n + 1, f"{AREA}|sang|{n}", 0, 2034, "end"))
        station.record.add(NODE, played(3001, keys[0], 0, 2034, "end"))
    with closing(Counting(tmp_path / "station.db")) as counting:
        first = int(keys[0].rsplit("|", 1)[1])
        found = proofs(site().nodes_served_by(STATION), station.documents, station.orders, Record(counting, KEEP), first, first + 86400)
        assert [proof.result for proof in found] == ["complete", "silent", "silent", "silent"]
        assert counting.count == 1


def test_what_an_older_station_recorded_is_proven(planned: tuple[Station, list[str]], tmp_path: Path) -> None:
    station, keys = planned
    bodies = [json.dumps(played(1, keys[0], 0, 2034, "end")), json.dumps(boot(2)), '{"key": NaN}']
    with closing(Database(tmp_path / "old.db", database.MIGRATIONS[:1])) as old, old.transaction() as rows:
        for n, body in enumerate(bodies, 1):
            rows.execute("INSERT INTO event VALUES (?, 'j1', ?, 1790000000, 'played', ?, 0)", (NODE, n, body))
    with closing(Database(tmp_path / "old.db")) as new:
        first = int(keys[0].rsplit("|", 1)[1])
        found = proofs(site().nodes_served_by(STATION), station.documents, station.orders, Record(new, KEEP), first, first + 86400)
        assert [proof.result for proof in found] == ["complete", "silent", "silent", "silent"]


def test_a_plan_that_was_replaced_is_proven_as_it_was(planned: tuple[Station, list[str]], tmp_path: Path) -> None:
    station, keys = planned
    first = int(keys[0].rsplit("|", 1)[1])
    before = [proof.key for proof in station.proofs(first, first + 86400)]
    (tmp_path / "plan.toml").write_text(PLAN.replace('"06:00", ', ""))
    station.publish_plan(tmp_path / "plan.toml")
    assert [proof.key for proof in station.proofs(first, first + 86400)] == before == keys
    assert len(station.proofs(first + 86400, first + 2 * 86400)) == 3


def test_orders_are_proven_with_their_repeats(planned: tuple[Station, list[str]]) -> None:
    station, _ = planned
    order = station.urgent(AREA, "tin", repeat=2)
    station.volume(AREA, 50)
    key, now = f"{AREA}|{order}", int(time.time())
    station.record.add(NODE, played(1, key, 0, 2034, "end"))
    found = [proof for proof in station.proofs(now, now + 1) if order in proof.key]
    assert {(proof.node, proof.key) for proof in found} == {(node, name) for node in site().nodes for name in (key, f"{key}#2")}
    assert [(proof.result, proof.importance) for proof in found if proof.node == NODE and proof.key == key] == [("complete", "urgent")]
    station.record.add("ban-hin-1", {**played(1, key, 0, 800, "end", None), "bulletin": None, "codec": None})
    station.record.add("ban-hin-1", {"journal": "j1", "n": 2, "kind": "dropped", "t": None, "key": key, "why": "expired"})
    (replaced,) = [proof for proof in station.proofs(now, now + 1) if proof.node == "ban-hin-1" and proof.key == key]
    assert (replaced.result, replaced.heard_ms, replaced.why) == ("replaced", 0, "expired")
    own = station.sound(topics.node_audience(NODE), "chime")
    assert [proof.node for proof in station.proofs(now, now + 1) if own in proof.key] == [NODE]
