"""Under which key each node's reports are sealed, kept in memory for as long as nothing changes in the folder of their secrets.

A station opens two reports of every node for each order: with thousands of nodes that is no time to read thousands of files.
"""

import time

from loa.keys import Keyring

_SETTLED_NS = 1_000_000_000  # a folder that changed less than this ago may change again without its time telling


class ReportKeys:
    """Asks `keyring` again after each change of a node's secrets, by whichever process."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._keys: dict[str, bytes | None] = {}
        self._changed_ns = 0

    def of(self, node_id: str) -> bytes | None:
        """A node's key, None for one that is revoked. Raises `LoaError` where there is none or the folder cannot be read."""
        changed_ns = self._keyring.nodes_changed_ns()
        if changed_ns != self._changed_ns or abs(time.time_ns() - changed_ns) < _SETTLED_NS:
            self._changed_ns = changed_ns
            self._keys.clear()
        if node_id not in self._keys:
            self._keys[node_id] = None if self._keyring.is_revoked(node_id) else self._keyring.node(node_id).report_key
        return self._keys[node_id]
