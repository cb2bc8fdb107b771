"""The keys folder: makes what a site lacks, keeps what it has, and hands out each secret to the one part that needs it.

root.pem          signs trust documents only; locked by a passphrase and best kept elsewhere
root.json         its public half, which every node is given at the bench
stations/         NAME.pem signs that station's documents, NAME.password is its broker password, NAME.json its earlier keys if there were any
nodes/            ID.json holds a node's report key and its broker password; ID.revoked in its place says that it has none any more
ca.pem, ca.key    the site's certificate authority; after a renewal the certificates of two, the newest first
server.pem/.key   certificate of broker and HTTPS
trust/            signed trust documents, one for each station's area
"""

import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError

from loa.errors import EXIT_KEYS, LoaError
from loa.firmware import lock
from loa.keys import base64url, certificates, history
from loa.keys.files import write_private
from loa.keys.history import History
from loa.keys.signing import SigningKey, load_rsa_key, new_rsa_key, open_signed, store_rsa_key
from loa.keys.trust import ROOT_KID, trust_body, trust_payload
from loa.language import _
from loa.site.model import Site

_REPORT_KEY_BYTES = 32
_PASSWORD_BYTES = 24


@dataclass(frozen=True)
class NodeSecrets:
    """What one node and the host share: the key of its reports' HMAC and its broker password."""

    report_key: bytes
    password: str

    @property
    def setup_code(self) -> str:
        """What the label says and the node's own page asks for."""
        return str(lock.setup_code(self.report_key))


