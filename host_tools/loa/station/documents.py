"""Makes signed documents: checks the body by the tables that nodes use, gives it a revision, signs it, and keeps it before anyone sees it.

The newest revision of each (kind, audience) is what stands on the broker; older ones of plans are kept as long as the record, because a proof of
play is read against the plan that held then. Orders are kept by themselves.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from types import MappingProxyType
from typing import Any

from loa.errors import EXIT_INVALID, LoaError
from loa.firmware import BODIES, documents, limits, refusal, schema, topics
from loa.keys import SigningKey
from loa.language import _
from loa.station import retention
from loa.station.database import Database
from loa.station.hostclock import HostClock

DAY_S = 86400
_VALID_S = {topics.PLAN: 366 * DAY_S, topics.AIR: 30 * DAY_S, topics.SEEN: 30 * DAY_S}
HELD_BY_NODES = (topics.TRUST, topics.PLAN, topics.AIR)  # whose revisions a node's state tells


@dataclass(frozen=True)
class Document:
    """A signed document as it goes out. `body` is its payload, the header's members included; `raw` is the compact JWS."""

    kind: str
    audience: str
    revision: int
    body: dict[str, Any]
    raw: str

    @property
    def id(self) -> str:
        """The name by which an ack speaks of it."""
        return str(limits.document_id(self.kind, self.audience, self.revision))

    @property
    def topic(self) -> str:
        """Its MQTT topic."""
        return str(topics.to(self.audience, self.kind))


