"""Reads `site.toml` and checks what no single setting can know: that names lead somewhere, that areas hang together, that files exist."""

from collections.abc import Collection
from pathlib import Path

from loa.firmware import board_names, topics
from loa.language import _
from loa.site.mistakes import Mistakes, read_toml
from loa.site.model import Site


def load_site(path: Path, boards: Collection[str] | None = None) -> Site:
    """The site described by a file. Raises `InvalidFile` with every mistake; `boards` are the known boards, those of loa by default."""
    site, mistakes = read_toml(path, Site)
    _check_areas(site, mistakes)
    _check_stations(site, mistakes)
    _check_nodes(site, mistakes, board_names() if boards is None else boards)
    _check_rates(site, mistakes)
    _check_networks(site, mistakes, path.parent)
    if (site.broker.kind == "external") != (site.broker.url is not None):
        mistakes.add(("broker", "url"), _("is needed for an external broker and for no other"))
    mistakes.raise_any()
    site.lies_in(path.resolve().parent)
    return site


def _check_areas(site: Site, mistakes: Mistakes) -> None:
    for area in site.areas:
        above = area.rpartition("/")[0]
        if above and above not in site.areas:
            mistakes.add(("areas", area), _('the area above it, "{above}", is not described', above=above), above, site.areas)


def _check_stations(site: Site, mistakes: Mistakes) -> None:
    owners: dict[str, str] = {}
    for name, station in site.stations.items():
        if name == "root":
            mistakes.add(("stations", name), _('"root" is the name of the root key'))
        if station.area not in site.areas:
            mistakes.add(("stations", name, "area"), _("no such area"), station.area, site.areas)
        owner = owners.setdefault(station.area, name)
        if owner != name:
            mistakes.add(
                ("stations", name, "area"),
                _('"{owner}" already writes for this area, and an area has one writer', owner=owner),
                station.area,
            )


def _check_nodes(site: Site, mistakes: Mistakes, boards: Collection[str]) -> None:
    served = [station.area for station in site.stations.values()]
    for name, node in site.nodes.items():
        if node.area not in site.areas:
            mistakes.add(("nodes", name, "area"), _("no such area"), node.area, site.areas)
        elif any(topics.covers(node.area, other) and other != node.area for other in site.areas):
            mistakes.add(("nodes", name, "area"), _("a node belongs to a hamlet, and this area has areas below it"), node.area)
        elif not any(topics.covers(area, node.area) for area in served):
            mistakes.add(("nodes", name, "area"), _("no station speaks to this area"), node.area)
        if node.board not in boards:
            mistakes.add(("nodes", name, "board"), _("no such board"), node.board, boards)
        if node.language not in site.languages:
            mistakes.add(("nodes", name, "language"), _("not among the site's languages"), node.language, site.languages)


def _check_rates(site: Site, mistakes: Mistakes) -> None:
    """Every node's board has to play the one rate of the site."""
    from loa.boards import load_board  # it reads its own files by means of this package

    rates = {name: load_board(name).audio.rates for name in board_names()}
    able = [name for name, playable in rates.items() if site.audio.rate in playable]
    for name, node in site.nodes.items():
        if node.board in rates and node.board not in able:
            place = ("nodes", name, "board")
            mistakes.add(
                place,
                _("cannot play the site's audio.rate of {rate}, only {listed}", rate=site.audio.rate, listed=_listed(rates[node.board])),
                node.board,
                able,
            )


def _listed(numbers: Collection[int]) -> str:
    return ", ".join(map(str, numbers))


def _check_networks(site: Site, mistakes: Mistakes, folder: Path) -> None:
    for name, network in site.networks.items():
        if (network.kind == "wlan") != (network.ssid is not None):
            mistakes.add(("networks", name, "ssid"), _("is needed for a wlan and for nothing else"))
        if network.password_file and not (folder / network.password_file).is_file():
            mistakes.add(("networks", name, "password_file"), _("no such file"), str(network.password_file))
