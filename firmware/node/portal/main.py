"""Runs the page: puts radio, sound, names and HTTP together, feeds the watchdog, and starts the node anew when the visit is over."""

import asyncio

import network
from micropython import const

from node.audio import gain
from node.audio.codecs import CODECS
from node.audio.player import Player
from node.audio.sink import I2SSink
from node.audio.sources.chime import Chime
from node.portal import names
from node.portal.lock import setup_code
from node.portal.radio import Radio
from node.portal.server import listen, make_app
from node.portal.visit import Visit, saver
from node.settings import Settings
from node.store.gate import EraseGate

_HTTP_PORT = const(80)
_DNS_PORT = const(53)
_LOOK_MS = const(250)
_NAME = "Loa {}"


def main(board):
    """Returns never: the board is reset when the page closes, also by a fault."""
    try:
        asyncio.run(run(board))
    finally:
        board.reset()


async def run(board, http_port=_HTTP_PORT, dns_port=_DNS_PORT):
    """Open the page until the visit is over, or a part of it fails."""
    settings = Settings(board)
    gate = EraseGate()
    sink = I2SSink(board.i2s, board.amplifier, board.rate, board.small_ring)
    player = Player(sink, CODECS, gate, lambda: None, gain.factor(settings.ceiling))
    radio = Radio(network.WLAN(network.STA_IF), network.WLAN(network.AP_IF))
    code = setup_code(settings.report_key)

    async def play(volume):
        player.set_volume(volume)
        await player.play(Chime(board.rate))

    board.watchdog.feed()
    address = radio.open(_NAME.format(settings.node_id), code)
    board.watchdog.feed()
    radio.look()
    url = "http://{}/".format(address if http_port == _HTTP_PORT else "{}:{}".format(address, http_port))
    visit = Visit(settings.node_id, code, radio, play, saver(gate, board.data), url)
    parts = [asyncio.create_task(part) for part in (player.run(), names.serve(address, dns_port))]
    server = await listen(make_app(visit), http_port)
    print("page: {} at {}".format(_NAME.format(settings.node_id), url))
    try:
        while not visit.is_over and not any(part.done() for part in parts):
            board.watchdog.feed()
            await asyncio.sleep_ms(_LOOK_MS)
    finally:
        server.close()
        for part in parts:
            part.cancel()
        radio.close()
