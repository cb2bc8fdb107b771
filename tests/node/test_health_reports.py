"""Every report that is built fits the table that the station reads it by."""

import json

from node.bus import report_fields, report_words
from node.bus.schema import check
from node.bus.schema_text import describe, required
from node.health import proof, state, telemetry
from node.refusal import HASH, MALFORMED, Refused

SHA = "A" * 43
IDENTITY = {"version": "0.1.0", "area": "son-la/moc-chau/ban-hin", "codecs": ["pcm16", "ima-adpcm"], "rate": 24000}
VARIANT = {"codec": "pcm16", "rate": 24000, "ms": 9000, "bytes": 432044, "sha256": SHA}


class _Clock:
    def __init__(self, state, now):
        self.state = state
        self._now = now

    def now(self):
        return self._now


class _Item:
    key = "son-la/moc-chau|morning|1790000000"
    bulletin_id = "news"


def _state(player=(None, 80), uplink="wlan", clock=None, cached=("news",)):
    revisions = {"plan:son-la/moc-chau": 1790000000}
    return state.build(IDENTITY, revisions, player, uplink, clock or _Clock("synchronised", 1790000100), "n0", ("j1", 17, 12), cached)


def _through_the_wire(report, table):
    told = json.loads(json.dumps(report))
    check(table, told, "")
    return told


def _is_malformed(report, table):
    try:
        check(table, report, "")
        return False
    except Refused as refused:
        return refused.code == MALFORMED


def test_state_says_what_the_station_needs():
    told = _through_the_wire(_state(player=(_Item.key, 70)), report_fields.STATE)
    assert told["online"] is True and told["playing"] == _Item.key and told["volume"] == 70
    assert (told["journal"], told["n"], told["seen"]) == ("j1", 17, 12)
    assert told["clock"] == "synchronised" and told["time"] == 1790000100
    assert told["codecs"] == ["pcm16", "ima-adpcm"] and told["cached"] == ["news"]
    assert told["revisions"] == {"plan:son-la/moc-chau": 1790000000}


def test_state_of_a_node_that_knows_little():
    told = _through_the_wire(_state(uplink=None, clock=_Clock("unset", None), cached=()), report_fields.STATE)
    assert told["time"] is None and told["uplink"] is None and told["playing"] is None


def test_state_stays_bounded():
    report = _state(cached=("b{}".format(n) for n in range(500)))
    assert len(_through_the_wire(report, report_fields.STATE)["cached"]) == report_words.CACHED_MAX


def test_the_will():
    _through_the_wire(state.WILL, report_fields.WILL)
    assert state.WILL == {"online": False}
    assert _is_malformed(state.WILL, report_fields.STATE)


def test_telemetry_leaves_out_what_it_does_not_know():
    told = _through_the_wire(telemetry.build(5, 100_000, 340, 0, 0, 0), report_fields.TELEMETRY)
    assert sorted(told) == ["buffer", "heap", "lost", "starvations", "underruns", "uptime"]
    regions = [(100, 50, 30, 20), (200, 90, 80, 7)]
    measured = {"temperature": 41, "supply": 11_900, "current": -20}
    told = _through_the_wire(
        telemetry.build(5, 100_000, 340, 2, 1, 0, rssi=-61, idf_heap=regions, measured=measured, faults=["es8388-absent"]),
        report_fields.TELEMETRY,
    )
    assert (told["rssi"], told["idf_block"], told["idf_low"], told["faults"]) == (-61, 80, 27, ["es8388-absent"])
    assert {name: told[name] for name in measured} == measured
    assert telemetry.build(5, 0, 0, 0, 0, 0, rssi=10)["rssi"] == 0


def _as_event(kind, members):
    event = {"journal": "j1", "n": 1, "kind": kind}
    event.update(members)
    return _through_the_wire(event, report_fields.EVENTS[kind])


def test_played_bulletin_and_played_siren():
    told = _as_event("played", proof.played(1790000000, _Item, VARIANT, "pcm16", 1500, 9000, report_words.END))
    assert (told["bulletin"], told["sha256"], told["codec"]) == ("news", SHA, "pcm16")
    assert (told["t"], told["from_ms"], told["to_ms"], told["of_ms"], told["why"]) == (1790000000, 1500, 9000, 9000, "end")
    told = _as_event("played", proof.played(None, _Item, None, None, 0, 700, HASH))
    assert [told[name] for name in ("t", "bulletin", "sha256", "codec", "of_ms")] == [None] * 5 and told["why"] == "hash"


def test_other_events():
    assert "hung" not in _as_event("boot", proof.boot(None, "0.1.0", "power-on"))
    assert _as_event("boot", proof.boot(1790000000, "0.1.0", "watchdog", "session"))["hung"] == "session"
    assert _as_event("dropped", proof.dropped(1790000000, _Item.key, "late"))["why"] == "late"
    assert _as_event("order", proof.order(1790000000, "flood-1", "done"))["id"] == "flood-1"
    told = _as_event("refused", proof.refused(1790000000, Refused(HASH, "ạ" * 100)))
    assert told["code"] == "hash" and told["reason"] == "ạ" * 40


def test_tables_refuse_what_is_not_theirs():
    event = {"journal": "j1", "n": 1, "kind": "dropped", "t": 1, "key": "k", "why": "late"}
    assert not _is_malformed(event, report_fields.EVENTS["dropped"])
    for name, wrong in (("n", 0), ("kind", "played"), ("t", -1), ("t", "now"), ("why", "Too Late"), ("key", None)):
        assert _is_malformed(dict(event, **{name: wrong}), report_fields.EVENTS["dropped"]), name
    assert _is_malformed({"id": "x", "result": "maybe"}, report_fields.ACK)
    assert not _is_malformed({"id": "plan:son-la:1", "result": "refused", "code": "slot", "reason": "x"}, report_fields.ACK)
    assert "or null" in describe(required(report_fields.STATE)["time"])
