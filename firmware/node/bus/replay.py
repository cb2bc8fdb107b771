"""Remembers which commands were carried out, so that a repeated one is not carried out again, also after a reboot in between.

Commands are repeated out of order, so the highest revision alone does not tell; some are remembered by id, and what is as old as the oldest of
a full list counts as done.
"""

from micropython import const

from node.refusal import REPLAYED, Refused

_REMEMBERED = const(32)


class Done:
    """`entries` is a list of [id, revision] in ascending order of revision, to be stored as JSON by the owner and given back after a reboot."""

    def __init__(self, entries=()):
        self.entries = [list(entry) for entry in entries]

    def check(self, command_id, revision):
        """Raises Refused(REPLAYED) for a command that was done, or may have been and was forgotten."""
        forgotten = len(self.entries) >= _REMEMBERED and revision <= self.entries[0][1]
        if forgotten or any(known == command_id for known, _ in self.entries):
            raise Refused(REPLAYED, "command {} was carried out before".format(command_id))

    def add(self, command_id, revision):
        """It is being carried out: from now on it is not again."""
        self.entries.append([command_id, revision])
        self.entries.sort(key=lambda entry: entry[1])
        del self.entries[:-_REMEMBERED]
