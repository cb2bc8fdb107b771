"""Signed documents, orders and commands: what is issued is what nodes accept, and nothing changes when it is not."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site, speech_like

from loa.errors import LoaError
from loa.firmware import BODIES, agenda, documents, schema, topics
from loa.keys.signing import open_signed
from loa.station.database import Database
from loa.station.station import Station
from loa.station.zone import zone_record

HAMLET = f"{AREA}/ban-la"


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = Station(site(), STATION, keyring(), tmp_path)
    station.add_audio(speech_like(1, tmp_path / "tin.wav"))
    yield station
    station.close()


def air(station: Station, audience: str = AREA) -> list[dict[str, object]]:
    document = station.documents.current(topics.AIR, audience)
    assert document is not None
    payload = open_signed(document.raw, keyring().station(STATION).public())
    schema.check(documents.HEADER, payload, "")
    schema.check(BODIES[topics.AIR], payload, "")
    assert payload == document.body
    orders: list[dict[str, object]] = payload["orders"]
    return orders


def test_revisions_follow_time_and_never_stand_still(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(time.time())
    issued = [station.documents.issue(topics.AIR, AREA, {"orders": []}).revision for _ in range(3)]
    assert issued == [issued[0], issued[0] + 1, issued[0] + 2]
    assert now <= issued[0] <= now + 1
    monkeypatch.setattr(time, "time", lambda: now + 1000.0)
    assert station.documents.issue(topics.AIR, AREA, {"orders": []}).revision == now + 1000
    monkeypatch.setattr(time, "time", lambda: now - 1000.0)
    assert station.documents.issue(topics.AIR, AREA, {"orders": []}).revision == now + 1001


def test_what_nodes_would_refuse_is_not_issued(station: Station) -> None:
    station.documents.issue(topics.AIR, AREA, {"orders": []})
    before = station.documents.current(topics.AIR, AREA)
    with pytest.raises(LoaError, match="refused by every node: orders: needs a list"):
        station.documents.issue(topics.AIR, AREA, {"orders": 1})
    with pytest.raises(LoaError, match="more than nodes read"):
        station.documents.issue(topics.AIR, AREA, {"orders": [], "padding": "x" * 9000})
    with pytest.raises(LoaError, match="volume: needs per cent"):
        station.volume(AREA, 101)
    assert station.documents.current(topics.AIR, AREA) == before
    assert station.orders.given(0, 2**32) == []


def test_an_air_document_that_is_full_says_so_and_keeps_what_it_has(station: Station) -> None:
    with pytest.raises(LoaError, match="more than nodes read"):
        for _ in range(40):
            station.urgent(AREA, "tin")
    standing = [order["id"] for order in air(station)]
    assert 5 < len(standing) < 32
    assert standing == [record["id"] for _, record in station.orders.given(0, 2**32)]


def test_orders_that_are_over_make_room_for_a_new_one(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty short orders in a quarter of an hour of an emergency."""
    now, given = time.time(), []
    for number in range(40):
        monkeypatch.setattr(time, "time", lambda at=now + 20 * number: at)
        given.append(station.urgent(AREA, "tin", valid_s=10) if number % 2 else station.sound(AREA, "chime", valid_s=10))
        names = [order["id"] for order in air(station)]
        assert names == given[-len(names) :] and len(names) > min(number, 5)
    assert len(names) < 40


def test_an_urgent_order_is_played_by_a_node(station: Station) -> None:
    order = station.urgent(AREA, "tin", repeat=2)
    document = station.documents.current(topics.AIR, AREA)
    assert document is not None
    node = agenda.Agenda(HAMLET, "ban-la-1")
    node.put_air(AREA, document.body)
    item = node.decide(int(time.time()), True).item
    assert (item.key, item.rank, item.do) == (f"{AREA}|{order}", 2, "bulletin")
    assert item.files == station.files_url


def test_order_ids_are_readable_and_unique(station: Station) -> None:
    names = [station.sound(AREA, "chime") for _ in range(3)]
    assert len(set(names)) == 3
    assert all(name.startswith("chime-") and topics.is_segment(name) for name in names)


