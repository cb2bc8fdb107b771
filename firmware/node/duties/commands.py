"""Carries out what is asked of one node once: ping, identify, reboot, send-log. A newer command than this version knows is refused by its name."""

import asyncio

from micropython import const

from node.duties.sounds import CHIME
from node.refusal import COMMAND_UNKNOWN, Refused

_FAREWELL_MS = const(3_000)  # for the answer to reach the broker


class Commands:
    """`player`, `sounds`: to identify by the chime, or by a number in beeps. `conductor.rest()` and `reset()` end this run.

    `send_log()`: report the journal again.
    """

    def __init__(self, player, sounds, conductor, send_log, reset):
        self._player = player
        self._sounds = sounds
        self._conductor = conductor
        self._send_log = send_log
        self._reset = reset
        self._chiming = None
        self._leaving = None
        self._actions = {"ping": self._ping, "identify": self._identify, "reboot": self._reboot, "send-log": self._report_log}

    async def handle(self, document):
        """Act on an admitted command document. Raises Refused COMMAND_UNKNOWN."""
        do = document.body["do"]
        if do not in self._actions:
            raise Refused(COMMAND_UNKNOWN, f"{do} is not known to this version")
        self._actions[do](document.body)

    def _ping(self, _body):
        """To be answered is all there is to it."""

    def _identify(self, body):
        if self._chiming is None or self._chiming.done():  # a chime waits behind a bulletin: one is enough
            self._chiming = asyncio.create_task(self._chime(body.get("number")))

    async def _chime(self, number):
        """People on the ground hear which one it is; a bulletin on the air goes first."""
        await self._player.play(self._sounds.built_in(CHIME).source if number is None else self._sounds.counted(number))

    def _reboot(self, _body):
        self._leaving = asyncio.create_task(self._leave())

    async def _leave(self):
        await self._conductor.rest()
        await asyncio.sleep_ms(_FAREWELL_MS)
        self._reset()

    def _report_log(self, _body):
        self._send_log()
