"""Who may use the page: whoever knows the set-up code of the label. Five wrong ones close it; each phone that said it right gets a token of its own.

The code is derived from the node's report key, so it is stored nowhere and says nothing about the key.
"""

import os

from micropython import const

from node.bus.reports import hmac_sha256

TRIES = const(5)
CODE_DIGITS = const(8)
_PHONES = const(4)
_TOKEN_BYTES = const(12)
_PURPOSE = b"loa set-up code"


def setup_code(report_key):
    """The code of a node: eight digits, from the first bytes of HMAC-SHA256 (RFC 2104) under its report key (32 bytes)."""
    mac = hmac_sha256(report_key, _PURPOSE)
    return f"{int.from_bytes(mac[:4], 'big') % 10**CODE_DIGITS:08d}"


class Lock:
    """`code`: eight digits. `closed` after five wrong ones, for good."""

    def __init__(self, code, random=os.urandom):
        self._code = code
        self._random = random
        self._tokens = []
        self.tries_left = TRIES

    @property
    def closed(self):
        """True when nobody is let in any more."""
        return self.tries_left <= 0

    def enter(self, said):
        """A token for who says the code, blanks and hyphens left out; None for a wrong one or when it is closed. The oldest of too many phones is sent out."""
        if self.closed:
            return None
        if "".join(sign for sign in said if sign not in " -.") != self._code:
            self.tries_left -= 1
            return None
        token = self._random(_TOKEN_BYTES).hex()
        self._tokens = [token] + self._tokens[: _PHONES - 1]
        return token

    def knows(self, token):
        """True for a token that was given out."""
        return not self.closed and token in self._tokens
