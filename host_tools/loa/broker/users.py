"""Who may connect to the broker and what for: nodes hear their own areas and speak for themselves, stations hear and speak all.

This keeps accidents and stolen passwords small. What protects the loudspeakers is the signature on every document, never the broker.
"""

from dataclasses import dataclass

from loa.firmware import topics
from loa.keys import Keyring
from loa.site.model import Site


@dataclass(frozen=True)
class User:
    """A broker account; `publish` and `subscribe` are MQTT topic filters it may use, or parts of which it may use."""

    name: str
    password: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def station_user(station: str) -> str:
    """Name of a station's account and MQTT client. Node ids have no underscore, so the two never meet."""
    return f"station_{station}"


def users_of(site: Site, keyring: Keyring) -> list[User]:
    """Accounts for all stations and nodes of a site but those whose secrets were revoked."""
    to_all, from_all = f"{topics.ROOT}/to/#", f"{topics.ROOT}/from/#"
    stations = [User(station_user(name), keyring.station_password(name), (to_all,), (to_all, from_all)) for name in site.stations]
    nodes = [
        User(
            node_id,
            keyring.node(node_id).password,
            tuple(topics.from_node(node_id, kind) for kind in topics.REPORTS),
            tuple(topics.filters(node.area, node_id)),
        )
        for node_id, node in site.nodes.items()
        if not keyring.is_revoked(node_id)
    ]
    return stations + nodes
