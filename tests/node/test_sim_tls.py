"""TLS as the board has it: dates by the node's clock, a handshake that holds everything, memory for one session without PSRAM."""

import asyncio
import binascii
import time

import machine
from chip import CHIP
from support_link import close, network, refusal_of, serve, server_context, vector

from loa.sim.hardware.certificate import Malformed, has_ec_key, validity
from node import refusal
from node.link import tls

_EMULATED = hasattr(asyncio, "core")  # CPython has its own TLS
_2000, _2099 = 946_684_800, 4_102_358_400
_HANDSHAKE_US = 95_000


def _certificate():
    return tls.certificates(vector("tls/server.pem"))[0]


def test_dates_and_key_of_a_certificate_are_read():
    assert validity(_certificate()) == (_2000, _2099)
    assert not has_ec_key(_certificate())


def test_a_key_of_an_elliptic_curve_is_told_apart():
    key = binascii.unhexlify("301306072a8648ce3d020106082a8648ce3d030107")
    times = b"\x17\x0d490101000000Z\x18\x0f20500101000000Z"
    parts = b"\x02\x01\x01" + _sequence(b"") + _sequence(b"") + _sequence(times) + _sequence(b"") + _sequence(key)
    certificate = _sequence(_sequence(parts) + _sequence(b""))
    assert has_ec_key(certificate)
    assert validity(certificate) == (2_493_072_000, 2_524_608_000)


def test_what_is_no_certificate_is_refused():
    whole = _certificate()
    for length in range(0, len(whole), 7):
        _malformed(whole[:length])
    for place in range(0, 200):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        try:
            validity(damaged)
            has_ec_key(damaged)
        except Malformed:
            pass


async def test_a_certificate_is_judged_by_the_clock_of_the_node():
    if not _EMULATED:
        return
    server, port = await _greeter()
    rtc = machine.RTC()
    for year, refused in ((2026, False), (2100, True), (2026, False)):
        rtc.datetime((year, 1, 2, 0, 0, 0, 0, 0))
        if refused:
            assert (await refusal_of(_greeted(port))).code == refusal.ORIGIN
        else:
            assert await _greeted(port) == b"hello\n"
    server.close()


async def test_an_address_is_no_name_for_a_certificate():
    if not _EMULATED:
        return
    server, port = await _greeter()
    assert (await refusal_of(_greeted(port, "127.0.0.1"))).code == refusal.ORIGIN
    server.close()


async def test_a_handshake_holds_the_program():
    if not _EMULATED:
        return
    server, port = await _greeter()
    steps = []

    async def step():
        while True:
            steps.append(time.ticks_us())
            await asyncio.sleep_ms(10)

    stepper = asyncio.create_task(step())
    await _greeted(port)
    stepper.cancel()
    server.close()
    longest = max([time.ticks_diff(steps[place + 1], steps[place]) for place in range(len(steps) - 1)])
    assert longest >= _HANDSHAKE_US


async def test_without_psram_a_second_session_finds_no_memory_until_the_first_is_closed():
    if not _EMULATED:
        return
    server, port = await _greeter()
    CHIP.soldered["psram_mb"] = 0
    try:
        first = await _opened(port)
        error = await refusal_of(_greeted(port))
        assert error.code == refusal.UNREACHABLE and "12" in error.reason
        first.close()
        assert await _greeted(port) == b"hello\n"
    finally:
        del CHIP.soldered["psram_mb"]
    server.close()


async def _greeter():
    async def greet(reader, writer):
        await reader.readline()
        writer.write(b"hello\n")
        await writer.drain()
        await reader.readline()
        await close(writer)

    return await serve(greet, ssl=server_context())


async def _opened(port, name="station.test"):
    stream = await network().connect("localhost", port, tls=tls.client_context(vector("tls/ca.pem")), server_hostname=name)
    try:
        stream.write(b"?\n")
        await stream.drain()
    except Exception:
        stream.close()
        raise
    return stream


async def _greeted(port, name="station.test"):
    stream = await _opened(port, name)
    try:
        return await stream.readline()
    finally:
        stream.close()


def _sequence(content):
    return b"\x30" + bytes([0x82]) + len(content).to_bytes(2, "big") + content


def _malformed(data):
    try:
        validity(data)
    except Malformed:
        return
    raise AssertionError("taken for a certificate")
