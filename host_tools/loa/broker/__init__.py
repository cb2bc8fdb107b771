"""Brokers: those that loa starts by itself, and any other that is known by its URL."""

from pathlib import Path

from loa.broker.base import Broker
from loa.broker.external import ExternalBroker
from loa.broker.mosquitto import MosquittoBroker
from loa.broker.nats import NatsBroker
from loa.broker.process import LocalBroker
from loa.keys import Keyring
from loa.site.model import Site

__all__ = ["ENGINES", "Broker", "ExternalBroker", "LocalBroker", "MosquittoBroker", "NatsBroker", "local_broker"]

ENGINES: dict[str, type[LocalBroker]] = {engine.engine: engine for engine in (NatsBroker, MosquittoBroker)}


def local_broker(site: Site, keyring: Keyring, folder: Path) -> LocalBroker:
    """The engine that the site names; not for a site with an external broker."""
    return ENGINES[site.broker.kind](site, keyring, folder)
