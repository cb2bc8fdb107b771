"""Which board became which node: by MAC, who did it and when, with what result. One SQLite file a site, that several benches' processes may use at once.

A board is begun before anything is written and done when its node has spoken; between the two it is the same node's at the next try.
"""

import getpass
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loa.bench.errors import BoardTaken, NodeTaken, NoNodeLeft, NotKept
from loa.errors import LoaError
from loa.station.database import Database

FILE = "bench.db"
BEGUN, MADE, FAILED, REPLACED = "begun", "made", "failed", "replaced"

_MIGRATIONS = (
    """
    CREATE TABLE board (
        mac TEXT PRIMARY KEY, node TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, result TEXT NOT NULL, reason TEXT NOT NULL,
        who TEXT NOT NULL, at INTEGER NOT NULL, made INTEGER, port TEXT NOT NULL, versions TEXT NOT NULL);
    CREATE TABLE attempt (
        mac TEXT NOT NULL, node TEXT NOT NULL, result TEXT NOT NULL, reason TEXT NOT NULL, who TEXT NOT NULL, at INTEGER NOT NULL,
        port TEXT NOT NULL, versions TEXT NOT NULL);
    """,
)


@dataclass(frozen=True)
class Entry:
    """A board as it was left: `result` begun, made or failed; `at` and `made` (None: never yet) in Unix seconds; `kind` is the folder in boards/."""

    mac: str
    node: str
    kind: str
    result: str
    reason: str
    who: str
    at: int
    made: int | None
    port: str
    versions: dict[str, Any]


@dataclass
class Attempt:
    """A board on its way to become a node. `versions`: what is to be kept of what stands on it, when all went well."""

    node: str
    versions: dict[str, Any] = field(default_factory=dict)


class Inventory:
    """The boards of a site; `folder` is where its parts keep their things."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        with self._writing():
            self._database = Database(self._path, _MIGRATIONS)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def board(self, mac: str) -> Entry | None:
        """What is known of a board."""
        return self._entry("SELECT * FROM board WHERE mac = ?", mac)

    def of_node(self, node_id: str) -> Entry | None:
        """The board that is a node, or was to become it."""
        return self._entry("SELECT * FROM board WHERE node = ?", node_id)

    def boards(self) -> list[Entry]:
        """Every board, the newest last."""
        return [_entry(row) for row in self._database.rows("SELECT * FROM board ORDER BY at, mac")]

    @contextmanager
    def attempt(self, mac: str, kind: str, candidates: Sequence[str], port: str, again: bool = False) -> Iterator[Attempt]:
        """As `begin`; at the end of the block the board is made, or it failed with the `LoaError` that the block raised."""
        under_way = Attempt(self.begin(mac, kind, candidates, port, again))
        try:
            yield under_way
        except LoaError as error:
            self.end(mac, FAILED, error.message, {})
            raise
        self.end(mac, MADE, "", under_way.versions)

    def begin(self, mac: str, kind: str, candidates: Sequence[str], port: str, again: bool = False) -> str:
        """Give a board its node, one of `candidates`, and note that it is begun; returns the node.

        A board keeps the node that it has, if that is among them. Otherwise it gets the first that no other board has; with one candidate and
        `again` that one, whoever has it. Raises `NodeTaken`, `BoardTaken` or `NoNodeLeft`.
        """
        with self._writing(), self._database.transaction() as rows:
            node = self._choose(mac, candidates, again)
            made = rows.execute("SELECT made FROM board WHERE mac = ? AND node = ?", (mac, node)).fetchone()
            rows.execute("DELETE FROM board WHERE mac = ? OR node = ?", (mac, node))
            values = (mac, node, kind, BEGUN, "", _who(), int(time.time()), made[0] if made else None, port, "{}")
            rows.execute("INSERT INTO board VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        return node

    def end(self, mac: str, result: str, reason: str, versions: dict[str, Any]) -> None:
        """Note how it ended; `reason` is empty for what went well."""
        now = int(time.time())
        with self._writing(), self._database.transaction() as rows:
            rows.execute(
                "UPDATE board SET result = ?, reason = ?, at = ?, made = CASE WHEN ? THEN ? ELSE made END, versions = ? WHERE mac = ?",
                (result, reason, now, result == MADE, now, json.dumps(versions), mac),
            )
            rows.execute(
                "INSERT INTO attempt SELECT mac, node, result, reason, who, at, port, versions FROM board WHERE mac = ?",
                (mac,),
            )

    def rename(self, old: str, new: str) -> None:
        """The board that was made as `old` is `new` from now on; a board that was `new` is nobody's."""
        with self._writing(), self._database.transaction() as rows:
            rows.execute("DELETE FROM board WHERE node = ?", (new,))
            rows.execute("UPDATE board SET node = ? WHERE node = ?", (new, old))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Says what is wrong with the file in words for people; what was committed before stays."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise NotKept(self._path, error) from error

    def _choose(self, mac: str, candidates: Sequence[str], again: bool) -> str:
        has = self.board(mac)
        if has and has.node in candidates:
            return has.node
        if len(candidates) == 1:
            (only,) = candidates
            owner = self.of_node(only)
            if not again and owner is not None:
                raise NodeTaken(only, owner.mac)
            if not again and has is not None and has.made is not None:
                raise BoardTaken(mac, has.node)
            return only
        taken = {entry.node for entry in self.boards()}
        for node in candidates:
            if node not in taken:
                return node
        raise NoNodeLeft(len(candidates))

    def _entry(self, query: str, value: str) -> Entry | None:
        row = self._database.row(query, value)
        return _entry(row) if row else None


def _entry(row: Any) -> Entry:
    return Entry(**{**dict(row), "versions": json.loads(row["versions"])})


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name
        return ""
