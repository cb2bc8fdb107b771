"""The node's own page as a process, on MicroPython or CPython, on the emulated radio: `portal_server.py ROOT MICRODOT FOLDER HTTP_PORT DNS_PORT SEEN`.

FOLDER holds the files of a node's `vfs` and its `data`; SEEN is JSON, the networks that a scan finds. Says on stdout when the chime sounds and when it ends.
"""

import sys

ROOT, MICRODOT, FOLDER, SEEN = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[6]
HTTP_PORT, DNS_PORT = int(sys.argv[4]), int(sys.argv[5])
ON_MICROPYTHON = sys.implementation.name == "micropython"
TWINS = "unix" if ON_MICROPYTHON else "cpython"
for folder in (MICRODOT, "/host_tools", "/firmware", "/host_tools/loa/sim/" + TWINS):
    sys.path.insert(0, folder if folder == MICRODOT else ROOT + folder)
if ON_MICROPYTHON:
    __import__("emulation")
else:
    __import__("compat").install()

import asyncio
import binascii
import json

import network

from node.portal import main

AIR = {
    "networks": [(binascii.unhexlify(ssid), b"\2" * 6, 1, signal, security, False) for ssid, signal, security in json.loads(SEEN)],
    "inside": None,
}


def say(*words):
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    if not ON_MICROPYTHON:
        sys.stdout.flush()


class WLAN:
    """Both interfaces at the port's API (docs.micropython.org, network.WLAN): joins "good" with the password "right password", after a while."""

    def __init__(self, interface):
        self._interface = interface
        self._asked = None
        self._looks = 0

    def active(self, on=None):
        return True

    def config(self, **values):
        say("access point", values["ssid"], values["key"], values["security"])

    def ifconfig(self):
        return ("127.0.0.1", "255.255.255.0", "127.0.0.1", "127.0.0.1")

    def scan(self):
        say("scan")
        return AIR["networks"]

    def connect(self, ssid, key):
        say("connect", ssid, key)
        self._asked, self._looks = (bytes(ssid), key), 0

    def disconnect(self):
        self._asked = None

    def isconnected(self):
        self._looks += 1
        return self._asked == (b"good", "right password") and self._looks > 3

    def status(self):
        if self._asked is None:
            return 1000
        return 1001 if self._looks <= 3 else {b"good": 202, b"far": 201}.get(self._asked[0], 1001)


class Player:
    """Stands for the sound."""

    def __init__(self, *_):
        pass

    def set_volume(self, volume):
        say("volume", volume)

    async def play(self, source):
        say("chime")

    async def run(self):
        while True:
            await asyncio.sleep(60)


class Watchdog:
    def feed(self):
        pass


class Board:
    root = FOLDER
    data = FOLDER + "/data"
    rate = 24_000
    small_ring = False
    watchdog = Watchdog()
    i2s = None
    amplifier = None


network.WLAN = WLAN
main.Player = Player
main.network = network
asyncio.run(main.run(Board(), HTTP_PORT, DNS_PORT))
say("over")
