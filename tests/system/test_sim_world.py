"""The world around a simulated node: network paths, detours, time servers that lie, its crystal, a pop of its amplifier, its supply."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
import pytest
from boot_support import WAIT_S, board, image

from loa.sim import recording
from loa.sim.hardware.path import BARE
from loa.sim.storms.ballast import filled, freed
from loa.sim.storms.imposter import PORTAL, Imposter
from loa.testing.lab import runtime

TALK = """
import asyncio, json, network, socket, time
HOST = "127.0.0.1"
async def online(board):
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    wlan.config(pm=wlan.PM_NONE)
    wlan.connect("loa", "secret")
    while not wlan.isconnected():
        await asyncio.sleep_ms(50)
async def fed(board):
    while True:
        board.watchdog.feed()
        await asyncio.sleep_ms(100)
async def echoed(port, octets):
    reader, writer = await asyncio.open_connection(HOST, port)
    begun = time.ticks_ms()
    writer.write(bytes(octets))
    await writer.drain()
    left = octets
    while left:
        left -= len(await reader.read(2048))
    writer.close()
    await writer.wait_closed()
    return time.ticks_diff(time.ticks_ms(), begun)
async def page(port):
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
    await writer.drain()
    page = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    return page
async def asked(port, octets):
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asker.setblocking(False)
    asker.sendto(octets, socket.getaddrinfo(HOST, port)[0][-1])
    answer = None
    for _ in range(30):
        await asyncio.sleep_ms(10)
        try:
            answer = asker.recvfrom(1500)[0]
            break
        except OSError:
            pass
    asker.close()
    return answer
async def talk(board):
    asyncio.create_task(fed(board))
    await online(board)
    print("says", json.dumps(await act(board)))
def main(board):
    asyncio.run(talk(board))
"""


def said(loa_node, act: str, **around):
    """What the coroutine `act(board)` in the node answers, in such surroundings."""
    node = loa_node(image(TALK + act, runtime("micropython")), "micropython")
    node.surround(**around)
    node.start()
    return json.loads(node.wait_for("^says (.*)$", WAIT_S)[1])


@contextmanager
def echo() -> Iterator[int]:
    """A TCP server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        while piece := connection.recv(4096):
                            connection.sendall(piece)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@contextmanager
def answering(answer) -> Iterator[int]:
    """A UDP server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            with suppress(OSError):
                while True:
                    data, sender = server.recvfrom(1500)
                    server.sendto(answer(data), sender)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def test_delays_and_rate_of_the_path_are_what_a_node_sees(loa_node):
    act = "async def act(board):\n    return [await echoed({0}, 1), await echoed({0}, 4000)]\n"
    with echo() as port:
        once, much = said(loa_node, act.format(port), path=BARE | {"delay_median": 60, "asymmetry": 40, "rate_kbit": 160})
    assert once >= 160
    assert much >= 2 * 4000 * 8 // 160 // 2 + 160  # both directions at once at best


def test_datagrams_are_lost_without_a_word(loa_node):
    act = """
async def act(board):
    lost = 0
    for _ in range(12):
        lost += await asked({0}, b"x") is None
    return lost
"""
    with answering(bytes) as port:
        lost = said(loa_node, act.format(port), path=BARE | {"loss": 0.5}, seed="lossy")
    assert 0 < lost < 12


def test_nothing_passes_in_a_stall_and_what_was_sent_arrives_after_it(loa_node):
    act = "async def act(board):\n    print('connected')\n    return await echoed({0}, 10)\n"
    with echo() as port:
        node = loa_node(image(TALK + act.format(port), runtime("micropython")), "micropython")
        node.start()
        node.wait_for("^connected$", WAIT_S)
        node.surround(stalled_ns=1 << 62)
        node.surround(stalled_ns=0)
        assert json.loads(node.wait_for("^says (.*)$", WAIT_S)[1]) >= 0


def test_a_captive_portal_answers_for_every_server(loa_node):
    act = "async def act(board):\n    return [str(await page({0})), str(await page(9))]\n"
    with echo() as port, Imposter(PORTAL) as portal:
        pages = said(loa_node, act.format(port), detours={"*": portal.port})
    assert all("accept the terms" in page for page in pages)


def test_one_server_can_be_led_astray_alone(loa_node):
    act = "async def act(board):\n    return [str(await page({1})), await echoed({0}, 5)]\n"
    with echo() as port, echo() as origin, Imposter("status 503") as broken:
        page, passed = said(loa_node, act.format(port, origin), detours={str(origin): broken.port})
    assert "503" in page and passed >= 0


def test_a_time_server_can_be_made_to_lie(loa_node):
    act = """
async def act(board):
    answer = await asked({0}, bytes(48))
    return [int.from_bytes(answer[place : place + 4], "big") for place in (32, 40)]
