"""Why a node refuses a document: an officer sees it where the node is seen to lag, and in its log."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cli_support import Desk
from host_support import AREA, STATION, keyring, site

from loa.firmware import topics
from loa.station.documents import Document
from loa.station.station import Station

NODE = "ban-la-1"
REASON = "slots: needs at most 64, has 70"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def station(desk: Desk) -> Iterator[Station]:
    with closing(Station(site(), STATION, keyring(), desk.places.station(STATION))) as opened:
        yield opened


def answered(station: Station, result: str) -> Document:
    """An air document that a node answered with "refused" and then with `result`."""
    document = station.documents.issue(topics.AIR, AREA, {"orders": []})
    station.nodes.acknowledged(NODE, {"id": document.id, "result": "refused", "code": "full", "reason": REASON})
    station.nodes.acknowledged(NODE, {"id": document.id, "result": result, "code": "full", "reason": REASON})
    return document


def row(desk: Desk) -> str:
    return next(line for line in desk.loa("watch", "--once").stdout.splitlines() if line.startswith(NODE))


def test_watch_shows_why_a_node_lags(desk: Desk, station: Station) -> None:
    document = answered(station, "refused")
    views = {view["node"]: view for view in desk.loa("watch", "--once", "--json").json["nodes"]}
    (refused,) = views[NODE]["refused"]
    assert refused.pop("received") > 0
    assert refused == {"node": NODE, "document": document.id, "code": "full", "reason": REASON}
    assert views["ban-hin-1"]["refused"] == []
    assert "trust, air: full" in row(desk)


def test_the_log_says_it_in_the_nodes_words(desk: Desk, station: Station) -> None:
    document = answered(station, "refused")
    for whose in ((), (NODE,)):
        told = desk.loa("log", *whose).stdout
        assert "Refused documents" in told
        assert f"{NODE}  {document.id}  full  {REASON}" in told
    assert [one["document"] for one in desk.loa("log", "--json").json["refused"]] == [document.id]
    assert desk.loa("log", "ban-hin-1", "--json").json["refused"] == []
    assert "Refused documents" not in desk.loa("log", "ban-hin-1").stdout


def test_what_was_accepted_later_or_replaced_is_refused_no_more(desk: Desk, station: Station) -> None:
    answered(station, "ok")
    assert "trust, air " in row(desk), "it said ok and then lost its data"
    answered(station, "refused")
    station.documents.issue(topics.AIR, AREA, {"orders": []})
    assert desk.loa("log", "--json").json["refused"] == []


def test_what_the_node_holds_is_not_refused(desk: Desk, station: Station) -> None:
    document = answered(station, "refused")
    station.nodes.heard_state(NODE, {"online": True, "revisions": {f"air:{AREA}": document.revision}})
    assert desk.loa("log", "--json").json["refused"] == []
