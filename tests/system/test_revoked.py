"""A key that the root revokes while its plan is in force: the node starts anew, believes nothing that it signed, and goes on with what is left."""

from pathlib import Path

import loa.demo
from loa.firmware import topics
from loa.keys.signing import SigningKey, load_rsa_key
from loa.keys.trust import ROOT_KID
from loa.sim.commune import Commune
from loa.site.load import load_site

NODE = "ban-hin-1"
AREA = "son-la/moc-chau"
PLAN = '[bulletins.tin]\n[[slots]]\nid = "tin"\nbulletin = "tin"\nat = ["00:00"]\n'


def test_its_plan_counts_no_more(tmp_path: Path) -> None:
    site = load_site(Path(loa.demo.__file__).parent / "site.toml").model_copy(update={"quiet": []})
    with Commune(site, tmp_path / "commune", nodes=[NODE]) as commune:
        desk, node = commune.desk, commune.nodes[NODE]
        desk.add_audio(Path(loa.demo.__file__).parent / "audio" / "cho-phien.mp3", "tin")
        (tmp_path / "plan.toml").write_text(PLAN)
        plan = desk.publish_plan(tmp_path / "plan.toml")
        commune.wait_online()
        commune.wait_until(lambda: held(commune).get(f"plan:{AREA}") == plan.revision, 20, "the node with its plan")
        trust = desk.documents.current(topics.TRUST, AREA)
        assert trust is not None
        root = SigningKey(ROOT_KID, load_rsa_key(commune.keyring.folder / "root.pem"))
        revision = trust.revision + 1
        payload = {**trust.body, "revoked": [desk.name], "rev": revision, "iat": revision}
        desk.documents.adopt(topics.TRUST, root.sign(payload), payload)
        commune.wait_until(lambda: len(node.boots) == 2, 20, "the node that starts anew")
        commune.wait_until(lambda: held(commune) == {f"trust:{AREA}": revision}, 20, "the node with the new trust document alone")
        assert node.boots[0].why == "hard"


def held(commune: Commune) -> dict[str, int]:
    """Revisions by the node's last word, but of what it was told of its events."""
    revisions: dict[str, int] = commune.desk.nodes.state(NODE).get("revisions", {})
    return {name: revision for name, revision in revisions.items() if not name.startswith(topics.SEEN)}
