"""Brokers: one that loa starts by itself, and any other that is known by its URL."""

from loa.broker.base import Broker
from loa.broker.external import ExternalBroker
from loa.broker.nats import NatsBroker

__all__ = ["Broker", "ExternalBroker", "NatsBroker"]