def test_an_order_that_ended_long_ago_is_dropped_and_one_that_is_ended_stays_a_while(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    first = station.urgent(AREA, "tin")
    station.cancel(first)
    assert [(order["id"], order["until"]) for order in air(station)] == [(first, air(station)[0]["from"] + 1)]  # type: ignore[operator]
    monkeypatch.setattr(time, "time", lambda: now + 2 * 3600)
    second = station.urgent(AREA, "tin")
    assert [order["id"] for order in air(station)] == [second]
    with pytest.raises(LoaError, match="no order"):
        station.cancel("nothing")


def test_a_volume_replaces_the_one_before(station: Station) -> None:
    station.volume(AREA, 50)
    station.volume(AREA, 70)
    station.volume(topics.node_audience("ban-la-1"), 20)
    assert [order["volume"] for order in air(station)] == [70]
    assert [order["volume"] for order in air(station, "node/ban-la-1")] == [20]


def test_live_is_over_tls_unless_the_site_allows_otherwise_and_never_plain_when_urgent(station: Station, tmp_path: Path) -> None:
    name = station.live_start(AREA, str(tmp_path / "tin.wav"))
    (order,) = air(station)
    assert order["live"]["url"] == f"https://localhost:{station.https_port}/v1/live/{name}"  # type: ignore[index]
    assert [live.name for live in station.orders.lives()] == [name]
    station.live_stop(name)
    assert station.orders.lives() == []
    allowing = site().model_copy(update={"audio": site().audio.model_copy(update={"plain_live": True})})
    plain = Station(allowing, STATION, keyring(), tmp_path)
    assert plain.live_url("x", "normal").startswith("http://")
    assert plain.live_url("x", "urgent").startswith("https://")
    plain.close()


def test_a_station_speaks_to_its_own_area_only(station: Station) -> None:
    for audience in ("son-la", "son-la/mai-son", "node/other", "nonsense/", f"{AREA}/ban-x"):
        with pytest.raises(LoaError, match="does not speak to"):
            station.stop(audience)
    station.stop(HAMLET)
    with pytest.raises(LoaError, match="has no node") as caught:
        station.command("ban-la-2", "ping")
    assert "ban-la-1" in caught.value.hint
    with pytest.raises(LoaError, match="no command"):
        station.command("ban-la-1", "explode")
    with pytest.raises(LoaError, match="no station"):
        Station(site(), "moc-chao", keyring(), Path("unused"))


def test_commands_are_signed_for_one_node_and_answered_once(station: Station) -> None:
    command = station.command("ban-la-1", "ping", 60)
    payload = open_signed(command.raw, keyring().station(STATION).public())
    schema.check(BODIES[topics.COMMAND], payload, "")
    assert (payload["typ"], payload["aud"], payload["id"], payload["exp"] - payload["iat"]) == ("cmd", "node/ban-la-1", command.id, 60)
    assert station.command("ban-la-1", "ping").raw != command.raw
    assert not station.commands.answer("ban-hin-1", command.id, "ok", None, None)
    assert station.commands.answer("ban-la-1", command.id, "refused", "expired", "late")
    assert not station.commands.answer("ban-la-1", command.id, "ok", None, None)
    assert (station.commands.get(command.id).result, station.commands.get(command.id).code) == ("refused", "expired")


def test_an_answer_that_decides_nothing_is_waited_past_and_a_lost_one_is_understood(station: Station) -> None:
    command = station.command("ban-la-1", "ping")
    assert not station.commands.answer("ban-la-1", command.id, "refused", "time-unset", "no time yet")
    assert [waiting.id for waiting in station.commands.waiting()] == [command.id]
    assert station.commands.answer("ban-la-1", command.id, "refused", "replayed", "carried out before")
    assert (station.commands.get(command.id).result, station.commands.get(command.id).code) == ("ok", "replayed")


def test_a_station_orders_nothing_above_its_class(station: Station, tmp_path: Path) -> None:
    modest = {STATION: site().stations[STATION].model_copy(update={"highest": "priority"})}
    lower = Station(site().model_copy(update={"stations": modest}), STATION, keyring(), tmp_path)
    for order in (lambda: lower.urgent(AREA, "tin"), lambda: lower.live_start(AREA, "x", "urgent"), lambda: lower.stop(AREA)):
        with pytest.raises(LoaError, match='may not order "urgent"'):
            order()
    (tmp_path / "plan.toml").write_text('[bulletins.tin]\nclass = "urgent"\n')
    with pytest.raises(LoaError, match=r"plan.toml:2: bulletins.tin.class: this station may not order it; found 'urgent'"):
        lower.check_plan(tmp_path / "plan.toml")
    lower.urgent(AREA, "tin", "priority")
    lower.close()


def test_an_expired_command_is_not_waited_for(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    station.command("ban-la-1", "ping", 60)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert station.commands.waiting() == []


def test_trust_is_published_as_the_root_signed_it(station: Station) -> None:
    document = station.documents.current(topics.TRUST, AREA)
    assert document is not None
    assert document.raw == keyring().trust(AREA)
    assert station.documents.all_current()[0] == document


def test_only_what_is_not_known_yet_is_published_again(station: Station) -> None:
    known = {(document.kind, document.audience): document.revision for document in station.documents.all_current()}
    assert station.documents.all_current(besides=known) == []
    issued = station.documents.issue(topics.AIR, HAMLET, {"orders": []})
    assert station.documents.all_current(besides=known) == [issued]


def test_newest_revisions_are_those_of_the_moment_also_when_another_process_issued_them(station: Station, tmp_path: Path) -> None:
    before = dict(station.documents.newest())
    assert (topics.TRUST, AREA) in before
    assert not [place for place in before if place[0] == topics.SEEN]
    with closing(Station(site(), STATION, keyring(), tmp_path)) as other:
        issued = other.documents.issue(topics.AIR, AREA, {"orders": []})
    assert station.documents.newest()[(topics.AIR, AREA)] == issued.revision


def test_a_transaction_is_all_or_nothing_and_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    with pytest.raises(RuntimeError, match="in the middle"), database.transaction() as rows:
        rows.execute("INSERT INTO setting VALUES ('a', 'b')")
        with database.transaction():
            raise RuntimeError("in the middle")
    assert database.rows("SELECT * FROM setting") == []
    before = database.others()
    with database.transaction() as rows:
        rows.execute("INSERT INTO setting VALUES ('own', 'b')")
    assert database.others() == before
    with Database(tmp_path / "a.db").transaction() as rows:
        rows.execute("INSERT INTO setting VALUES ('a', 'b')")
    assert database.others() != before
    with database.transaction() as rows:
        rows.execute("PRAGMA user_version = 99")
    with pytest.raises(LoaError, match="newer loa"):
        Database(tmp_path / "a.db")


def test_zones_with_and_without_summer_time() -> None:
    assert zone_record("Asia/Ho_Chi_Minh", 1790000000)["offsets"] == [[1790000000 - 86400, 420]]
    berlin = zone_record("Europe/Berlin", 1790000000)["offsets"]
    assert berlin[:3] == [[1790000000 - 86400, 120], [1792890000, 60], [1806195600, 120]]
    assert len(berlin) <= 8
