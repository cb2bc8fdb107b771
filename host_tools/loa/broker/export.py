"""Writes what a broker needs that a machine runs as a service, for nats-server and for Mosquitto, into one folder that can be copied as it is."""

from pathlib import Path

from loa.broker import configuration
from loa.broker.base import DEFAULT_PORTS
from loa.broker.users import users_of
from loa.keys import Keyring
from loa.keys.files import write_private
from loa.site.model import Site

FOLDER = "broker"


def export(site: Site, keyring: Keyring, folder: Path) -> list[Path]:
    """Configurations, accounts and the server's certificate and key, with absolute paths of `folder`. Returns the files whose content changed."""
    place = folder.resolve()
    certificate, key = place / "server.pem", place / "server.key"
    port = site.broker.port or DEFAULT_PORTS["mqtts"]
    users = users_of(site, keyring)
    files = {certificate: keyring.server_file.read_bytes(), key: keyring.server_key_file.read_bytes()}
    for make, data in ((configuration.nats, "data-nats"), (configuration.mosquitto, "data-mosquitto")):
        serving = configuration.Serving(port, certificate, key, place / data, place)
        files |= {place / name: content for name, content in make(serving, users).items()}
        (place / data).mkdir(mode=0o700, parents=True, exist_ok=True)
    changed = [path for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    for path in changed:
        write_private(path, files[path])
    return changed
