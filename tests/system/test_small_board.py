"""A board without PSRAM: the firmware lives in the heap that such a board is given here, which is more than the real one has (`loa.sim.heap`)."""

import time

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


@pytest.mark.loa(site=small_site(), nodes=["ban-hin-1"], runtime="micropython")
def test_what_arrives_while_it_plays_does_not_break_the_sound(station: Station, node: Node) -> None:
    """Each document has several overlays loaded one after the other, which must not take longer than the ring has sound.

    Told by what is heard of the whole: a host with other work lets the ring run dry for a moment by itself.
    """
    station.voice("tin", seconds=12)
    order = station.desk.urgent(station.area, "tin")
    node.wait_for_sound("tin")
    station.desk.volume(station.area, 80)
    station.plan({"tin": time.time() + 3600})
    assert node.wait_for_proof(order)
    assert node.heard_share("tin") > 0.97
    assert "MemoryError" not in node.log()


@pytest.mark.loa(site=small_site(), nodes=["ban-hin-1"], runtime="micropython")
def test_orders_and_a_stop_are_carried_out_in_a_small_heap(station: Station, node: Node) -> None:
    station.voice("tin", seconds=20)
    station.voice("lu-quet", seconds=3)
    station.desk.urgent(station.area, "tin")
    node.wait_for_sound("tin")
    order = station.desk.urgent(station.area, "lu-quet")
    node.wait_for_sound("lu-quet", within_s=40)
    assert node.wait_for_proof(order)
    node.wait_for_more(2.0)
    station.desk.stop(station.area)
    node.wait_for_state(on_air=None)
    assert "MemoryError" not in node.log()
