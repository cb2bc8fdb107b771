"""What a station forgets: the record after the years that the site keeps it, a little at a time; what an officer or a node still needs never."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site, speech_like

from loa.firmware import topics
from loa.station import database
from loa.station.database import Database
from loa.station.station import Station

NODE, OTHER = "ban-la-1", "ban-hin-1"
YEAR_S = 366 * 86400
PLAN = '[bulletins.tin]\n[[slots]]\nid = "sang"\nbulletin = "tin"\nat = ["05:30"]\n'

Set = Callable[[float], None]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    kept = site().model_copy(update={"record_years": 2})
    with closing(Station(kept, STATION, keyring(), tmp_path / "station")) as opened:
        yield opened


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Sets the clock to so many years from the beginning."""
    now = int(time.time())

    def set_to(years: float) -> None:
        monkeypatch.setattr(time, "time", lambda: now + years * YEAR_S)

    return set_to


def boot(n: int, t: int | None = None) -> dict[str, object]:
    return {"journal": "j1", "n": n, "kind": "boot", "t": t, "version": "1", "cause": "power"}


def recorded(station: Station, node_id: str = NODE) -> list[int]:
    return [event.n for event in station.record.events(node_id)]


def test_old_events_go_two_for_each_that_comes(station: Station, at: Set) -> None:
    for n in range(1, 6):
        station.record.add(NODE, boot(n))
    at(1.9)
    station.record.add(NODE, boot(6))
    assert recorded(station) == [1, 2, 3, 4, 5, 6]
    at(2.1)
    station.record.add(NODE, boot(7))
    assert recorded(station) == [3, 4, 5, 6, 7]
    station.record.add(NODE, boot(7))
    assert recorded(station) == [3, 4, 5, 6, 7], "nothing new came"
    for n in (8, 9, 10):
        station.record.add(NODE, boot(n))
    assert recorded(station) == [6, 7, 8, 9, 10]
    assert station.record.recorded(NODE, "j1") == 10
    assert station.record.lost() == []


def test_the_newest_event_of_each_node_stays_and_what_came_late_too(station: Station, at: Set) -> None:
    long_ago = int(time.time())
    station.record.add(OTHER, boot(1))
    station.record.add(OTHER, boot(2))
    at(3)
    for n in (1, 2, 3):
        station.record.add(NODE, boot(n, long_ago))
    assert recorded(station, OTHER) == [2]
    assert station.record.newest_journal(OTHER) == "j1"
    assert recorded(station) == [1, 2, 3]


def test_orders_go_and_their_streams_with_them(station: Station, at: Set, tmp_path: Path) -> None:
    live = station.live_start(AREA, "http://source.example/")
    station.live_stop(live)
    old = [station.sound(AREA, "chime") for _ in range(3)]
    at(2.1)
    kept = [station.sound(AREA, "chime")]
    assert [record["id"] for _, record in station.orders.given(0, 2**33)] == [*old[1:], *kept]
    kept.append(station.stop(AREA))
    assert [record["id"] for _, record in station.orders.given(0, 2**33)] == kept
    assert station._database.rows("SELECT * FROM live") == []


def test_commands_go_but_the_newest_of_each_node_holds_its_revision(station: Station, at: Set) -> None:
    def kept() -> list[tuple[str, str]]:
        return [(row["node"], row["do"]) for row in station._database.rows("SELECT node, do FROM command ORDER BY created, rowid")]

    for do in ("ping", "identify", "reboot"):
        station.command(NODE, do)
    at(2.1)
    station.command(OTHER, "ping")
    assert kept() == [(NODE, "reboot"), (OTHER, "ping")]
    station.command(OTHER, "ping")
    assert kept() == [(NODE, "reboot"), (OTHER, "ping"), (OTHER, "ping")]


