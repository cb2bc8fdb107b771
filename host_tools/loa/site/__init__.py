"""The one description of an installation, `site.toml`: areas, stations, nodes, network, policy. Everything else reads it."""

from loa.site.load import load_site
from loa.site.model import Node, Site, Station

__all__ = ["Node", "Site", "Station", "load_site"]
