"""Keys may sign what their scope says and nothing else; the root signs trust alone."""

from node.bus.encoding import to_base64url
from node.bus.trust import ROOT, TrustStore
from node.refusal import KEY_REVOKED, KEY_UNKNOWN, MALFORMED, SCOPE, Refused

MODULUS = to_base64url(b"\xc1" * 256)
OTHER = to_base64url(b"\xd1" * 256)
COMMUNE = "son-la/moc-chau"
AREA = COMMUNE + "/ban-hin"
NODE = "node/loa-01"


def key(kid, areas=(COMMUNE,), types=("plan", "air", "cmd"), highest="priority", n=MODULUS, e=65537):
    return {"kid": kid, "n": n, "e": e, "areas": list(areas), "types": list(types), "class": highest}


def store(**bodies):
    made = TrustStore({"n": MODULUS, "e": 65537}, AREA)
    for audience, body in bodies.items():
        made.load({"province": "son-la", "commune": COMMUNE}[audience], body)
    return made


def code_of(function, *arguments):
    try:
        function(*arguments)
    except Refused as refused:
        return refused.code
    return None


def test_before_any_trust_document_only_the_root_is_known():
    trust = store()
    assert trust.key(ROOT).n == b"\xc1" * 256
    assert code_of(trust.key, "moc-chau") == KEY_UNKNOWN
    assert trust.names_servers is None


def test_scope():
    trust = store(commune={"keys": [key("a")]})
    a, root = trust.key("a"), trust.key(ROOT)
    for kind, audience, rank, code in (
        ("plan", COMMUNE, 1, None),
        ("plan", AREA, 0, None),
        ("plan", COMMUNE, 2, SCOPE),
        ("plan", "son-la", 0, SCOPE),
        ("plan", "son-la/moc-chau-2", 0, SCOPE),
        ("cmd", NODE, 0, None),
        ("seen", NODE, 0, SCOPE),
        ("trust", COMMUNE, 0, SCOPE),
    ):
        assert code_of(trust.may, a, kind, audience, rank) == code, (kind, audience, rank)
    assert code_of(trust.may, root, "trust", COMMUNE, 0) is None
    assert code_of(trust.may, root, "plan", COMMUNE, 0) == SCOPE


def test_a_key_that_claims_to_sign_trust_does_not():
    trust = store(commune={"keys": [key("a", types=("trust",))]})
    assert code_of(trust.may, trust.key("a"), "trust", COMMUNE, 0) == SCOPE


def test_a_neighbours_key_may_not_speak_to_this_node():
    trust = store(commune={"keys": [key("a", areas=("son-la/yen-chau",))]})
    assert code_of(trust.may, trust.key("a"), "cmd", NODE, 0) == SCOPE


def test_a_new_document_replaces_its_areas_last_one_alone():
    trust = store(province={"keys": [key("p", areas=("son-la",))], "ca": "far"}, commune={"keys": [key("a")], "ca": "near"})
    assert trust.names_servers == COMMUNE
    trust.load(COMMUNE, {"keys": [key("b")]})
    assert code_of(trust.key, "a") == KEY_UNKNOWN
    assert trust.key("b").kid == "b" and trust.key("p").kid == "p"
    assert trust.names_servers == "son-la"


def test_the_nearest_areas_key_counts_and_anybodys_revocation():
    trust = store(province={"keys": [key("a", n=OTHER)]}, commune={"keys": [key("a")]})
    assert trust.key("a").n == b"\xc1" * 256
    trust.load("son-la", {"keys": [], "revoked": ["a", ROOT]})
    assert code_of(trust.key, "a") == KEY_REVOKED
    assert trust.key(ROOT).kid == ROOT


def test_documents_of_areas_that_are_not_the_nodes_do_nothing():
    trust = store()
    trust.load("son-la/yen-chau", {"keys": [key("a")], "ca": "x"})
    assert code_of(trust.key, "a") == KEY_UNKNOWN and trust.names_servers is None


def test_unusable_keys_change_nothing():
    trust = store(commune={"keys": [key("a")]})
    for bad in (
        [key("b"), key("b")],
        [key(ROOT)],
        [key("b", e=65536)],
        [key("b", n=to_base64url(b"\xc1" * 128))],
        [key("b", n=to_base64url(b"\x41" + b"\xc1" * 255))],
        [key("b", n=to_base64url(b"\xc1" * 255 + b"\xc2"))],
        [key("b", n="é" * 10)],
        [key("b", n=MODULUS + "=")],
    ):
        assert code_of(trust.load, COMMUNE, {"keys": bad}) == MALFORMED
    assert trust.key("a").kid == "a"
