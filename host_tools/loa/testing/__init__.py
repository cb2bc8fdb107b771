"""Tests of nodes, stations and brokers: what the pytest plugin's fixtures give, and what a test without pytest makes for itself.

A test asks for `broker`, `station`, `node` or `commune` and gets real parts on this machine: a broker, the station's service, and nodes that run the
firmware on an emulated board. Nothing here needs pytest; `loa.testing.plugin` does.
"""

from loa.testing.commune import Commune, Node, Station
from loa.testing.lab import Lab, default_site
from loa.testing.voices import voice
from loa.testing.waiting import eventually
from loa.testing.wire import Client, FakeNode

__all__ = ["Client", "Commune", "FakeNode", "Lab", "Node", "Station", "default_site", "eventually", "voice"]
