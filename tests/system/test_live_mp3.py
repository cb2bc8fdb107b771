"""A live stream as MP3, from the station's encoder to the loudspeaker of a node on MicroPython."""

import pytest

from loa.testing import Commune, Node, Station, eventually

SECONDS = 20.0


@pytest.mark.loa(nodes=["ban-la-1"])
def test_a_live_stream_is_heard_as_mp3(loa_commune: Commune, station: Station, node: Node) -> None:
    source = station.voice("truc-tiep", SECONDS)
    order = station.desk.live_start(station.area, str(source))
    node.wait_for_sound("truc-tiep")
    node.wait_for_more(4)
    station.desk.live_stop(order)
    key = f"{station.area}|{order}"
    eventually(lambda: node.ends(key), "the end of the stream", 30)
    assert node.ends(key) == ["end"]
    stretches = node.heard("truc-tiep")
    assert stretches[0].from_ms < 6000 and sum(one.to_ms - one.from_ms for one in stretches) > 3000
    (event,) = [one.body for one in loa_commune.desk.record.events(node.node_id) if one.kind == "played" and one.body["key"] == key]
    assert event["codec"] == ("mp3" if node.runtime.is_micropython else "ima-adpcm")
