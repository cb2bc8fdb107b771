"""The keys folder: makes what a site lacks, keeps what it has, and hands out each secret to the one part that needs it.

root.pem          signs trust documents only; may be locked by a passphrase and kept elsewhere
root.json         its public half, which every node is given at the bench
stations/         NAME.pem signs that station's documents, NAME.password is its broker password
nodes/            ID.json holds a node's report key and its broker password
ca.pem, ca.key    the site's certificate authority
server.pem/.key   certificate of broker and HTTPS
trust/            signed trust documents, one for each station's area
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError

from loa.errors import EXIT_KEYS, LoaError
from loa.keys import base64url, certificates
from loa.keys.files import write_private
from loa.keys.signing import SigningKey, load_rsa_key, new_rsa_key, open_signed, store_rsa_key
from loa.keys.trust import ROOT_KID, trust_body, trust_payload
from loa.site.model import Site

_REPORT_KEY_BYTES = 32
_PASSWORD_BYTES = 24


@dataclass(frozen=True)
class NodeSecrets:
    """What one node and the host share: the key of its reports' HMAC and its broker password."""

    report_key: bytes
    password: str


class Keyring:
    """The keys of one site, in one folder. Reading a secret that was never made raises `LoaError` with a hint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority_file = folder / "ca.pem"
        self.server_file = folder / "server.pem"
        self.server_key_file = folder / "server.key"

    def ensure(self, site: Site, names: Iterable[str] = (), passphrase: str | None = None) -> None:
        """Make whatever the site needs and the folder lacks; run again it changes nothing.

        `names` are further names and addresses of the servers. The passphrase locks a new root key, and opens a locked one when a trust
        document has to be signed anew; raises `LoaError` if it is needed and missing.
        """
        self._ensure_root(passphrase)
        for station in site.stations:
            if not self._station_file(station).exists():
                store_rsa_key(self._station_file(station), new_rsa_key())
            if not self._password_file(station).exists():
                write_private(self._password_file(station), secrets.token_urlsafe(_PASSWORD_BYTES).encode())
        for node in site.nodes:
            if not self._node_file(node).exists():
                secret = {
                    "report_key": base64url.encode(secrets.token_bytes(_REPORT_KEY_BYTES)),
                    "password": secrets.token_urlsafe(_PASSWORD_BYTES),
                }
                write_private(self._node_file(node), json.dumps(secret).encode())
        self._ensure_certificates(site, {*names, site.broker.host, *(station.host for station in site.stations.values())})
        self._ensure_trust(site, passphrase)

    def root_public(self) -> dict[str, Any]:
        """`n` and `e` of the root key, for the nodes' identity."""
        public: dict[str, Any] = json.loads(self._read(self.folder / "root.json"))
        return public

    def station(self, name: str) -> SigningKey:
        """The key that signs a station's documents."""
        return SigningKey(name, load_rsa_key(self._station_file(name)))

    def station_password(self, name: str) -> str:
        """A station's password at the broker, where its user is `station_<name>`."""
        return self._read(self._password_file(name)).decode()

    def node(self, node_id: str) -> NodeSecrets:
        """Secrets of one node; its user at the broker is its id."""
        secret = json.loads(self._read(self._node_file(node_id)))
        return NodeSecrets(base64url.decode(secret["report_key"]), secret["password"])

    def authority(self) -> str:
        """The certificate authority's certificate in PEM."""
        return self._read(self.authority_file).decode()

    def trust(self, area: str) -> str:
        """The signed trust document of a station's area."""
        return self._read(self._trust_file(area)).decode()

    def _ensure_root(self, passphrase: str | None) -> None:
        if (self.folder / "root.json").exists():
            return
        root = SigningKey(ROOT_KID, self._root_key(passphrase))
        write_private(self.folder / "root.json", json.dumps(root.public()).encode())

    def _root_key(self, passphrase: str | None) -> Any:
        if not (self.folder / "root.pem").exists():
            store_rsa_key(self.folder / "root.pem", new_rsa_key(), passphrase)
        return load_rsa_key(self.folder / "root.pem", passphrase)

    def _ensure_certificates(self, site: Site, names: set[str]) -> None:
        authority_key_file = self.folder / "ca.key"
        if not self.authority_file.exists():
            key = new_rsa_key()
            store_rsa_key(authority_key_file, key)
            write_private(self.authority_file, certificates.make_authority(site.name, key))
        authority = self.authority_file.read_bytes()
        if self.server_file.exists() and certificates.serves(self.server_file.read_bytes(), authority, names):
            return
        if not self.server_key_file.exists():
            store_rsa_key(self.server_key_file, new_rsa_key())
        server_key, authority_key = load_rsa_key(self.server_key_file), load_rsa_key(authority_key_file)
        write_private(self.server_file, certificates.make_server(names, server_key, authority, authority_key))

    def _ensure_trust(self, site: Site, passphrase: str | None) -> None:
        public_keys = {name: self.station(name).public() for name in site.stations}
        for area in [station.area for station in site.stations.values()]:
            body = trust_body(site, area, public_keys, self.authority_file.read_bytes())
            payload = trust_payload(area, body, self._held_trust(area))
            if payload is not None:
                if not (self.folder / "root.pem").exists():
                    raise LoaError(
                        "the trust document has to be signed and the root key is not here", "bring root.pem back for this", EXIT_KEYS
                    )
                root = SigningKey(ROOT_KID, self._root_key(passphrase))
                write_private(self._trust_file(area), root.sign(payload).encode())

    def _held_trust(self, area: str) -> dict[str, Any] | None:
        if not self._trust_file(area).exists():
            return None
        try:
            return open_signed(self.trust(area), self.root_public())
        except (JoseError, ValueError) as error:
            raise LoaError(
                f"{self._trust_file(area)}: not signed by this root key", "remove the file or restore the keys folder", EXIT_KEYS
            ) from error

    def _station_file(self, name: str) -> Path:
        return self.folder / "stations" / f"{name}.pem"

    def _password_file(self, name: str) -> Path:
        return self.folder / "stations" / f"{name}.password"

    def _node_file(self, node_id: str) -> Path:
        return self.folder / "nodes" / f"{node_id}.json"

    def _trust_file(self, area: str) -> Path:
        return self.folder / "trust" / f"{area}.jws"

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise LoaError(f"{path}: cannot be read: {error.strerror}", "run `loa keys`", EXIT_KEYS) from error
