"""A node's MQTT session as a process of its own, on CPython or MicroPython: `session_client.py ROOT PORT USER PASSWORD CA_FILE`.

Says on stdout when it is up or down; publishes its state when up and an event ten times a second; answers every message on `ack`, and stops when told.
"""

import sys

ROOT, PORT, USER, PASSWORD, AUTHORITY = sys.argv[1:6]
ON_MICROPYTHON = sys.implementation.name == "micropython"
TWINS = "unix" if ON_MICROPYTHON else "cpython"
for folder in ("/host_tools", "/firmware", "/host_tools/loa/sim/" + TWINS):
    sys.path.insert(0, ROOT + folder)
if ON_MICROPYTHON:
    __import__("emulation")
else:
    __import__("compat").install()

import asyncio
import random

from node.bus.mqtt import packets
from node.bus.mqtt.session import Session
from node.link.backoff import Backoff
from node.link.net import Network
from node.link.resolver import Resolver
from node.link.tls import client_context

FROM = "loa/v1/from/" + USER + "/"
KEEPALIVE_S = 4


def say(*words):
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    if not ON_MICROPYTHON:
        sys.stdout.flush()


class Client:
    def __init__(self):
        self._network = Network(Resolver(lambda: ()))
        with open(AUTHORITY) as file:
            self._tls = client_context(file.read())
        self._events = 0
        self.session = Session(
            self._connect,
            self._hello,
            self._on_message,
            Backoff(200, 1000, random.random),
            self._on_up,
            lambda why: say("down", why and why.code),
            lambda topic, size: say("oversized", topic, size),
            lambda: None,
            keepalive_s=KEEPALIVE_S,
        )

    def _hello(self):
        connect = packets.connect(USER, KEEPALIVE_S, (FROM + "state", b'{"online":false}'), USER, PASSWORD)
        return connect, (("loa/v1/to/son-la/+", 0), ("loa/v1/to/node/" + USER + "/+", 1))

    async def _connect(self):
        stream = await self._network.connect("127.0.0.1", int(PORT), self._tls, "localhost")
        stream.set_timeout(60_000)
        return stream

    def _on_up(self):
        self.session.publish(FROM + "state", b'{"online":true}', 1, True)
        say("up")

    async def _on_message(self, topic, payload):
        if payload == b"stop":
            self.session.stop()
        answer = "{} {} {}".format(topic, len(payload), str(payload[:20], "utf-8")).encode()
        while not self.session.publish(FROM + "ack", answer, 1):
            await self.session.wait_room()

    async def _report(self):
        while True:
            if self.session.publish(FROM + "event", str(self._events + 1).encode(), 1):
                self._events += 1
            await asyncio.sleep_ms(100)

    async def run(self):
        reporting = asyncio.create_task(self._report())
        await self.session.run()
        reporting.cancel()
        say("stopped")


asyncio.run(Client().run())
