"""Mosquitto as the site's broker: the same as nats-server for one machine. It comes from the system's packages."""

from loa.broker import configuration
from loa.broker.process import LocalBroker
from loa.broker.users import User
from loa.language import _


class MosquittoBroker(LocalBroker):
    """One mosquitto for one site."""

    engine = "mosquitto"
    program = "mosquitto"

    @staticmethod
    def _how_to_get() -> str:
        return _('install it (`apt install mosquitto`), or set broker.kind = "nats"')

    def _configuration(self, port: int, users: list[User]) -> configuration.Files:
        return configuration.mosquitto(self._serving(port), users)
