"""Decides on every document and command that reaches the node: admitted, or refused with one precise code (`node.refusal`, in that order).

`admit` only reads; what was admitted counts from `commit` on, so that a document which its user refuses (an impossible slot) is as if it had never
come. Where a document came from does not matter: MQTT, HTTP and flash are judged alike.
"""

import hashlib

from node.bus import jws, rs256, tables, topics
from node.bus.encoding import json_object
from node.bus.limits import CLASSES, REVISION_AHEAD_MAX_S, document_id
from node.bus.replay import Done
from node.refusal import (
    AUDIENCE,
    EXPIRED,
    MALFORMED,
    REVISION_FUTURE,
    REVISION_OLD,
    SIGNATURE,
    TIME_UNSET,
    Refused,
)

# What is true for ever, or says itself what the time is, and so may be acted on before the time is known (DESIGN, "always", 9).
_TIMELESS = (topics.TRUST, topics.SEEN)
_URGENT = CLASSES.index("urgent")
_NOTHING = (0, None, None)  # what is held under a topic of which nothing was admitted


class Document:
    """An admitted document or command. Times are Unix seconds; `body` is the whole payload, the header's members included.

    `pending`: the time is unset, so whether it has expired is not known: keep it, do not act on it, and ask `Admission.check_time` when the clock moves.
    `urgent`: an `air` with an urgent order.
    `confirms_time`: a `seen` that repeats this node's nonce: `issued` is the time now.
    """

    def __init__(self, kind, audience, raw, body):
        self.kind = kind
        self.audience = audience
        self.raw = raw
        self.body = body
        self.revision = body["rev"]
        self.issuer = body["iss"]
        self.issued = body["iat"]
        self.expires = body["exp"]
        self.pending = False
        self.urgent = False
        self.confirms_time = False

    @property
    def id(self):
        """What an ack calls it: a command's own id, otherwise `limits.document_id`."""
        return _subject(self.kind, self.audience, self.body)

    @property
    def digest(self):
        """SHA-256 of the bytes as they came."""
        return _digest(self.raw)


