"""Whom servers must be, as the node takes trust documents: certificates are not kept, so what needs those of an earlier one starts it anew."""

import node.app
from node.app import Node
from node.bus.trust import TrustStore

PROVINCE = "son-la"
COMMUNE = "son-la/moc-chau"
ROOT_KEY = {"n": "wcHB" * 85 + "wQ", "e": 65537}


class Document:
    def __init__(self, audience, ca, kind="trust"):
        self.kind = kind
        self.audience = audience
        self.body = {"keys": [], "ca": ca} if ca else {"keys": []}


class Admission:
    def holds_untrusted(self):
        return False


class Settings:
    def ca(self):
        return "bench"


class Net:
    tls = "bench"


class Half:
    """What `Node._committed` needs of a node."""

    def __init__(self):
        self.trust = TrustStore(ROOT_KEY, COMMUNE + "/ban-hin")
        self.admission = Admission()
        self.settings = Settings()
        self.net = Net()
        self.servers_named_by = None
        self.starting_anew = None
        self.anew = False

    async def _start_anew(self):
        self.anew = True


async def after(*documents):
    """A node that took these trust documents: (audience, certificates or None)."""
    half = Half()
    real = node.app.tls
    node.app.tls = Contexts
    try:
        for audience, ca in documents:
            document = Document(audience, ca)
            half.trust.load(audience, document.body)
            Node._committed(half, document)
            if half.starting_anew:
                await half.starting_anew
        Node._committed(half, Document(COMMUNE, None, "plan"))
    finally:
        node.app.tls = real
    return half


class Contexts:
    @staticmethod
    def client_context(ca):
        return ca


async def test_the_nearest_that_has_certificates_names_servers():
    near, far = (COMMUNE, "near+"), (PROVINCE, "far+")
    for documents, named in (
        ((far, near), "near+"),
        ((near, far), "near+"),
        ((far, (COMMUNE, None)), "far+"),
        (((COMMUNE, None), far), "far+"),
    ):
        half = await after(*documents)
        assert half.net.tls == named + "bench" and not half.anew, documents


async def test_a_new_document_of_the_nearest_counts_at_once():
    half = await after((PROVINCE, "far+"), (COMMUNE, "near+"), (COMMUNE, "newer+"), (PROVINCE, "other+"))
    assert half.net.tls == "newer+bench" and not half.anew


async def test_without_any_certificates_those_before_stay():
    half = await after((COMMUNE, "near+"), (COMMUNE, None))
    assert half.net.tls == "near+bench" and not half.anew
    assert (await after((COMMUNE, None))).net.tls == "bench"


async def test_where_those_further_up_name_servers_again_the_node_starts_anew():
    half = await after((PROVINCE, "far+"), (COMMUNE, "near+"), (COMMUNE, None))
    assert half.anew