def test_plans_stay_as_long_as_a_proof_may_be_asked_for(station: Station, at: Set, tmp_path: Path) -> None:
    station.add_audio(speech_like(1, tmp_path / "tin.wav"))
    (tmp_path / "plan.toml").write_text(PLAN)

    def publish() -> int:
        return station.publish_plan(tmp_path / "plan.toml").revision

    def kept() -> list[int]:
        return [document.revision for document, _ in station.documents.history(topics.PLAN, 0, 2**33)]

    at(0)
    first = publish()
    at(1)
    second = publish()
    at(2.5)
    third = publish()
    assert kept() == [first, second, third], "the first held until a year and a half ago"
    at(3.1)
    fourth = publish()
    assert kept() == [second, third, fourth]


def test_of_all_other_documents_only_the_newest_is_kept(station: Station) -> None:
    for _ in range(3):
        station.sound(AREA, "chime")
    assert station._database.rows("SELECT count(*) FROM document WHERE kind = 'air'")[0][0] == 1


def test_a_file_of_an_older_station_keeps_the_newest_of_air(tmp_path: Path) -> None:
    rows = [("air", "a", 1), ("air", "a", 3), ("air", "a", 2), ("air", "b", 1), ("plan", "a", 1), ("plan", "a", 2)]
    with closing(Database(tmp_path / "a.db", database.MIGRATIONS[:2])) as old, old.transaction() as connection:
        connection.executemany("INSERT INTO document VALUES (?, ?, ?, 0, 0, '{}', '')", rows)
    with closing(Database(tmp_path / "a.db")) as new:
        found = [tuple(row) for row in new.rows("SELECT kind, audience, rev FROM document ORDER BY kind, audience, rev")]
    assert found == [("air", "a", 3), ("air", "b", 1), ("plan", "a", 1), ("plan", "a", 2)]


def test_files_that_nothing_names_any_more_go_after_a_day(station: Station, at: Set, tmp_path: Path) -> None:
    def files() -> set[str]:
        return {path.name for path in (tmp_path / "station" / "audio").iterdir()}

    def record(name: str, seconds: float) -> set[str]:
        before = files()
        station.add_audio(speech_like(seconds, tmp_path / "tin.wav"), name)
        return files() - before

    (tmp_path / "plan.toml").write_text(PLAN)
    planned = record("tin", 1)
    station.publish_plan(tmp_path / "plan.toml")
    ordered = record("tin", 1.2)
    station.urgent(AREA, "tin")
    unused = record("tin", 1.4)
    current = record("tin", 1.6)
    assert len(planned) == len(ordered) == len(unused) == len(current) == 2
    again = record("other", 1.8)
    assert files() == planned | ordered | unused | current | again
    at(2 / 366)
    other = record("another", 2)
    assert files() == planned | ordered | current | again | other
    at(3)
    record("another", 2)
    assert files() == planned | ordered | current | again | other, "the plan still holds, and nothing came after the order"
    station.publish_plan(tmp_path / "plan.toml")
    station.sound(AREA, "chime")
    at(6)
    station.publish_plan(tmp_path / "plan.toml")
    record("another", 2)
    assert files() == current | again | other


def test_a_recording_that_comes_back_is_not_taken_away_by_another_process(
    station: Station, at: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in (1, 1.2):
        station.add_audio(speech_like(seconds, tmp_path / "tin.wav"), "tin")
    at(2 / 366)
    store = station.audio._store

    def meanwhile(codec: str, content: bytes) -> tuple[int, str]:
        stored = store(codec, content)
        station.audio.forget_files(())
        return stored

    monkeypatch.setattr(station.audio, "_store", meanwhile)
    station.add_audio(speech_like(1, tmp_path / "tin.wav"), "tin")
    assert all(station.audio.file(variant["sha256"]) for variant in station.audio.bulletin("tin", "normal")["variants"])


def test_what_a_recording_replaced_stays_for_a_day(station: Station, at: Set, tmp_path: Path) -> None:
    station.add_audio(speech_like(1, tmp_path / "tin.wav"), "tin")
    bulletin = station.audio.bulletin("tin", "normal")
    at(1)
    for seconds in (1.2, 1.4):
        station.add_audio(speech_like(seconds, tmp_path / "tin.wav"), "tin")
    assert all(station.audio.file(variant["sha256"]) for variant in bulletin["variants"]), "somebody may be publishing it just now"
