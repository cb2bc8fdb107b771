"""The record: every event of every node exactly once, by (node, journal, n), and how far each journal is recorded without a gap.

A node sends its events in order and again until `seen` covers them, so an event that is missing comes by itself. If the first one behind the gap is
repeated twice and the missing ones do not come, the node no longer has them: the gap is recorded as lost, so that it is not waited for for ever. One
repetition proves nothing: MQTT repeats what was in flight before the node begins again from its oldest.

What is older than `keep` goes, but of each node the newest stays: how far its journal is recorded is told by it.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loa.firmware import report_fields, schema, schema_text
from loa.station import retention
from loa.station.database import Database

_UNIX_MAX = 4102444800
_REPEATED = 2  # times that make a gap a loss
# The members that every event has; one of a kind that only newer nodes know is recorded as it is.
_BOOT = schema_text.required(report_fields.EVENTS["boot"])
_ANY_KIND = schema.Record("event", {name: _BOOT[name] for name in ("journal", "n", "t")})


@dataclass(frozen=True)
class Event:
    """One event. `t` is when it happened by the node's clock, Unix seconds, None if it had no time; `body` as reported.

    `received`: when it was recorded here, Unix seconds.
    """

    node: str
    journal: str
    n: int
    t: int | None
    kind: str
    body: dict[str, Any]
    received: int


class Record:
    """The events of a station's nodes."""

    def __init__(self, database: Database, keep: retention.Keep) -> None:
        self._database = database
        self._keep = keep
        self._repeated: dict[tuple[str, str, int], int] = {}  # (node, journal, first event behind a gap): how often it came again

    def begin_connection(self) -> None:
        """What was repeated before tells nothing any more: the station may have missed what came with it."""
        self._repeated.clear()

    def add(self, node_id: str, body: dict[str, Any]) -> bool:
        """Record an event; False if it stands there already. Raises `Refused(MALFORMED)` if it is none; then nothing changes."""
        schema.check(report_fields.EVENTS.get(str(body.get("kind")), _ANY_KIND), body, "event")
        journal, n, t = body["journal"], body["n"], body["t"]
        with self._database.transaction() as rows:
            key = body["key"] if isinstance(body.get("key"), str) else None
            values = (node_id, journal, n, t, str(body.get("kind")), json.dumps(body, ensure_ascii=False), int(time.time()), key)
            new = rows.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values).rowcount > 0
            rows.execute("INSERT OR IGNORE INTO journal VALUES (?, ?, 0)", (node_id, journal))
            upto = self.recorded(node_id, journal)
            if not new and n > upto + 1 and n == self._first_after(node_id, journal, upto) and self._is_given_up(node_id, journal, n):
                rows.execute("INSERT INTO lost VALUES (?, ?, ?, ?)", (node_id, journal, upto + 1, n - 1))
                upto = n - 1
            while rows.execute("SELECT 1 FROM event WHERE node = ? AND journal = ? AND n = ?", (node_id, journal, upto + 1)).fetchone():
                upto += 1
            rows.execute("UPDATE journal SET upto = ? WHERE node = ? AND journal = ?", (upto, node_id, journal))
            if new:
                self._forget(self._keep())
        return new

    def recorded(self, node_id: str, journal: str) -> int:
        """The number up to and with which everything is recorded or known to be lost; 0 for nothing."""
        row = self._database.row("SELECT upto FROM journal WHERE node = ? AND journal = ?", node_id, journal)
        return row["upto"] if row else 0

    def newest_journal(self, node_id: str) -> str | None:
        """The journal of the event that came last, or None."""
        newest = self.newest(node_id)
        return newest.journal if newest else None

    def newest(self, node_id: str) -> Event | None:
        """The event of a node that came last, or None."""
        row = self._database.row("SELECT * FROM event INDEXED BY event_node WHERE node = ? ORDER BY rowid DESC LIMIT 1", node_id)
        return _event(row) if row else None

    def events(self, node_id: str | None = None, first: int = 0, last: int = _UNIX_MAX) -> list[Event]:
        """Events that happened from `first` to `last`, Unix seconds, in the order in which they came; those without a time count as then."""
        whose, values = ("INDEXED BY event_when WHERE", ()) if node_id is None else ("INDEXED BY event_node WHERE node = ? AND", (node_id,))
        rows = self._database.rows(
            f"SELECT * FROM event {whose} coalesce(t, received) BETWEEN ? AND ? ORDER BY rowid",
            *values,
            first,
            last,
        )
        return [_event(row) for row in rows]

    def about(self, node_id: str, keys: Iterable[str]) -> dict[str, list[Event]]:
        """What happened at a node to the items with these keys, whenever that was: each in the order in which it came."""
        found: dict[str, list[Event]] = {}
        wanted = json.dumps(list(keys))
        for row in self._database.rows(
            "SELECT * FROM event INDEXED BY event_key WHERE node = ? AND key IN (SELECT value FROM json_each(?)) ORDER BY rowid",
            node_id,
            wanted,
        ):
            found.setdefault(row["key"], []).append(_event(row))
        return found

    def lost(self) -> list[tuple[str, str, int, int]]:
        """(node, journal, first, last) of events that nodes no longer had."""
        return [tuple(row) for row in self._database.rows("SELECT node, journal, first, last FROM lost ORDER BY rowid")]

    def _forget(self, before: int) -> None:
        """Let some go that happened and came before a Unix time."""
        with self._database.transaction() as rows:
            rows.execute(
                "DELETE FROM event WHERE rowid IN (SELECT rowid FROM event INDEXED BY event_when"
                " WHERE coalesce(t, received) < ? AND received < ? AND rowid < (SELECT max(rowid) FROM event AS later WHERE later.node = event.node)"
                " LIMIT ?)",
                (before, before, retention.AT_ONCE),
            )

    def _is_given_up(self, node_id: str, journal: str, n: int) -> bool:
        """Count a repetition of the first event behind a gap; True if there were enough."""
        gap = (node_id, journal, n)
        self._repeated[gap] = self._repeated.get(gap, 0) + 1
        if self._repeated[gap] < _REPEATED:
            return False
        del self._repeated[gap]
        return True

    def _first_after(self, node_id: str, journal: str, n: int) -> int:
        row = self._database.row("SELECT min(n) AS n FROM event WHERE node = ? AND journal = ? AND n > ?", node_id, journal, n)
        assert row is not None
        return int(row["n"])


def _event(row: Any) -> Event:
    return Event(row["node"], row["journal"], row["n"], row["t"], row["kind"], json.loads(row["body"]), row["received"])
