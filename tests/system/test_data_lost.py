"""A node whose `data` partition cannot be mounted any more comes back by itself and fetches again what it needs."""

from pathlib import Path

import loa.demo
from loa.boards import load_board
from loa.sim.commune import Commune
from loa.sim.hardware import chip
from loa.site.load import load_site

NODE = "ban-hin-1"


def test_it_formats_and_is_online_again(tmp_path: Path) -> None:
    site = load_site(Path(loa.demo.__file__).parent / "site.toml")
    with Commune(site, tmp_path / "commune", nodes=[NODE]) as commune:
        node = commune.nodes[NODE]
        commune.wait_online()
        node.power_off()
        partition = load_board(site.nodes[NODE].board).partition("data")
        with (node.folder / chip.FLASH_FILE).open("r+b") as flash:
            flash.seek(partition.address)
            flash.write(bytes(2 * 4096))
        node.start()
        node.wait_for("data cannot be mounted", 20)
        trust = commune.desk.documents.current("trust", "son-la/moc-chau")
        assert trust is not None

        def has_trust_again() -> bool:
            state = commune.desk.nodes.state(NODE)
            return state.get("n", 0) > 1 and state.get("revisions", {}).get(f"trust:{trust.audience}") == trust.revision

        commune.wait_until(has_trust_again, 30, "the node with its trust document")
