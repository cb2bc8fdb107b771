"""Orders: what overrides the plan now. Each is kept in the database together with the new air document that carries it, or not at all."""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from loa.errors import EXIT_INVALID, LoaError
from loa.firmware import agenda, refusal, topics
from loa.language import _
from loa.station import retention
from loa.station.database import Database
from loa.station.documents import Document, Documents

_STALE_S = 3600  # an order that ended this long ago is no longer named in its document


@dataclass(frozen=True)
class Live:
    """A live stream on the air: `name` in its URL is its order's id; `source` is what FFmpeg reads; `started` Unix seconds."""

    name: str
    source: str
    codec: str
    started: int


class Orders:
    """The orders of one station. `zone` is the time zone in which their ids are readable."""

    def __init__(self, database: Database, documents: Documents, zone: str, files: str, keep: retention.Keep) -> None:
        self._database = database
        self._keep = keep
        self._documents = documents
        self._zone = ZoneInfo(zone)
        self._files = files

    def name(self, what: str) -> str:
        """A new order id: what it is and when it was given, `urgent-0901-053000`."""
        given = datetime.now(self._zone).strftime("%m%d-%H%M%S")
        name, count = f"{what}-{given}", 1
        while self._database.row("SELECT 1 FROM standing WHERE id = ?", name):
            count += 1
            name = f"{what}-{given}-{count}"
        return name

    def give(self, audience: str, record: dict[str, Any]) -> Document:
        """Add an order to the air document of an area or node. Raises `LoaError` if nodes would refuse it; then nothing changes."""
        with self._database.transaction() as rows:
            values = (record["id"], audience, json.dumps(record, ensure_ascii=False), int(time.time()), record["until"])
            rows.execute("INSERT INTO standing VALUES (?, ?, ?, ?, ?, NULL)", values)
            self._forget(self._keep())
            return self._issue(audience)

    def give_instead(self, audience: str, record: dict[str, Any]) -> Document:
        """The same, and take back what was ordered there of the same kind (`do`)."""
        with self._database.transaction() as rows:
            for row in self._standing(audience):
                if json.loads(row["record"])["do"] == record["do"]:
                    rows.execute("UPDATE standing SET withdrawn = ? WHERE id = ?", (int(time.time()), row["id"]))
            return self.give(audience, record)

    def give_live(self, audience: str, record: dict[str, Any], source: str) -> Document:
        """Add an order for a live stream and keep its source for those who serve it."""
        with self._database.transaction() as rows:
            rows.execute("INSERT INTO live VALUES (?, ?, ?, ?, NULL)", (record["id"], source, record["live"]["codec"], record["from"]))
            return self.give(audience, record)

    def end(self, order_id: str, at: int) -> Document | None:
        """Let an order end at `at`, Unix seconds, if it would last longer; what of it sounds then is left if it is live.

        None if it had ended already. Raises `LoaError` if there is no such order.
        """
        with self._database.transaction() as rows:
            row = rows.execute("SELECT * FROM standing WHERE id = ?", (order_id,)).fetchone()
            if row is None:
                raise LoaError(_('there is no order "{order_id}"', order_id=order_id), _("`loa watch` lists the orders"), EXIT_INVALID)
            rows.execute("UPDATE live SET ended = ? WHERE name = ? AND ended IS NULL", (at, order_id))
            if row["until"] <= at:
                return None
            record = json.loads(row["record"])
            record["until"] = max(at, record["from"] + 1)
            rows.execute(
                "UPDATE standing SET record = ?, until = ? WHERE id = ?",
                (json.dumps(record, ensure_ascii=False), record["until"], order_id),
            )
            return self._issue(row["audience"])

    def lives(self) -> list[Live]:
        """Live streams that are on the air."""
        rows = self._database.rows("SELECT live.* FROM live JOIN standing ON id = name WHERE ended IS NULL AND until > ?", int(time.time()))
        return [Live(row["name"], row["source"], row["codec"], row["started"]) for row in rows]

    def given(self, first: int, last: int) -> list[tuple[str, dict[str, Any]]]:
        """(audience, ORDER record) of all orders that were in force at some time from `first` to `last`, as they were given."""
        rows = self._database.rows("SELECT * FROM standing WHERE until >= ? AND created <= ? ORDER BY created, rowid", first, last)
        return [(row["audience"], json.loads(row["record"])) for row in rows]

    def files(self) -> set[str]:
        """SHA-256 of the audio files that orders name, as long as these are kept."""
        return {
            row[0] for row in self._database.rows("SELECT DISTINCT atom FROM standing, json_tree(standing.record) WHERE key = 'sha256'")
        }

    def renew(self, audience: str) -> Document:
        """Sign the air document of an audience anew with what still stands."""
        with self._database.transaction():
            return self._issue(audience)

    def _forget(self, before: int) -> None:
        """Let some go that were over before a Unix time."""
        with self._database.transaction() as rows:
            for old in rows.execute(
                "SELECT id FROM standing WHERE until < ? ORDER BY until LIMIT ?", (before, retention.AT_ONCE)
            ).fetchall():
                rows.execute("DELETE FROM live WHERE name = ?", (old["id"],))
                rows.execute("DELETE FROM standing WHERE id = ?", (old["id"],))

    def _standing(self, audience: str) -> list[Any]:
        after = int(time.time()) - _STALE_S
        return self._database.rows(
            "SELECT * FROM standing WHERE audience = ? AND withdrawn IS NULL AND until > ? ORDER BY created, rowid", audience, after
        )

    def _issue(self, audience: str) -> Document:
        """What stands and what was over lately, but of the latter no more than there is room for: the oldest gives way to a new order."""
        standing = self._standing(audience)
        over = sorted((row for row in standing if row["until"] <= time.time()), key=lambda row: row["until"])
        while True:
            body = {"orders": [json.loads(row["record"]) for row in standing], "files": self._files}
            try:
                document = self._documents.issue(topics.AIR, audience, body)
                break
            except LoaError:
                if not over:
                    raise
                standing.remove(over.pop(0))
        area, node_id = ("check", audience.partition("/")[2]) if topics.is_node_audience(audience) else (audience, "check")
        try:
            agenda.Agenda(area, node_id).put_air(audience, document.body)
        except refusal.Refused as refused:
            raise LoaError(_("nodes would refuse this: {reason}", reason=refused.reason), exit_code=EXIT_INVALID) from refused
        return document
