"""The station's memory: one SQLite file in WAL mode that several threads and processes may use at once.

What a person ordered and what a node reported is committed here before anything is sent or answered, so a station may be killed at any
moment. Tables are owned by the modules named beside them; nothing else reads or writes them.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from loa.errors import LoaError
from loa.language import _

_BUSY_MS = 10_000
_RETRY_S = 0.01

# One script a version; a file of an older version is brought up to date when it is opened. Scripts that were released never change.
MIGRATIONS = (
    """
    -- of station
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);

    -- of audio
    CREATE TABLE audio (
        name TEXT NOT NULL, language TEXT NOT NULL, title TEXT NOT NULL, lufs REAL NOT NULL, peak_dbtp REAL NOT NULL,
        added INTEGER NOT NULL,
        PRIMARY KEY (name, language));
    CREATE TABLE variant (
        name TEXT NOT NULL, language TEXT NOT NULL, codec TEXT NOT NULL, rate INTEGER NOT NULL, ms INTEGER NOT NULL,
        bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
        PRIMARY KEY (name, language, codec), FOREIGN KEY (name, language) REFERENCES audio ON DELETE CASCADE);

    -- of documents
    CREATE TABLE document (
        kind TEXT NOT NULL, audience TEXT NOT NULL, rev INTEGER NOT NULL, iat INTEGER NOT NULL, exp INTEGER NOT NULL,
        body TEXT NOT NULL, raw TEXT NOT NULL,
        PRIMARY KEY (kind, audience, rev));

    -- of orders
    CREATE TABLE standing (
        id TEXT PRIMARY KEY, audience TEXT NOT NULL, record TEXT NOT NULL, created INTEGER NOT NULL,
        until INTEGER NOT NULL, withdrawn INTEGER);
    CREATE TABLE live (
        name TEXT PRIMARY KEY, source TEXT NOT NULL, codec TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER);

    -- of commands
    CREATE TABLE command (
        id TEXT PRIMARY KEY, node TEXT NOT NULL, do TEXT NOT NULL, raw TEXT NOT NULL, rev INTEGER NOT NULL,
        created INTEGER NOT NULL, expires INTEGER NOT NULL, answered INTEGER, result TEXT, code TEXT, reason TEXT);

    -- of record
    CREATE TABLE event (
        node TEXT NOT NULL, journal TEXT NOT NULL, n INTEGER NOT NULL, t INTEGER, kind TEXT NOT NULL, body TEXT NOT NULL,
        received INTEGER NOT NULL,
        PRIMARY KEY (node, journal, n));
    CREATE INDEX event_time ON event (t);
    CREATE TABLE journal (
        node TEXT NOT NULL, journal TEXT NOT NULL, upto INTEGER NOT NULL,
        PRIMARY KEY (node, journal));
    CREATE TABLE lost (node TEXT NOT NULL, journal TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL);

    -- of nodes
    CREATE TABLE ack (
        node TEXT NOT NULL, id TEXT NOT NULL, result TEXT NOT NULL, code TEXT, reason TEXT, received INTEGER NOT NULL);
    CREATE INDEX ack_id ON ack (id);
    CREATE TABLE node (
        id TEXT PRIMARY KEY, online INTEGER NOT NULL, heard INTEGER NOT NULL, state TEXT NOT NULL, telemetry TEXT NOT NULL);
    """,
    """
    -- of record: the key of the item that an event is about
    ALTER TABLE event ADD COLUMN key TEXT;
    UPDATE event SET key = json_extract(body, '$.key') WHERE json_valid(body);
    CREATE INDEX event_key ON event (node, key);

    -- of nodes: one answer of a kind to one thing
    DELETE FROM ack WHERE rowid NOT IN (SELECT max(rowid) FROM ack GROUP BY id, node, result);
    DROP INDEX ack_id;
    CREATE UNIQUE INDEX ack_answer ON ack (id, node, result);

    -- of commands: those that wait are asked for ten times a second
    CREATE INDEX command_expires ON command (expires);
    """,
    """
    -- of hostclock: by how many seconds the clock was found wrong, and where it stood against the monotonic one then; no row: it is believed
    CREATE TABLE clock (ahead INTEGER NOT NULL, against INTEGER NOT NULL);
    """,
    """
    -- of record: when an event happened, and the newest of a node, without reading all
    DROP INDEX event_time;
    CREATE INDEX event_when ON event (coalesce(t, received));
    CREATE INDEX event_node ON event (node);

    -- of commands: the newest of a node, and the oldest of all
    CREATE INDEX command_node ON command (node, rev);
    CREATE INDEX command_created ON command (created);

    -- of orders
    CREATE INDEX standing_until ON standing (until);

    -- of documents: orders are kept by themselves, not by the documents that carried them
    DELETE FROM document WHERE kind = 'air' AND rev <
        (SELECT max(rev) FROM document AS later WHERE later.kind = 'air' AND later.audience = document.audience);
    """,
)


class Database:
    """The open file. Every write goes through `transaction`; reads may use it too and then see one state of things."""

    def __init__(self, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
        """`migrations`: the station's own, or those of another file that is kept in the same way."""
        self._migrations = migrations
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        _use_wal(self._connection)
        self._connection.execute("PRAGMA synchronous = FULL")  # a committed order or event survives a power cut
        self._connection.execute("PRAGMA foreign_keys = ON")
        try:
            self._migrate(path)
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: commits at the end of the block, takes everything back if it raises. Inside another one it joins it."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Rows of one reading statement."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, *values: object) -> sqlite3.Row | None:
        """The first row of one reading statement, or None."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def others(self) -> int:
        """A value that differs after any commit by another process: cheap enough to ask several times a second."""
        with self._lock:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            return int(version)

    def close(self) -> None:
        """Close the file; the database is of no use afterwards."""
        with self._lock:
            self._connection.close()

    def _migrate(self, path: Path) -> None:
        with self.transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > len(self._migrations):
                raise LoaError(_("{path}: written by a newer loa", path=path), _("install that version or a newer one"))
            for number, script in enumerate(self._migrations[version:], version + 1):
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for others here, whatever the connection's time-out: of several that open a new file at once all but one were refused."""
    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, because `executescript` would end the transaction that protects them."""
    statement = ""
    for line in script.splitlines():
        statement += line.partition("--")[0] + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
