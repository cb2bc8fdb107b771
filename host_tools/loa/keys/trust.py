"""The trust document of a station's area: which keys nodes there believe, for what. Signed by the root key, which signs nothing else.

It names the area's own station and the stations of the areas above; a neighbour's key is not in it.
"""

import time
from typing import Any

from loa.firmware import documents, topics
from loa.site.model import Site

ROOT_KID = "root"
_TYPES = [topics.PLAN, topics.AIR, topics.COMMAND, topics.SEEN]
_VALID_S = 20 * 366 * 86400


def trust_body(site: Site, area: str, public_keys: dict[str, dict[str, Any]], authority: bytes) -> dict[str, Any]:
    """Body of the trust document for an area; `public_keys` are the stations' keys by name."""
    believed = [(name, station) for name, station in site.stations.items() if topics.covers(station.area, area)]
    keys = [
        {"kid": name, **public_keys[name], "areas": [station.area], "types": _TYPES, "class": station.highest}
        for name, station in sorted(believed)
    ]
    body: dict[str, Any] = {"keys": keys, "ca": authority.decode()}
    documents.TRUST_BODY(body, "")
    return body


def trust_payload(area: str, body: dict[str, Any], previous: dict[str, Any] | None) -> dict[str, Any] | None:
    """The payload to sign, or None if the previous document already says the same."""
    if previous is not None and all(previous.get(name) == value for name, value in body.items()):
        return None
    now = int(time.time())
    revision = max(previous["rev"] + 1 if previous else 1, now)
    return {"typ": topics.TRUST, "iss": ROOT_KID, "aud": area, "iat": now, "exp": now + _VALID_S, "rev": revision, **body}
