"""The Wi-Fi networks that somebody chose at the node itself, newest first. They come before those of the bench; a lost file leaves those.

Names are bytes: an SSID is any 1 to 32 of them (IEEE 802.11, 9.4.2.2).
"""

import json

from micropython import const

from node.store import files

_FILE = "/networks"
_BYTES_MAX = const(1024)
_KEPT = const(4)


def chosen(folder):
    """Pairs of SSID (text, or bytes that are none) and password, from the `data` folder. A damaged file counts as none."""
    try:
        content = files.read(folder + _FILE, _BYTES_MAX)
    except files.Damaged as damaged:
        print("networks:", damaged)
        return []
    return [(spoken(bytes.fromhex(name)), password) for name, password in json.loads(content)] if content else []


async def choose(gate, folder, ssid, password):
    """Put a network (SSID in bytes) before the others, in place of one of that name. Raises OSError; the old ones then stand."""
    others = [(_bytes(name), word) for name, word in chosen(folder)]
    kept = [(ssid, password)] + [(name, word) for name, word in others if name != ssid]
    content = json.dumps([[name.hex(), word] for name, word in kept[:_KEPT]])
    await files.replace(gate, folder + _FILE, content.encode())


def spoken(ssid):
    """An SSID as text where it is UTF-8, else as it is."""
    try:
        return ssid.decode()
    except UnicodeError:
        return ssid


def _bytes(ssid):
    return ssid.encode() if isinstance(ssid, str) else ssid
