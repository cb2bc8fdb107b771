"""A station changes its key while a node runs: the node goes on without a break, and after the old key is revoked nothing that it signed counts."""

from collections.abc import Callable

import pytest

from loa.firmware import topics
from loa.testing import Commune, Node, eventually

AREA = "son-la/moc-chau"
STATION = "moc-chau"


@pytest.mark.loa(nodes=["ban-hin-1"])
def test_a_node_follows_its_station_to_a_new_key(loa_commune: Commune, node: Node) -> None:
    ring, desk, site = loa_commune.keyring, loa_commune.desk, loa_commune.site

    def holds(kind: str) -> int:
        revisions: dict[str, int] = node.state.get("revisions", {})
        return revisions.get(f"{kind}:{AREA}", 0)

    def newest(kind: str) -> int:
        document = desk.documents.current(kind, AREA)
        assert document is not None
        return document.revision

    def all_held(after: Callable[[], str]) -> None:
        kid = after()
        eventually(lambda: desk.documents.current(topics.AIR, AREA).body["iss"] == kid, f"the station signs by {kid}")
        for kind in (topics.TRUST, topics.AIR):
            eventually(lambda kind=kind: holds(kind) == newest(kind), f"the node holds the {kind}")

    desk.volume(AREA, 30)
    eventually(lambda: holds(topics.AIR) == newest(topics.AIR), "the node holds the order")
    all_held(lambda: ring.rotate_station(site, STATION))
    all_held(lambda: ring.revoke_station_key(site, STATION, STATION))
    assert len(node.boots) == 1
    all_held(lambda: ring.revoke_station_key(site, STATION, ring.history(STATION).kid))
    eventually(lambda: node.state.get("volume") == 30, "the order holds still")
