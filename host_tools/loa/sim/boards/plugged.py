"""Which virtual boards are plugged in on this machine, in a folder of the simulated commune: what a USB tree tells of real ones.

A board stands there as long as its port answers; what a killed process left behind is passed over.
"""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

from loa.flash.ports import Port

ADAPTER = "virtual board"
_ANSWERS_S = 1.0


def announce(folder: Path, location: str, url: str) -> None:
    """A board with that URL hangs at a place."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{location}.json").write_text(json.dumps({"url": url, "location": location}))


def withdraw(folder: Path, location: str) -> None:
    """Nothing hangs there any more."""
    (folder / f"{location}.json").unlink(missing_ok=True)


def plugged(folder: Path) -> list[Port]:
    """The ports of all virtual boards, in the order of their places."""
    ports = []
    for path in sorted(folder.glob("*.json")):
        try:
            told = json.loads(path.read_text())
            port = Port(told["url"], told["location"], ADAPTER)
        except (OSError, ValueError, KeyError):  # just being written, or just gone
            continue
        if _answers(port):
            ports.append(port)
    return ports


def _answers(port: Port) -> bool:
    url = urlsplit(port.device)
    try:
        socket.create_connection((url.hostname or "", url.port or 0), _ANSWERS_S).close()
    except OSError:
        return False
    return True
