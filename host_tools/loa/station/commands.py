"""Commands: what happens to one node once. Each is sent by `service` until the node has answered it or it has expired, and kept as part of the record."""

import secrets
import time
from dataclasses import dataclass

from loa.errors import EXIT_INVALID, LoaError
from loa.firmware import refusal, topics
from loa.language import _
from loa.station import retention
from loa.station.database import Database
from loa.station.documents import Documents

KINDS = ("ping", "identify", "reboot", "send-log")
_ID_BYTES = 4


@dataclass(frozen=True)
class Command:
    """One command; times are Unix seconds. `result` is None while unanswered, then "ok" or "refused" with a code and a reason."""

    id: str
    node: str
    do: str
    raw: str
    created: int
    expires: int
    result: str | None
    code: str | None
    reason: str | None


class Commands:
    """The commands of one station."""

    def __init__(self, database: Database, documents: Documents, keep: retention.Keep) -> None:
        self._database = database
        self._documents = documents
        self._keep = keep

    def give(self, node_id: str, do: str, valid_s: int, number: int | None = None) -> Command:
        """Sign and keep a command that holds for some seconds. `number`, 0 to 999: told in beeps by a node that is to identify itself."""
        if do not in KINDS:
            raise LoaError(_('there is no command "{do}"', do=do), _("the commands are: ") + ", ".join(KINDS), EXIT_INVALID)
        audience, now = topics.node_audience(node_id), int(time.time())
        command_id = f"{do}-{secrets.token_hex(_ID_BYTES)}"
        with self._database.transaction() as rows:
            (previous,) = rows.execute("SELECT max(rev) FROM command WHERE node = ?", (node_id,)).fetchone()
            revision = max((previous or 0) + 1, now)
            body = {"id": command_id, "do": do} | ({} if number is None else {"number": number})
            raw = self._documents.sign(self._documents.payload(topics.COMMAND, audience, body, now, now + valid_s, revision))
            values = (command_id, node_id, do, raw, revision, now, now + valid_s)
            rows.execute("INSERT INTO command VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL)", values)
            rows.execute(
                "DELETE FROM command WHERE rowid IN (SELECT rowid FROM command INDEXED BY command_created WHERE created < ?"
                " AND rev < (SELECT max(rev) FROM command AS later WHERE later.node = command.node) LIMIT ?)",
                (self._keep(), retention.AT_ONCE),
            )
        return self.get(command_id)

    def get(self, command_id: str) -> Command:
        """One command. Raises `LoaError` if there is none."""
        found = self._select("id = ?", command_id)
        if not found:
            raise LoaError(_('there is no command "{command_id}"', command_id=command_id), exit_code=EXIT_INVALID)
        return found[0]

    def waiting(self) -> list[Command]:
        """Those that are neither answered nor expired, oldest first."""
        return self._select("answered IS NULL AND expires > ?", int(time.time()))

    def answer(self, node_id: str, command_id: str, result: str, code: str | None, reason: str | None) -> bool:
        """Keep a node's answer; True if it was the first to one of its commands.

        A node that does not know the time yet has not decided, and one that did it before says so: its first answer was lost.
        """
        if code == refusal.TIME_UNSET:
            return False
        if code == refusal.REPLAYED:
            result = "ok"
        with self._database.transaction() as rows:
            done = rows.execute(
                "UPDATE command SET answered = ?, result = ?, code = ?, reason = ? WHERE id = ? AND node = ? AND answered IS NULL",
                (int(time.time()), result, code, reason, command_id, node_id),
            )
            return done.rowcount > 0

    def _select(self, where: str, *values: object) -> list[Command]:
        names = "id, node, do, raw, created, expires, result, code, reason"
        return [Command(*row) for row in self._database.rows(f"SELECT {names} FROM command WHERE {where} ORDER BY created, id", *values)]
