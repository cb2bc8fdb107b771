"""A station changes its key while a node runs: the node goes on without a break, and after the old key is revoked nothing that it signed counts."""

import shutil
from collections.abc import Callable
from pathlib import Path

from host_support import AREA, STATION, keyring, site

from loa.firmware import topics
from loa.sim.commune import Commune
from loa.testing.waiting import eventually

NODE = "ban-hin-1"
TRUST, AIR = f"trust:{AREA}", f"air:{AREA}"


def test_a_node_follows_its_station_to_a_new_key(tmp_path: Path) -> None:
    shutil.copytree(keyring().folder, tmp_path / "keys")
    quiet = site().model_copy(update={"quiet": [], "nodes": {NODE: site().nodes[NODE]}})
    with Commune(quiet, tmp_path / "commune", keys=tmp_path / "keys") as commune:
        ring, desk, node = commune.keyring, commune.desk, commune.nodes[NODE]

        def holds(kind: str) -> int:
            revisions: dict[str, int] = desk.nodes.state(NODE).get("revisions", {})
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

        commune.wait_online()
        desk.volume(AREA, 30)
        eventually(lambda: holds(topics.AIR) == newest(topics.AIR), "the node holds the order")
        all_held(lambda: ring.rotate_station(commune.site, STATION))
        all_held(lambda: ring.revoke_station_key(commune.site, STATION, STATION))
        assert len(node.boots) == 1
        all_held(lambda: ring.revoke_station_key(commune.site, STATION, ring.history(STATION).kid))
        eventually(lambda: desk.nodes.state(NODE).get("volume") == 30, "the order holds still")
