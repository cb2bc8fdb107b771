"""Who may sign what: the root key, which is fixed and signs only `trust`, and the station keys that trust documents name (DESIGN, "The wire", trust).

A node hears a trust document for each area of its chain. Their keys are looked for from the hamlet up, and what any of them revokes is revoked.
Verifies no signature and knows no time: that is `admission`.
"""

from micropython import const

from node.bus import topics
from node.bus.encoding import from_base64url
from node.bus.limits import CLASSES
from node.refusal import KEY_REVOKED, KEY_UNKNOWN, MALFORMED, SCOPE, Refused

ROOT = "root"  # the root key's kid, which no station may have
_MODULUS_BYTES = const(256)  # RSA-2048, the one size whose steps stay short enough and which RFC 7518, 3.3 still allows


class Key:
    """A public key: `kid`, `n` (modulus, big-endian bytes), `e`, and its scope: `areas`, `types`, `rank` (index in `limits.CLASSES`)."""

    def __init__(self, record, areas, types, rank):
        self.kid = record["kid"]
        self.n = _modulus(record["n"])
        self.e = record["e"]
        self.areas = areas
        self.types = types
        self.rank = rank
        if not self.e & 1:
            raise Refused(MALFORMED, "key {}: an even exponent".format(self.kid))


class TrustStore:
    """Trust of one node. `root` is the root's public key, `{"n": base64url, "e": number}`; `area` the node's hamlet."""

    def __init__(self, root, area):
        self._root = Key({"kid": ROOT, "n": root["n"], "e": root["e"]}, (), (topics.TRUST,), 0)
        self._area = area
        self._loaded = {}  # audience: (keys by kid, revoked kids, True if its document has certificates)

    @property
    def names_servers(self):
        """The nearest area whose trust document has certificates, to which TLS must lead; None: none has. They are long, and not kept here."""
        for area in self._nearest_first():
            if self._loaded[area][2]:
                return area
        return None

    def load(self, audience, body):
        """Put a trust document into force in place of its area's last one; `body` passed its table in `documents`. As `check` otherwise."""
        self._loaded[audience] = self.check(body)

    def check(self, body):
        """Raises Refused(MALFORMED) for a body whose keys can never be used: not RSA-2048, two of one name, one named as the root."""
        keys = {}
        for record in body["keys"]:
            key = Key(record, record["areas"], record["types"], CLASSES.index(record["class"]))
            if key.kid in keys or key.kid == ROOT:
                raise Refused(MALFORMED, "a second key named " + key.kid)
            keys[key.kid] = key
        return keys, body.get("revoked", ()), bool(body.get("ca"))

    def key(self, kid):
        """The `Key` of that name. Raises Refused: KEY_REVOKED, KEY_UNKNOWN. The root cannot be revoked."""
        if kid == ROOT:
            return self._root
        if any(kid in self._loaded[area][1] for area in self._nearest_first()):
            raise Refused(KEY_REVOKED, "key {} is revoked".format(kid))
        for area in self._nearest_first():
            keys = self._loaded[area][0]
            if kid in keys:
                return keys[kid]
        raise Refused(KEY_UNKNOWN, "no key {} is trusted".format(kid))

    def may(self, key, kind, audience, rank):
        """Raises Refused(SCOPE) unless `key` may sign a document of type `kind` for `audience` whose highest class has the index `rank`."""
        if (kind == topics.TRUST) != (key is self._root):
            raise Refused(SCOPE, "trust is the root's to sign, and nothing else is")
        if key is self._root:
            return
        if kind not in key.types:
            raise Refused(SCOPE, "key {} may not sign {}".format(key.kid, kind))
        place = self._area if topics.is_node_audience(audience) else audience
        if not any(topics.covers(area, place) for area in key.areas):
            raise Refused(SCOPE, "key {} may not sign for {}".format(key.kid, place))
        if rank > key.rank:
            raise Refused(SCOPE, "key {} may not sign {}".format(key.kid, CLASSES[rank]))

    def _nearest_first(self):
        return [area for area in reversed(topics.chain(self._area)) if area in self._loaded]


def _modulus(text):
    modulus = from_base64url(text.encode())
    if len(modulus) != _MODULUS_BYTES or modulus[0] < 0x80 or not modulus[-1] & 1:
        raise Refused(MALFORMED, "not the modulus of an RSA-2048 key")
    return modulus
