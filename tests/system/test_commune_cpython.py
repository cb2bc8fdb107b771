"""The same firmware on the other runtime: what a whole node on CPython emits and reports."""

import pytest

from loa.testing import Node, Station


@pytest.mark.loa(nodes=["ban-la-1"], runtime="cpython")
def test_a_bulletin_is_heard_whole(station: Station, node: Node) -> None:
    station.voice("sang", 3)
    order = station.desk.urgent(station.area, "sang", fallback="none")
    node.wait_for_proof(order)
    (stretch,) = node.heard("sang")
    assert node.heard_share("sang") > 0.99
    assert node.ends(f"{station.area}|{order}") == ["end"]
    assert stretch.from_ms < 100
