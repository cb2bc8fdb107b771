"""Makes a site as large as wanted: further nodes over its hamlets, and what each of them is given at the bench."""

import hashlib
from collections.abc import Sequence

from loa.boards import load_board
from loa.errors import EXIT_INVALID, LoaError
from loa.keys import Keyring
from loa.language import _
from loa.provision.contents import Services, first_documents, own_files
from loa.sim.fleet.messages import Blank
from loa.sim.hardware.path import BARE
from loa.sim.storms import profiles
from loa.site.model import Node, Site

NODES_MAX = 20_000


def enlarged(site: Site, station: str, count: int) -> Site:
    """The site with `count` nodes at a station: its own first, then others in turn over the hamlets that have nodes.

    What is made up is like the first node of its hamlet. Raises `LoaError` for fewer than one node, or more than `NODES_MAX`.
    """
    if not 1 <= count <= NODES_MAX:
        raise LoaError(_("{count} nodes cannot be simulated", count=count), _("take 1 to {most}", most=NODES_MAX), EXIT_INVALID)
    own = site.nodes_served_by(station)
    if not own:
        raise LoaError(_("station {station} has no node", station=station), _("give one of its hamlets a node in site.toml"), EXIT_INVALID)
    nodes = dict(list(own.items())[:count])
    patterns: dict[str, Node] = {}
    for node in own.values():
        patterns.setdefault(node.area, node)
    numbers = dict.fromkeys(patterns, 0)
    while len(nodes) < count:
        for area, pattern in patterns.items():
            if len(nodes) < count:
                name = _free_name(area, numbers, site, nodes)
                nodes[name] = pattern
    others = {name: node for name, node in site.nodes.items() if name not in own}
    return site.model_copy(update={"nodes": nodes | others})


def blanks(site: Site, keyring: Keyring, names: Sequence[str], services: Services, seed: int, profile: str = "") -> list[Blank]:
    """The boards of some nodes, fresh from the bench, each with a crystal and a way of its own; without a `profile` packets arrive at once.

    What is the same in all of them is in memory once.
    """
    path, crystal = profiles.profile(profile) if profile else BARE, profiles.crystal()
    made: list[Blank] = []
    same: dict[bytes, bytes] = {}
    journals: dict[str, tuple[int, int]] = {}
    for name in names:
        own = own_files(site, keyring, name, services, interpreted=True)
        data = {f"data/{path}": content for path, content in first_documents(site, keyring, name).items()}
        files = {path: same.setdefault(content, content) for path, content in {**own, **data}.items()}
        board = site.nodes[name].board
        if board not in journals:
            described = load_board(board)
            journals[board] = (described.partition("journal").size // 4096, described.partition("data").size // 4096)
        lot = int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big")
        made.append(Blank(name, files, *journals[board], lot, f"{seed}/{name}", path, crystal))
    return made


def _free_name(area: str, numbers: dict[str, int], site: Site, nodes: dict[str, Node]) -> str:
    """An id after its hamlet that nobody has."""
    while True:
        numbers[area] += 1
        tail = f"-{numbers[area]}"
        name = area.rpartition("/")[2][: 32 - len(tail)] + tail
        if name not in site.nodes and name not in nodes:
            return name
