"""A node whose `data` partition cannot be mounted any more comes back by itself and fetches again what it needs."""

import pytest

from loa.boards import load_board
from loa.sim.hardware import chip
from loa.testing import Node, Station, eventually


@pytest.mark.loa(nodes=["ban-hin-1"])
def test_it_formats_and_is_online_again(station: Station, node: Node) -> None:
    node.power_off()
    partition = load_board(station.desk.site.nodes[node.node_id].board).partition("data")
    with (node.folder / chip.FLASH_FILE).open("r+b") as flash:
        flash.seek(partition.address)
        flash.write(bytes(2 * 4096))
    node.start()
    node.wait_for("data cannot be mounted", 20)
    trust = station.desk.documents.current("trust", station.area)
    assert trust is not None

    def has_trust_again() -> bool:
        return node.state.get("n", 0) > 1 and node.state["revisions"].get(f"trust:{trust.audience}") == trust.revision

    eventually(has_trust_again, "the node with its trust document", 30)
