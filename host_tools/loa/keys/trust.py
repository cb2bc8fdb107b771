"""The trust document of a station's area: which keys nodes there believe, for what. Signed by the root key, which signs nothing else.

It names the area's own station and the stations of the areas above; a neighbour's key is not in it.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from loa.firmware import BODIES, schema, topics
from loa.site.model import Site

ROOT_KID = "root"
_TYPES = [topics.PLAN, topics.AIR, topics.COMMAND, topics.SEEN]
_MEMBERS = ("keys", "ca", "revoked")
_VALID_S = 20 * 366 * 86400


def trust_body(
    site: Site, area: str, believed: Mapping[str, Iterable[dict[str, Any]]], revoked: Mapping[str, Iterable[str]], authority: bytes
) -> dict[str, Any]:
    """Body of the trust document for an area. By station: `believed`, its public keys ({kid, n, e}); `revoked`, the names of keys that were revoked."""
    heard = sorted((name, station) for name, station in site.stations.items() if topics.covers(station.area, area))
    keys = [
        {**key, "areas": [station.area], "types": _TYPES, "class": station.highest} for name, station in heard for key in believed[name]
    ]
    names = sorted(kid for name, _ in heard for kid in revoked[name])
    body: dict[str, Any] = {"keys": keys, "ca": authority.decode(), **({"revoked": names} if names else {})}
    schema.check(BODIES[topics.TRUST], body, "")
    return body


def trust_payload(area: str, body: dict[str, Any], previous: dict[str, Any] | None) -> dict[str, Any] | None:
    """The payload to sign, or None if the previous document already says the same."""
    if previous is not None and all(previous.get(name) == body.get(name) for name in _MEMBERS):
        return None
    now = int(time.time())
    revision = max(previous["rev"] + 1 if previous else 1, now)
    return {"typ": topics.TRUST, "iss": ROOT_KID, "aud": area, "iat": now, "exp": now + _VALID_S, "rev": revision, **body}