class Admission:
    """Judges for the node `node_id` in the hamlet `area`. `trust` is its TrustStore.

    `clock` has `now()` (Unix seconds or None), `floor` (Unix seconds that are certainly past) and `raise_floor(unix)`. `nonce()` is the text that the
    node's `state` shows at present, or None. `done` is what `done.entries` was before the reboot: the commands already carried out.
    """

    def __init__(self, trust, clock, area, node_id, nonce, done=()):
        self._trust = trust
        self._clock = clock
        self._nonce = nonce
        self._audiences = {audience: topics.AREA_TYPES for audience in topics.chain(area)}
        self._audiences[topics.node_audience(node_id)] = topics.NODE_TYPES
        self._held = {}  # (kind, audience): (revision, SHA-256 of the raw document, name of the key that signed it)
        self.done = Done(done)

    def revisions(self):
        """Revisions held, `{"plan:son-la/moc-chau": 1790000000}`, as `state` reports them."""
        return {"{}:{}".format(kind, audience): self._held[(kind, audience)][0] for kind, audience in self._held}

    def holds(self, topic, raw):
        """True if just these bytes were admitted under `topic` and count: brokers repeat what is retained with each connection."""
        place = topics.parse_to(topic)
        if place is None:
            return False
        audience, kind = place
        _, digest, _ = self._held.get((kind, audience), _NOTHING)
        return digest is not None and digest == _digest(raw)

    async def admit(self, topic, raw):
        """The `Document` that `raw` (bytes) under `topic` is. Changes nothing.

        Raises Refused. Its `subject` is set once the signature has been found good: what fails before that is nobody's, and needs no ack.
        TIME_UNSET is no final answer: the station repeats a command until one comes or it expires.
        """
        header, payload, signed, signature = jws.parse(raw)
        place = topics.parse_to(topic)
        if place is None:
            raise Refused(MALFORMED, "no topic for documents")
        key = self._trust.key(header["kid"])
        if not await rs256.verify(key.n, key.e, signed, signature):
            raise Refused(SIGNATURE, "not signed by key " + key.kid)
        body = json_object(payload)
        del payload, signed, signature  # a small board needs their memory for the tables
        audience, kind = place
        try:
            await tables.check(kind, body)
            document = Document(kind, audience, raw, body)
            self._judge(document, key)
        except Refused as refused:
            refused.subject = _subject(kind, audience, body)
            raise
        return document

    def commit(self, document):
        """It counts: its revision or command id is remembered, its `iat` is proved to be past, and a trust document is put into force.

        While the time is unset only the answer to the nonce proves it: nothing bounds how far ahead another `iat` is. Commit a pending document once
        more when it has been judged by a known time.

        Raises Refused, and changes nothing, if a newer one was committed since it was admitted: REVISION_OLD, REPLAYED.
        """
        self._check_revision(document)
        if document.confirms_time or self._clock.now() is not None:
            self._clock.raise_floor(document.issued)
        if document.kind == topics.COMMAND:
            self.done.add(document.id, document.revision)
            return
        if document.kind == topics.TRUST:
            self._trust.load(document.audience, document.body)
        self._held[(document.kind, document.audience)] = (document.revision, document.digest, document.issuer)

    def holds_untrusted(self):
        """True if something is held whose key is trusted no longer: only a new judgement of everything, as at boot, can tell what still counts."""
        for _, _, issuer in self._held.values():
            try:
                self._trust.key(issuer)
            except Refused:
                return True
        return False

    def forget(self, kind, audience):
        """Hold no longer what turned out not to count, so that an honest document with a lower revision can take its place."""
        self._held.pop((kind, audience), None)

    def check_time(self, document):
        """Judge a pending document again: sets `pending` anew. Raises Refused: EXPIRED, REVISION_FUTURE; TIME_UNSET for a command while unset."""
        # What answers the nonce says itself what the time is, and may put a wrong clock right.
        now = document.issued if document.confirms_time else self._clock.now()
        if document.expires <= (self._clock.floor if now is None else now):
            raise Refused(EXPIRED, "expired at {}".format(document.expires))
        if now is None and document.kind == topics.COMMAND:
            raise Refused(TIME_UNSET, "whether it has expired is not known yet")
        document.pending = now is None and document.kind not in _TIMELESS
        if now is not None and max(document.revision, document.issued) > now + REVISION_AHEAD_MAX_S:
            raise Refused(REVISION_FUTURE, "more than a day ahead of {}".format(now))

    def _judge(self, document, key):
        kind, audience, body = document.kind, document.audience, document.body
        if body["iss"] != key.kid:
            raise Refused(MALFORMED, "iss is not the key that signed")
        if kind == topics.TRUST:
            self._trust.check(body)
        if body["aud"] != audience or kind not in self._audiences.get(audience, ()):
            raise Refused(AUDIENCE, "for {}".format(body["aud"]))
        highest = _highest_class(kind, body)
        self._trust.may(key, kind, audience, highest)
        document.urgent = kind == topics.AIR and highest == _URGENT
        nonce = self._nonce()
        document.confirms_time = kind == topics.SEEN and nonce is not None and body.get("nonce") == nonce
        self.check_time(document)
        self._check_revision(document)

    def _check_revision(self, document):
        if document.kind == topics.COMMAND:
            self.done.check(document.id, document.revision)
            return
        revision, digest, _ = self._held.get((document.kind, document.audience), _NOTHING)
        if document.revision < revision or (document.revision == revision and document.digest != digest):
            raise Refused(REVISION_OLD, "revision {} is held".format(revision))


def _digest(raw):
    return hashlib.sha256(raw).digest()


def _subject(kind, audience, body):
    """What an ack calls a payload that was signed but perhaps not checked; None if it does not even say."""
    if kind == topics.COMMAND:
        return body["id"] if isinstance(body.get("id"), str) and topics.is_segment(body["id"]) else None
    return document_id(kind, audience, body["rev"]) if isinstance(body.get("rev"), int) else None


def _highest_class(kind, body):
    """Index of the highest class that a body, checked by its table, asks for; 0 where it asks for none."""
    classes = []
    if kind == topics.PLAN:
        classes = [body["bulletins"][bulletin]["class"] for bulletin in body["bulletins"]]
    elif kind == topics.AIR:
        classes = [order["class"] for order in body["orders"]]
        classes += [order["bulletin"]["class"] for order in body["orders"] if "bulletin" in order]
    return max([CLASSES.index(name) for name in classes] or [0])