class Keyring:
    """The keys of one site, in one folder. Reading a secret that was never made raises `LoaError` with a hint."""

    def __init__(self, folder: Path, root_file: Path | None = None) -> None:
        """`root_file`: where the root's private key is, if not in the folder."""
        self.folder = folder
        self.root_file = root_file or folder / "root.pem"
        self._nodes = folder / "nodes"
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
            kid = self.history(station).kid
            if not self._station_file(station, kid).exists():
                store_rsa_key(self._station_file(station, kid), new_rsa_key())
            if not self._password_file(station).exists():
                write_private(self._password_file(station), secrets.token_urlsafe(_PASSWORD_BYTES).encode())
        for node in site.nodes:
            if not self._node_file(node).exists() and not self.is_revoked(node):
                self._make_node(node)
        self._ensure_certificates(site, {*names, *_hosts(site)})
        self._ensure_trust(site, passphrase)

    # What changes afterwards. Nothing else has to be told: broker, stations and nodes follow.

    def rotate_station(self, site: Site, name: str, passphrase: str | None = None) -> str:
        """Give a station a new key and return its name. Nodes believe the one before it until that is revoked, so that none is without a plan meanwhile."""
        self._check_root(passphrase)
        before = self.history(name)
        taken = {kid for station in site.stations for kid in (station, *self.history(station).kids)}
        after = before.after(self.station(name).public(), name, taken)
        key = new_rsa_key()
        store_rsa_key(self._station_file(name, after.kid), key)
        history.write(self._history_file(name), after)
        self._ensure_trust(site, passphrase)
        return after.kid

    def revoke_station_key(self, site: Site, name: str, kid: str, passphrase: str | None = None) -> str:
        """Let no node believe a key any more; the station gets a new one first if it signs with this one. Returns the key it signs with now."""
        self._check_root(passphrase)
        if self.history(name).kid == kid:
            self.rotate_station(site, name, passphrase)
        after = self.history(name).without(kid)
        history.write(self._history_file(name), after)
        self._ensure_trust(site, passphrase)
        self._station_file(name, kid).unlink(missing_ok=True)
        return after.kid

    def revoke_node(self, node_id: str, why: str) -> None:
        """Take a node's secrets away: no broker lets it in and no station believes its reports."""
        write_private(self._revoked_file(node_id), json.dumps({"when": int(time.time()), "why": why}, ensure_ascii=False).encode())
        self._node_file(node_id).unlink(missing_ok=True)

    def renew_node(self, node_id: str) -> None:
        """New secrets for a node, revoked or not; until it was provisioned with them it is a stranger."""
        self._make_node(node_id)
        self._revoked_file(node_id).unlink(missing_ok=True)

    def renew_server(self, site: Site, names: Iterable[str] = ()) -> None:
        """A new key and certificate for broker and HTTPS, signed by the newest authority."""
        store_rsa_key(self.server_key_file, new_rsa_key())
        self._make_server({*names, *_hosts(site)})

    def renew_authority(self, site: Site, passphrase: str | None = None) -> None:
        """A new authority beside the present one: nodes learn it by their trust documents. `renew_server` then makes use of it."""
        self._check_root(passphrase)
        held = certificates.split(self.authority_file.read_bytes())
        key = new_rsa_key()
        store_rsa_key(self.folder / "ca.key", key)
        write_private(self.authority_file, certificates.make_authority(site.name, key) + held[0])
        self._ensure_trust(site, passphrase)

    def root_public(self) -> dict[str, Any]:
        """`n` and `e` of the root key, for the nodes' identity."""
        public: dict[str, Any] = json.loads(self._read(self.folder / "root.json"))
        return public

    def station(self, name: str) -> SigningKey:
        """The key that signs a station's documents."""
        kid = self.history(name).kid
        return SigningKey(kid, load_rsa_key(self._station_file(name, kid)))

    def history(self, name: str) -> History:
        """The keys that a station has and had."""
        return history.read(self._history_file(name), name)

    def station_password(self, name: str) -> str:
        """A station's password at the broker, where its user is `station_<name>`."""
        return self._read(self._password_file(name)).decode()

    def node(self, node_id: str) -> NodeSecrets:
        """Secrets of one node; its user at the broker is its id. Raises `LoaError` for one that is revoked."""
        if self.is_revoked(node_id):
            raise LoaError(
                _("the secrets of node {node} are revoked", node=node_id),
                _("`loa keys renew {node}` makes new ones", node=node_id),
                EXIT_KEYS,
            )
        secret = json.loads(self._read(self._node_file(node_id)))
        return NodeSecrets(base64url.decode(secret["report_key"]), secret["password"])

    def is_revoked(self, node_id: str) -> bool:
        """True for a node whose secrets were taken away."""
        return self._revoked_file(node_id).exists()

    def nodes_changed_ns(self) -> int:
        """When the folder of the nodes' secrets changed last, Unix nanoseconds by the file system's clock; 0 where there is none."""
        try:
            return self._nodes.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

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
        if not (self.folder / "root.json").exists() and not self.root_file.exists():
            store_rsa_key(self.root_file, new_rsa_key(), passphrase)
        return self._opened_root(passphrase)

    def _check_root(self, passphrase: str | None) -> None:
        """Raise `LoaError` before anything is changed if the root cannot sign afterwards."""
        root = SigningKey(ROOT_KID, self._opened_root(passphrase))
        if root.public() != self.root_public():
            raise LoaError(_("{path}: not the root key of this site", path=self.root_file), _("give the right one with --root"), EXIT_KEYS)

    def _opened_root(self, passphrase: str | None) -> Any:
        if not self.root_file.exists():
            raise LoaError(
                _("the trust document has to be signed and the root key is not here"),
                _("bring root.pem back for this, or say where it is with --root"),
                EXIT_KEYS,
            )
        return load_rsa_key(self.root_file, passphrase)

    def _make_node(self, node_id: str) -> None:
        secret = {
            "report_key": base64url.encode(secrets.token_bytes(_REPORT_KEY_BYTES)),
            "password": secrets.token_urlsafe(_PASSWORD_BYTES),
        }
        write_private(self._node_file(node_id), json.dumps(secret).encode())

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
        self._make_server(names)

    def _make_server(self, names: set[str]) -> None:
        authority = certificates.split(self.authority_file.read_bytes())[0]
        server_key, authority_key = load_rsa_key(self.server_key_file), load_rsa_key(self.folder / "ca.key")
        write_private(self.server_file, certificates.make_server(names, server_key, authority, authority_key))

    def _ensure_trust(self, site: Site, passphrase: str | None) -> None:
        believed = {name: self._believed(name) for name in site.stations}
        revoked = {name: self.history(name).revoked for name in site.stations}
        for area in [station.area for station in site.stations.values()]:
            body = trust_body(site, area, believed, revoked, self.authority_file.read_bytes())
            payload = trust_payload(area, body, self._held_trust(area))
            if payload is not None:
                root = SigningKey(ROOT_KID, self._opened_root(passphrase))
                write_private(self._trust_file(area), root.sign(payload).encode())

    def _believed(self, name: str) -> list[dict[str, Any]]:
        key = self.station(name)
        return [{"kid": key.kid, **key.public()}, *self.history(name).earlier]

    def _held_trust(self, area: str) -> dict[str, Any] | None:
        if not self._trust_file(area).exists():
            return None
        try:
            return open_signed(self.trust(area), self.root_public())
        except (JoseError, ValueError) as error:
            raise LoaError(
                _("{trust_file}: not signed by this root key", trust_file=self._trust_file(area)),
                _("remove the file or restore the keys folder"),
                EXIT_KEYS,
            ) from error

    def _station_file(self, name: str, kid: str | None = None) -> Path:
        return self.folder / "stations" / f"{name if kid in (None, name) else f'{name}.{kid}'}.pem"

    def _history_file(self, name: str) -> Path:
        return self.folder / "stations" / f"{name}.json"

    def _password_file(self, name: str) -> Path:
        return self.folder / "stations" / f"{name}.password"

    def _node_file(self, node_id: str) -> Path:
        return self._nodes / f"{node_id}.json"

    def _revoked_file(self, node_id: str) -> Path:
        return self._nodes / f"{node_id}.revoked"

    def _trust_file(self, area: str) -> Path:
        return self.folder / "trust" / f"{area}.jws"

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise LoaError(
                _("{path}: cannot be read: {strerror}", path=path, strerror=error.strerror), _("run `loa keys`"), EXIT_KEYS
            ) from error


def _hosts(site: Site) -> set[str]:
    """Names by which nodes reach broker and stations: those that the server's certificate must hold."""
    outside = urlsplit(site.broker.url).hostname if site.broker.url else None
    return {site.broker.host, *(station.host for station in site.stations.values()), *([outside] if outside else [])}
