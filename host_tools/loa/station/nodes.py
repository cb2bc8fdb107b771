"""What nodes last said of themselves: state, telemetry, answers to documents. Only what was verified comes here."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loa.site.model import Node
from loa.station.database import Database

SILENT_S = 150  # a node says its state once a minute at least


@dataclass(frozen=True)
class NodeStatus:
    """One node as it was last heard. `heard` is Unix seconds, 0 for never; `state` and `telemetry` as reported, empty if never.

    `online`: it said so and was heard lately. A broker that was away itself when the node died still retains the word of a living one.
    """

    id: str
    area: str
    online: bool
    heard: int
    state: dict[str, Any]
    telemetry: dict[str, Any]


class Nodes:
    """The nodes that a station serves."""

    def __init__(self, database: Database, nodes: dict[str, Node]) -> None:
        self._database = database
        self._nodes = nodes

    def serve(self, nodes: dict[str, Node]) -> None:
        """Let these be the nodes; what is known of others is kept."""
        self._nodes = nodes

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._nodes

    def heard_state(self, node_id: str, state: dict[str, Any], when: int | None = None) -> None:
        """Keep a state, said at Unix seconds `when`, now if that is left out."""
        with self._database.transaction() as rows:
            self._ensure(node_id)
            rows.execute(
                "UPDATE node SET online = ?, heard = max(heard, ?), state = ? WHERE id = ?",
                (bool(state.get("online")), _now() if when is None else when, json.dumps(state), node_id),
            )

    def heard_telemetry(self, node_id: str, telemetry: dict[str, Any]) -> None:
        """Keep telemetry."""
        with self._database.transaction() as rows:
            self._ensure(node_id)
            rows.execute("UPDATE node SET heard = ?, telemetry = ? WHERE id = ?", (_now(), json.dumps(telemetry), node_id))

    def gone(self, node_id: str) -> None:
        """The broker lost it."""
        with self._database.transaction() as rows:
            rows.execute("UPDATE node SET online = 0 WHERE id = ?", (node_id,))

    def acknowledged(self, node_id: str, ack: dict[str, Any]) -> None:
        """Keep what a node made of a document, order or command; of each `result` the newest."""
        values = (node_id, str(ack.get("id")), str(ack.get("result")), ack.get("code"), ack.get("reason"), _now())
        with self._database.transaction() as rows:
            rows.execute("INSERT OR REPLACE INTO ack VALUES (?, ?, ?, ?, ?, ?)", values)

    def acks(self, of: str) -> list[dict[str, Any]]:
        """What nodes made of a document, order or command, oldest first: node, result, code, reason, received (Unix seconds)."""
        rows = self._database.rows("SELECT node, result, code, reason, received FROM ack WHERE id = ? ORDER BY rowid", of)
        return [dict(row) for row in rows]

    def last_ack(self, node_id: str, of: str) -> dict[str, Any] | None:
        """What one node last made of one of them, or None."""
        query = "SELECT node, result, code, reason, received FROM ack WHERE id = ? AND node = ? ORDER BY rowid DESC LIMIT 1"
        row = self._database.row(query, of, node_id)
        return dict(row) if row else None

    def forget_acks(self, before: int, besides: Iterable[str]) -> None:
        """Forget what was said before a Unix time, but not of the documents, orders and commands `besides`."""
        with self._database.transaction() as rows:
            kept = json.dumps(list(besides))
            rows.execute("DELETE FROM ack WHERE received < ? AND id NOT IN (SELECT value FROM json_each(?))", (before, kept))

    def state(self, node_id: str) -> dict[str, Any]:
        """What one node last said of itself; empty if it never did."""
        row = self._database.row("SELECT state FROM node WHERE id = ?", node_id)
        state: dict[str, Any] = json.loads(row["state"]) if row else {}
        return state

    def status(self) -> list[NodeStatus]:
        """Every node of the station, heard or not."""
        rows = {row["id"]: row for row in self._database.rows("SELECT * FROM node")}
        return [self._status(node_id, node.area, rows.get(node_id)) for node_id, node in self._nodes.items()]

    def _ensure(self, node_id: str) -> None:
        with self._database.transaction() as rows:
            rows.execute("INSERT OR IGNORE INTO node VALUES (?, 0, 0, '{}', '{}')", (node_id,))

    @staticmethod
    def _status(node_id: str, area: str, row: Any) -> NodeStatus:
        if row is None:
            return NodeStatus(node_id, area, False, 0, {}, {})
        online = bool(row["online"]) and _now() - row["heard"] < SILENT_S
        return NodeStatus(node_id, area, online, row["heard"], json.loads(row["state"]), json.loads(row["telemetry"]))


def _now() -> int:
    return int(time.time())
