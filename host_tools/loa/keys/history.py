"""Which key a station signs with now, which of its earlier ones nodes still believe, and which they must never believe again. One small file a station."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loa.firmware import topics
from loa.keys.files import write_private

_NUMBER_LENGTH = 4  # "-999"
_KID_LENGTH = topics.SEGMENT_MAX - _NUMBER_LENGTH


@dataclass(frozen=True)
class History:
    """`kid` is the present key's name; `earlier` are public keys ({kid, n, e}) still believed; `revoked` are names, for ever."""

    kid: str
    earlier: tuple[dict[str, Any], ...] = ()
    revoked: tuple[str, ...] = field(default=())

    @property
    def kids(self) -> set[str]:
        """Names that were ever used."""
        return {self.kid, *self.revoked, *(str(key["kid"]) for key in self.earlier)}

    def after(self, public: dict[str, Any], station: str, taken: Collection[str]) -> "History":
        """With a new key, whose name is not yet taken; the present one, `public`, is believed until it is revoked, those before it no longer."""
        number = 2
        while (kid := f"{station[:_KID_LENGTH]}-{number}") in taken or kid in self.kids:
            number += 1
        return History(kid, ({"kid": self.kid, **public},), self.revoked)

    def without(self, kid: str) -> "History":
        """With an earlier key revoked."""
        left = tuple(key for key in self.earlier if key["kid"] != kid)
        return replace(self, earlier=left, revoked=tuple(dict.fromkeys((*self.revoked, kid))))


def read(path: Path, station: str) -> History:
    """A station's history; its first key is named as it is itself."""
    try:
        held = json.loads(path.read_bytes())
    except FileNotFoundError:
        return History(station)
    return History(held["kid"], tuple(held["earlier"]), tuple(held["revoked"]))


def write(path: Path, history: History) -> None:
    """Keep it, whole or not at all."""
    held = {"kid": history.kid, "earlier": history.earlier, "revoked": history.revoked}
    write_private(path, json.dumps(held, indent=1).encode())
