"""In which form a live stream goes out: the best that everybody who is to hear it plays."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site, speech_like

from loa.station.station import Station

NODES = ("ban-hin-1", "ban-la-1", "ban-mong-1")


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = Station(site(), STATION, keyring(), tmp_path)
    yield station
    station.close()


def live(station: Station, audience: str, tmp_path: Path) -> str:
    """The codec in the order that nodes get."""
    order = station.live_start(audience, str(speech_like(1, tmp_path / "live.wav")), importance="normal")
    document = station.documents.current("air", audience)
    assert document is not None
    (record,) = [record for record in document.body["orders"] if record["id"] == order]
    assert next(one.codec for one in station.orders.lives() if one.name == order) == record["live"]["codec"]
    return str(record["live"]["codec"])


def test_nodes_that_never_spoke_play_what_their_boards_do(station: Station, tmp_path: Path) -> None:
    assert live(station, AREA, tmp_path) == "mp3"


def test_one_node_without_mp3_makes_it_adpcm_for_its_area(station: Station, tmp_path: Path) -> None:
    for name in NODES:
        station.nodes.heard_state(name, {"online": True, "codecs": ["mp3", "ima-adpcm", "pcm16"]})
    station.nodes.heard_state(NODES[1], {"online": True, "codecs": ["ima-adpcm", "pcm16"]})
    assert live(station, AREA, tmp_path) == "ima-adpcm"
    assert live(station, f"{AREA}/ban-la", tmp_path) == "ima-adpcm"
    assert live(station, f"{AREA}/ban-hin", tmp_path) == "mp3"
    assert live(station, f"node/{NODES[2]}", tmp_path) == "mp3"