"""
    reply = bytearray(48)
    struct.pack_into(">I", reply, 32, 3_900_000_000)
    struct.pack_into(">I", reply, 40, 3_900_000_001)
    with answering(lambda _: bytes(reply)) as port:
        assert said(loa_node, act.format(port), time_lie={str(port): -86_400}) == [3_899_913_600, 3_899_913_601]


def test_names_are_not_found_where_no_name_server_answers(loa_node):
    act = """
async def act(board):
    try:
        socket.getaddrinfo("localhost", 1)
        return "found"
    except OSError as error:
        return error.errno
"""
    assert said(loa_node, act, dns=False) == -202
    assert said(loa_node, act) == "found"


PLAY = """
import asyncio, json, time
async def play(board):
    flag = asyncio.ThreadSafeFlag()
    {before}
    i2s = board.i2s(board.rate, 8192)
    i2s.irq(lambda _: flag.set())
    begun = time.ticks_us()
    for _ in range(30):
        i2s.write(b"\\x01\\x00" * 1024)
        await flag.wait()
        board.watchdog.feed()
    took = time.ticks_diff(time.ticks_us(), begun)
    {after}
    i2s.deinit()
    print("says", took)
def main(board):
    asyncio.run(play(board))
"""
SOLDERED = {"rate": 24000, "amplifier": {"pin": 25, "on": 1}}


def played(loa_node, soldered, before="pass", after="pass", **around):
    """A node that has played 30 blocks, and how long that took by its ticks."""
    node = loa_node(image(PLAY.format(before=before, after=after), runtime("micropython")), "micropython")
    (node.folder / "soldered.json").write_text(json.dumps(soldered))
    node.surround(**around)
    node.start()
    return node, int(node.wait_for(r"^says (\d+)$", WAIT_S)[1])


def test_ticks_and_sound_run_from_the_same_crystal(loa_node):
    fast = {"offset_ppm": [100_000, 100_000], "temperature_ppm": 0, "wander_ppm_per_sqrt_hour": 0}
    _, ticks = played(loa_node, {})
    node, fast_ticks = played(loa_node, {}, crystal=fast)
    assert abs(fast_ticks - ticks) < 60_000  # by its own ticks the sound has the same rate
    (segment,) = node.segments()
    assert segment.rate == 24000
    assert segment.ppm == pytest.approx(100_000, abs=1)
    assert segment.ended_ns - segment.started_ns == pytest.approx(segment.frames / 26_400 * 1e9, rel=1e-6)


def test_an_amplifier_that_is_on_without_clocks_pops(loa_node):
    right, _ = played(loa_node, SOLDERED, "pass", "board.amplifier.off()")
    assert _pops(right) == 0
    early, _ = played(loa_node, SOLDERED, "import machine; machine.Pin(25, machine.Pin.OUT, value=1)", "machine.Pin(25).off()")
    assert _pops(early) >= 1
    late, _ = played(loa_node, SOLDERED, "import machine", "machine.Pin(25, machine.Pin.OUT, value=1)")
    assert _pops(late) == 1


def _pops(node) -> int:
    parts = node.segments()
    track = recording.track(parts, parts[0].started_ns, parts[-1].ended_ns, 24000)
    return int(np.count_nonzero(np.diff((np.abs(track.astype(int)) > 30_000).astype(int)) == 1) + (abs(int(track[0])) > 30_000))


COUNT = """
import machine, time
def main(board):
    memory = board.rtc.memory()
    print("starts", machine.reset_cause(), board.rtc.datetime()[0], memory)
    board.rtc.memory(b"kept" + memory[-4:])
    if memory == b"":
        board.rtc.datetime((2026, 1, 1, 0, 0, 0, 0, 0))
        machine.reset()
    while True:
        board.watchdog.feed()
        time.sleep_ms(50)
"""


def test_a_brown_out_cannot_be_told_from_power_on_and_a_panic_not_from_a_reset(loa_node):
    node = loa_node(image(COUNT, runtime("micropython")), "micropython")
    node.start()
    node.wait_for(r"^starts 1 2000 b''$", WAIT_S)
    kept = node.wait_for(r"^starts 2 2026 b'kept'$", WAIT_S)
    node.brown_out()
    node.wait_for(r"^starts 1 2000 b''$", WAIT_S, since=kept.end())


def test_ballast_leaves_no_room_and_can_be_taken_away_again(loa_node):
    act = """
import os
def main(board):
    try:
        with open(board.data + "/note", "w") as file:
            file.write("x" * 9000)
        print("says written")
    except OSError as error:
        print("says", error.errno)
    while True:
        board.watchdog.feed()
"""
    node = loa_node(image(act, runtime("micropython")), "micropython")
    filled(node.folder)
    node.start()
    node.wait_for("^says (28|-28)$", WAIT_S)
    node.power_off()
    freed(node.folder)
    node.start()
    node.wait_for("^says written$", WAIT_S)


def test_board_of_these_tests_has_the_amplifier_at_the_pin_that_they_look_at():
    assert board().audio.amplifier.pin == 25
