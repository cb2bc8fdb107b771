"""The files that a node is born with, by partition: who it is, whom it believes, where it finds broker, station and time, and its application.

Says nothing of how they get onto the flash. `firmware/node/settings.py` reads what is written here.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from loa.boards import load_board
from loa.broker.base import DEFAULT_PORTS
from loa.firmware import FIRMWARE, files, shelf, topics
from loa.keys import Keyring, base64url
from loa.keys.trust import ROOT_KID
from loa.provision.disk import Files
from loa.provision.link import link
from loa.provision.slot import compile_text, compiled
from loa.site.model import Site

_SLOT = "a.zip"
# What main.py imports before there is an application, and what is asked of it by others.
_BOOT = {
    "archive": ("ENTRY_SIZE", "Archive", "key", "number", "show"),
    "growth": ("Growth",),
    "mounting": ("mount_all", "open_archive"),
}
_BYTECODE = "xtensawin"  # bytecode alone is the same for every processor, with the integers of the smallest


@dataclass(frozen=True)
class Services:
    """Where a node finds what it needs, as host and port: `broker_port` where the site leaves it open, `http_url` and `time_servers` of its station."""

    broker_port: int
    http_url: str
    time_servers: tuple[tuple[str, int], ...]


def node_files(site: Site, keyring: Keyring, node_id: str, services: Services, slot: bytes, interpreted: bool = False) -> dict[str, Files]:
    """Files for each littlefs partition. `slot`: the application, see `application`; `interpreted`: see `Board.for_node`."""
    return {
        "vfs": {**boot_files(interpreted), **own_files(site, keyring, node_id, services, interpreted)},
        "app": {_SLOT: slot},
        "data": first_documents(site, keyring, node_id),
    }


def boot_files(interpreted: bool) -> Files:
    """What starts a node before there is an application: `main.py`, which its MicroPython compiles itself, and the modules of that. These are compiled,
    and their names are made cheap, since what the chip makes of a source holds more memory; `interpreted`: sources."""
    texts = {name: (FIRMWARE / f"{name}.py").read_text(encoding="utf-8") for name in ("main", *_BOOT)}
    found = {"main.py": texts["main"].encode()}
    if interpreted:
        return found | {f"{name}.py": texts[name].encode() for name in _BOOT}
    with TemporaryDirectory(prefix="loa-mpy-") as folder:
        return found | {f"{name}.mpy": compile_text(_linked(name, texts), _BYTECODE, Path(folder), "-O3", name=name) for name in _BOOT}


def _linked(name: str, texts: Mapping[str, str]) -> str:
    others = [text for other, text in texts.items() if other != name]
    return link({name: texts[name]}, {name: _BOOT[name]}, guests=others).texts[name]


def own_files(site: Site, keyring: Keyring, node_id: str, services: Services, interpreted: bool = False) -> Files:
    """What makes a node this node: who it is, how it is wired, and whom it is to reach. `interpreted`: see `Board.for_node`."""
    board = site.nodes[node_id].board
    return {
        "identity.json": _json(_identity(site, keyring, node_id)),
        "board.json": _json(load_board(board).for_node(board, interpreted, site.audio.rate)),
        "config.json": _json(_configuration(site, keyring, node_id, services)),
        "ca.pem": keyring.authority().encode(),
    }


def application(march: str | None, lean: bool = False) -> bytes:
    """The content of a slot: an archive of the modules and of which release they are.

    `march`: architecture of the native code, None for sources; `lean`: for boards without PSRAM (`loa.provision.slot.compiled`).
    """
    release = f'VERSION = "{version("loa")}"\nBUILT = {int(time.time())}\n'
    modules = {path: content for path, content in compiled(march, lean).items() if Path(path).stem != "release"}
    slot = BytesIO()
    with ZipFile(slot, "w", ZIP_STORED) as archive:
        for path, content in {**modules, "node/release.py": release.encode()}.items():
            archive.writestr(ZipInfo(path), content)
    return slot.getvalue()


def _identity(site: Site, keyring: Keyring, node_id: str) -> dict[str, Any]:
    """What never changes over the life of a node, and the key of its reports."""
    return {
        "id": node_id,
        "key": base64url.encode(keyring.node(node_id).report_key),
        "root": {"kid": ROOT_KID, **keyring.root_public()},
    }


def first_documents(site: Site, keyring: Keyring, node_id: str) -> dict[str, bytes]:
    """The trust documents above a node, as its shelf keeps them: from the first moment it knows whose plan to believe."""
    above = {station.area for station in site.stations.values()} & set(topics.chain(site.nodes[node_id].area))
    raw = {area: keyring.trust(area).encode() for area in above}
    return {f"documents/{shelf.file_name(topics.TRUST, area)}": document + files.crc(document) for area, document in raw.items()}


def _configuration(site: Site, keyring: Keyring, node_id: str, services: Services) -> dict[str, Any]:
    """What a signed `config` document can change later."""
    node = site.nodes[node_id]
    broker = urlsplit(site.broker.url) if site.broker.url else None
    return {
        "area": node.area,
        "language": node.language,
        "networks": [[network.ssid, _password(site, network.password_file)] for network in site.networks.values() if network.ssid],
        "broker": {
            "host": broker.hostname if broker else site.broker.host,
            "port": (broker.port or DEFAULT_PORTS[broker.scheme]) if broker else services.broker_port,
            "tls": broker is None or broker.scheme == "mqtts",
            "user": node_id,
            "password": keyring.node(node_id).password,
        },
        "http": services.http_url,
        "time": [list(server) for server in (*services.time_servers, *site.time_addresses)],
        "ceiling": site.audio.volume_ceiling,
        "plain_live": site.audio.plain_live,
        "cache_bytes": load_board(node.board).cache_bytes(site.audio.rate),
    }


def _password(site: Site, file: Any) -> str:
    return (site.keys_folder.parent / file).read_text().strip() if file else ""


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
