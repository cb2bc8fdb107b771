"""A key that the root revokes while its plan is in force: the node starts anew, believes nothing that it signed, and goes on with what is left."""

import time

import pytest

from loa.firmware import topics
from loa.keys.signing import SigningKey, load_rsa_key
from loa.keys.trust import ROOT_KID
from loa.testing import Commune, Node, Station, eventually

IN_AN_HOUR_S = 3600


@pytest.mark.loa(nodes=["ban-hin-1"])
def test_its_plan_counts_no_more(loa_commune: Commune, station: Station, node: Node) -> None:
    desk = station.desk
    station.voice("tin", 1)
    plan = station.plan({"tin": time.time() + IN_AN_HOUR_S})
    eventually(lambda: held(node).get(f"plan:{station.area}") == plan.revision, "the node with its plan")
    trust = desk.documents.current(topics.TRUST, station.area)
    assert trust is not None
    root = SigningKey(ROOT_KID, load_rsa_key(loa_commune.keyring.folder / "root.pem"))
    revision = trust.revision + 1
    payload = {**trust.body, "revoked": [desk.name], "rev": revision, "iat": revision}
    desk.documents.adopt(topics.TRUST, root.sign(payload), payload)
    eventually(lambda: len(node.boots) == 2, "the node that starts anew")
    eventually(lambda: held(node) == {f"trust:{station.area}": revision}, "the node with the new trust document alone")
    assert node.boots[0].why == "hard"


def held(node: Node) -> dict[str, int]:
    """Revisions by the node's last word, but of what it was told of its events."""
    revisions: dict[str, int] = node.state.get("revisions", {})
    return {name: revision for name, revision in revisions.items() if not name.startswith(topics.SEEN)}
