"""A board without PSRAM: the firmware lives in the heap that such a board is given here, which is more than the real one has (`loa.sim.heap`)."""

import pytest

from loa.testing.commune import Node, Station
from loa.testing.lab import default_site

_BOARD = "generic-esp32-max98357a"


def small_site():
    site = default_site()
    nodes = {name: node.model_copy(update={"board": _BOARD}) for name, node in site.nodes.items()}
    return site.model_copy(update={"nodes": nodes})


@pytest.mark.loa(site=small_site(), nodes=["ban-hin-1"], runtime="micropython")
def test_an_urgent_bulletin_is_fetched_played_and_proved_in_a_small_heap(station: Station, node: Node) -> None:
    station.voice("lu-quet", seconds=2)
    order = station.desk.urgent(station.area, "lu-quet")
    assert node.wait_for_proof(order)
    assert node.heard("lu-quet")
    assert "MemoryError" not in node.log()
