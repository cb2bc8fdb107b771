"""Brokers that loa can start by itself. An external one needs no code: it is only a URL."""

from loa.broker.base import Broker
from loa.broker.nats import NatsBroker

__all__ = ["Broker", "NatsBroker"]
