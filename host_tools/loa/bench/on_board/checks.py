"""Runs on a board at its prompt: looks at memory, buses, radio, network, broker and loudspeaker. Sent as text; each function prints one JSON value.

Uses what stands on the board, its `board.json` and `config.json`, and the drivers of its application.
"""

import asyncio
import gc
import json
import math
import os
import socket
import struct
import sys
import time

import esp32
import machine
import vfs
from esp32 import Partition

watchdog = machine.WDT(timeout=60000)
_NTP_TO_UNIX = 2208988800  # RFC 5905, 6
_CONNECT_MS = 15000
_ANSWER_S = 5
_RING = 16384
_BLOCK = 4096  # bytes, whole DMA buffers
_WRITE_MS = 500
_LOUD = 4096  # an eighth of full scale


def read(path):
    watchdog.feed()
    with open(path) as file:
        return json.load(file)


def memory():
    gc.collect()
    free = gc.mem_free()
    regions = esp32.idf_heap_info(esp32.HEAP_DATA)
    print(json.dumps([free, sum(region[1] for region in regions), max([region[2] for region in regions] or [0])]))


def buses():
    """Addresses that answer on the I2C bus, None without one."""
    bus = read("/board.json").get("i2c")
    if not bus:
        print("null")
        return
    pins = machine.I2C(bus["unit"], sda=machine.Pin(bus["sda"]), scl=machine.Pin(bus["scl"]), freq=bus["hertz"])
    print(json.dumps(pins.scan()))


def networks():
    """Name and strength of every network in reach."""
    import network

    radio = network.WLAN(network.STA_IF)
    radio.active(True)
    watchdog.feed()
    print(json.dumps([[found[0].decode(), found[3]] for found in radio.scan()]))


def join():
    """Join the first network of the configuration that lets us in; prints its name and our address, or what each said."""
    import network

    radio = network.WLAN(network.STA_IF)
    radio.active(True)
    said = []
    for name, password in read("/config.json")["networks"]:
        radio.connect(name, password)
        start = time.ticks_ms()
        while radio.status() == network.STAT_CONNECTING and time.ticks_diff(time.ticks_ms(), start) < _CONNECT_MS:
            watchdog.feed()
            time.sleep_ms(100)
        if radio.isconnected():
            print(json.dumps({"name": name, "address": radio.ifconfig()[0], "rssi": radio.status("rssi")}))
            return
        said.append([name, radio.status()])
        radio.disconnect()
    print(json.dumps({"said": said}))


def names():
    """Address of the broker's name."""
    watchdog.feed()
    broker = read("/config.json")["broker"]
    address = socket.getaddrinfo(broker["host"], broker["port"])[0][-1]
    print(json.dumps(address[0] if isinstance(address, tuple) else ""))


def clock():
    """Unix seconds by the first time server that answers, and by the chip."""
    watchdog.feed()
    epoch = (time.gmtime(0)[0] == 2000 and 946684800) or 0
    told = None
    for host, port in read("/config.json")["time"]:
        exchange = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            exchange.settimeout(_ANSWER_S)
            exchange.sendto(b"\x23" + bytes(47), socket.getaddrinfo(host, port)[0][-1])
            told = struct.unpack(">I", exchange.recvfrom(48)[0][40:44])[0] - _NTP_TO_UNIX
            break
        except OSError:
            pass
        finally:
            exchange.close()
    print(json.dumps([told, time.time() + epoch]))


def login(client_context):
    """Code of the broker's CONNACK (MQTT 3.1.1, 3.2.2.3). `client_context`: see `node.link.tls`."""
    broker = read("/config.json")["broker"]
    stream = socket.socket()
    try:
        stream.settimeout(_ANSWER_S)
        stream.connect(socket.getaddrinfo(broker["host"], broker["port"])[0][-1])
        if broker["tls"]:
            with open("/ca.pem") as file:
                stream = client_context(file.read()).wrap_socket(stream, server_hostname=broker["host"])
        watchdog.feed()
        texts = [b"MQTT\x04\xc2\x00\x0a"] + [text.encode() for text in ("doctor-" + broker["user"], broker["user"], broker["password"])]
        body = b"".join([struct.pack(">H", 4 if number == 0 else len(text)) + text for number, text in enumerate(texts)])
        stream.write(bytes((0x10, len(body))) + body)
        answer = stream.read(4)
        print(json.dumps(answer[3] if answer and len(answer) == 4 and answer[0] == 0x20 else -1))
    finally:
        stream.close()


def tone(milliseconds, hertz):
    """A tone of an eighth of full scale, faded in and out, by the application's own drivers. Prints their faults."""
    watchdog.feed()
    mount_slot()
    from node.board import Board

    board = Board("", watchdog)
    i2s = board.i2s(board.rate, _RING)
    written = asyncio.ThreadSafeFlag()
    i2s.irq(lambda _: written.set())
    asyncio.new_event_loop()  # the tasks of the program that was interrupted are still in the old one
    try:
        asyncio.run(_sound(board, i2s, written, board.rate * milliseconds // 1000, hertz))
    finally:
        board.amplifier.off()
        i2s.deinit()
    print(json.dumps(board.fitted.faults()))


async def _sound(board, i2s, written, frames, hertz):
    await _write(i2s, written, bytearray(_BLOCK))  # clocks before the amplifier
    await board.amplifier.on(board.rate)
    for start in range(0, frames, _BLOCK // 2):
        await _write(i2s, written, _sine(start, frames, hertz / board.rate))
    for _ in range(_RING // _BLOCK + 1):  # until all of it is out
        await _write(i2s, written, bytearray(_BLOCK))


async def _write(i2s, written, block):
    watchdog.feed()
    i2s.write(block)
    try:
        await asyncio.wait_for_ms(written.wait(), _WRITE_MS)
    except asyncio.TimeoutError:  # a callback can be lost
        pass


def _sine(start, frames, turns):
    """A block of the tone; its first and last tenth rise and fall."""
    samples = []
    for place in range(start, start + _BLOCK // 2):
        loudness = max(0, min(1, 10 * place / frames, 10 * (frames - place) / frames))
        samples.append(int(_LOUD * loudness * math.sin(2 * math.pi * turns * place)))
    return bytearray(struct.pack("<{}h".format(len(samples)), *samples))


def mount_slot():
    """Make the application's modules importable."""
    watchdog.feed()
    if "/slot" not in sys.path:
        from mounting import open_archive

        try:
            os.stat("/app/a.zip")
        except OSError:
            vfs.mount(vfs.VfsLfs2(Partition.find(Partition.TYPE_DATA, label="app")[0], readsize=256), "/app")
        try:
            os.stat("/slot/node")
        except OSError:
            vfs.mount(open_archive("/app/a.zip"), "/slot")
        sys.path.insert(0, "/slot")