class Documents:
    """The documents of one station, signed with its key and dated by its clock."""

    def __init__(self, database: Database, key: SigningKey, clock: HostClock, keep: retention.Keep) -> None:
        self._database = database
        self._keep_since = keep
        self._key = key
        self._clock = clock
        self._kept = 0
        self._newest: dict[tuple[str, str], int] = {}
        self._newest_of: object = None  # the version that `_newest` was read from

    @property
    def signer(self) -> str:
        """Name of the key that signs."""
        return self._key.kid

    def sign_with(self, key: SigningKey) -> None:
        """Sign with another key from now on."""
        self._key = key

    def issue(self, kind: str, audience: str, body: dict[str, Any]) -> Document:
        """Sign and keep a new revision.

        Raises `LoaError` for a body that nodes would refuse or that is too large, and while the clock is wrong; then nothing changes.
        """
        with self._database.transaction() as rows:
            (previous,) = rows.execute("SELECT max(rev) FROM document WHERE kind = ? AND audience = ?", (kind, audience)).fetchone()
            now = int(time.time())
            revision = max((previous or 0) + 1, now)
            expires = now + _VALID_S[kind]
            payload = self.payload(kind, audience, body, now, expires, revision)
            document = Document(kind, audience, revision, payload, self.sign(payload))
            self._keep(document)
        return document

    def adopt(self, kind: str, raw: str, payload: dict[str, Any]) -> None:
        """Keep a document that somebody else signed, the root's trust, if it is newer than the one held."""
        current = self.current(kind, payload["aud"])
        if current is None or current.revision < payload["rev"]:
            self._keep(Document(kind, payload["aud"], payload["rev"], payload, raw))

    def payload(self, kind: str, audience: str, body: dict[str, Any], issued: int, expires: int, revision: int) -> dict[str, Any]:
        """A body with the header's members before it; times are Unix seconds."""
        return {"typ": kind, "iss": self._key.kid, "aud": audience, "iat": issued, "exp": expires, "rev": revision, **body}

    def sign(self, payload: dict[str, Any]) -> str:
        """The compact JWS of a document or command. Raises `LoaError` as `issue` does."""
        self._clock.check()
        kind, audience = payload["typ"], payload["aud"]
        try:
            schema.check(documents.HEADER, payload, "")
            schema.check(BODIES[kind], payload, "")
        except refusal.Refused as refused:
            raise LoaError(
                _(
                    "the {kind} for {audience} would be refused by every node: {reason}",
                    kind=kind,
                    audience=audience,
                    reason=refused.reason,
                ),
                exit_code=EXIT_INVALID,
            ) from refused
        raw = self._key.sign(payload)
        if len(raw) > limits.DOCUMENT_BYTES_MAX:
            raise LoaError(
                _(
                    "the {kind} for {audience} has {count} bytes, {count2} more than nodes read",
                    kind=kind,
                    audience=audience,
                    count=len(raw),
                    count2=len(raw) - limits.DOCUMENT_BYTES_MAX,
                ),
                _("use fewer bulletins, languages or slots in it, or shorter titles"),
                EXIT_INVALID,
            )
        return raw

    def current(self, kind: str, audience: str) -> Document | None:
        """The newest revision, or None."""
        row = self._database.row("SELECT * FROM document WHERE kind = ? AND audience = ? ORDER BY rev DESC LIMIT 1", kind, audience)
        return _document(row) if row else None

    def version(self) -> tuple[int, int]:
        """Differs after every document kept here, and after whatever another process committed; cheap to ask."""
        return self._database.others(), self._kept

    def newest(self) -> Mapping[tuple[str, str], int]:
        """The newest revision by (kind, audience) of what is `HELD_BY_NODES`; cheap to ask."""
        version = self.version()
        if version != self._newest_of:
            marks = ", ".join("?" * len(HELD_BY_NODES))
            rows = self._database.rows(
                f"SELECT kind, audience, max(rev) AS rev FROM document WHERE kind IN ({marks}) GROUP BY kind, audience", *HELD_BY_NODES
            )
            self._newest = {(row["kind"], row["audience"]): row["rev"] for row in rows}
            self._newest_of = version
        return self._newest

    def all_current(self, besides: Mapping[tuple[str, str], int] = MappingProxyType({})) -> list[Document]:
        """The newest revision of everything: trust first, so that a new node can believe the rest.

        Left out is what has the revision that `besides` names for its (kind, audience).
        """
        rows = self._database.rows("SELECT kind, audience, max(rev) AS rev FROM document GROUP BY kind, audience")
        places = [(row["kind"], row["audience"]) for row in rows if besides.get((row["kind"], row["audience"])) != row["rev"]]
        found = [document for place in places if (document := self.current(*place)) is not None]
        return sorted(found, key=lambda document: (document.kind != topics.TRUST, document.topic))

    def history(self, kind: str, first: int, last: int) -> list[tuple[Document, int]]:
        """(document, until) of all revisions that were the newest at some time from `first` to `last`, by audience, oldest first.

        `until` is when the next revision was issued or this one expired. All times are Unix seconds.
        """
        rows = self._database.rows("SELECT * FROM document WHERE kind = ? AND iat <= ? ORDER BY audience, rev", kind, last)
        spans = []
        for row, after in zip_longest(rows, rows[1:]):
            until = min(row["exp"], after["iat"]) if after is not None and after["audience"] == row["audience"] else row["exp"]
            if until > first:
                spans.append((_document(row), until))
        return spans

    def files(self) -> set[str]:
        """SHA-256 of the audio files that documents name, those of former plans included."""
        return {row[0] for row in self._database.rows("SELECT DISTINCT atom FROM document, json_tree(document.body) WHERE key = 'sha256'")}

    def _keep(self, document: Document) -> None:
        body = document.body
        values = (
            document.kind,
            document.audience,
            document.revision,
            body["iat"],
            body["exp"],
            json.dumps(body, ensure_ascii=False),
            document.raw,
        )
        self._kept += 1
        with self._database.transaction() as rows:
            place = (document.kind, document.audience)
            if document.kind != topics.PLAN:
                rows.execute("DELETE FROM document WHERE kind = ? AND audience = ?", place)
            else:  # the one that was replaced later than that held within the time
                rows.execute(
                    "DELETE FROM document WHERE kind = ? AND audience = ? AND EXISTS (SELECT 1 FROM document AS later"
                    " WHERE later.kind = document.kind AND later.audience = document.audience AND later.rev > document.rev AND later.iat < ?)",
                    (*place, self._keep_since()),
                )
            rows.execute("INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def _document(row: Any) -> Document:
    return Document(row["kind"], row["audience"], row["rev"], json.loads(row["body"]), row["raw"])
