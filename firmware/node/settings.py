"""Reads what a node was given at the bench: who it is, where its broker, station and time are, and which release runs. Changes nothing.

`loa.provision.contents` writes these files. Without one of them the node cannot be a node: OSError, ValueError or KeyError, and the boot fails.
"""

import json

from node.bus.encoding import from_base64url
from node.late import Loading
from node.store.networks import chosen

_IDENTITY_FILE = "/identity.json"
_CA_FILE = "/ca.pem"


class Settings:
    """`board`: of its folders `root` is written by the bench alone; what stands in `data` can be lost at any time. `node.release` is made with each release.

    node_id, report_key (bytes)                   its identity
    version, built (Unix s)                       its release
    networks                                      (SSID, password) pairs, those chosen at the node itself before those of the bench
    area, language, broker, http, time_servers()  see `loa.provision.contents`
    ceiling (per cent), plain_live, cache_bytes
    """

    def __init__(self, board):
        root = board.root
        identity = _read(root + _IDENTITY_FILE)
        self.node_id = identity["id"]
        self.report_key = from_base64url(identity["key"].encode())
        with Loading():
            from node.release import BUILT, VERSION
        self.version = VERSION
        self.built = BUILT
        config = _read(root + "/config.json")
        self.area = config["area"]
        self.language = config["language"]
        self.networks = chosen(board.data) + [(ssid, password) for ssid, password in config["networks"]]
        self.broker = config["broker"]
        self.http = config["http"]
        self._time_servers = [(host, port) for host, port in config["time"]]
        self.ceiling = config["ceiling"]
        self.plain_live = config["plain_live"]
        self.cache_bytes = config["cache_bytes"]
        self._root = root

    def root_key(self):
        """The root's public key, `{kid, n, e}`; read each time, since it is long and wanted once."""
        return _read(self._root + _IDENTITY_FILE)["root"]

    def ca(self):
        """Certificates (PEM text) of the servers whom the bench named; read each time, likewise."""
        with open(self._root + _CA_FILE) as file:
            return file.read()

    def time_servers(self):
        """(host, port) pairs, best first."""
        return self._time_servers


def _read(path):
    with open(path) as file:
        return json.load(file)
