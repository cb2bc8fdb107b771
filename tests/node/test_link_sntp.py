"""SNTP against servers that are right, wrong, rude or silent."""

import asyncio
import struct

from support_link import UdpServer, refusal_of
from support_time import VirtualClock

from node import refusal
from node.bell import Bell
from node.link import ntp
from node.link.backoff import Backoff
from node.link.resolver import Resolver
from node.link.sntp import Sntp

UNIX = 1_790_000_000
NTP = UNIX + 2208988800
NONCE = b"12345678"


def packet(nonce=NONCE, head=0x24, stratum=2, delay=0, dispersion=0, reference=b"GPS\0", received=None, sent=None):
    received = (NTP, 0) if received is None else received
    sent = received if sent is None else sent
    times = struct.pack(">II", *received) + struct.pack(">II", *sent)
    return bytes((head, stratum, 6, 0xEC)) + struct.pack(">II", delay, dispersion) + reference + bytes(8) + nonce + times


def _unfit(**fields):
    try:
        ntp.unix_ms(packet(**fields), 10)
    except ntp.Unfit as unfit:
        return unfit
    raise AssertionError("taken: {}".format(fields))


def test_request_tells_nothing():
    request = ntp.request(NONCE)
    assert len(request) == 48 and request[0] == 0x23 and request[1:40] == bytes(39) and request[40:] == NONCE


def test_only_answers_to_the_request_count():
    assert ntp.answers(packet(), NONCE) and ntp.answers(packet() + b"mac", NONCE)
    for wrong in (b"", packet()[:47], packet(nonce=b"87654321"), packet(head=0x23), packet(head=0x25)):
        assert not ntp.answers(wrong, NONCE)


def test_time_is_that_of_arrival():
    assert ntp.unix_ms(packet(), 0) == UNIX * 1000
    assert ntp.unix_ms(packet(), 100) == UNIX * 1000 + 50
    half_second_inside = packet(sent=(NTP, 1 << 31))
    assert ntp.unix_ms(half_second_inside, 700) == UNIX * 1000 + 500 + 100
    assert ntp.unix_ms(half_second_inside, 100) == UNIX * 1000 + 500


def test_both_eras():
    assert ntp.unix_ms(packet(received=(0xFFFFFFFF, 0)), 0) == 2085978495 * 1000
    assert ntp.unix_ms(packet(received=(1, 1 << 31)), 0) == 2085978497 * 1000 + 500
    assert ntp.unix_ms(packet(received=(0xFFFFFFFF, 0), sent=(0, 1)), 0) == 2085978496 * 1000  # across the change of eras


def test_unfit_answers():
    for fields in (
        {"head": 0xE4},
        {"head": 0x14},
        {"head": 0x2C},
        {"stratum": 16},
        {"dispersion": 16 << 16},
        {"delay": 0xFFFFFFFF},
        {"sent": (0, 0)},
        {"sent": (NTP - 1, 0)},
    ):
        assert _unfit(**fields).kiss is None
    assert _unfit(stratum=0, reference=b"RATE").kiss == b"RATE"
    try:
        ntp.unix_ms(packet(), 2001)
        raise AssertionError("taken")
    except ntp.Unfit:
        pass


class _Clock:
    def __init__(self, believes=True):
        self.set_to = []
        self._believes = believes
        self.doubted = Bell()

    def set(self, unix_ms, source):
        self.set_to.append(unix_ms)
        return self._believes


def _server(**fields):
    return UdpServer(lambda request: [] if fields.get("mute") else [packet(nonce=request[40:48], **fields)])


async def _ask(clock, *servers, times=1):
    sntp = Sntp(Resolver(lambda: ()), lambda: [("localhost", server.port) for server in servers], clock, lambda: 0.5)
    pauses = []
    for _ in range(times):
        pauses.append(await sntp.ask_all())
    for server in servers:
        server.close()
    return sntp, pauses


async def test_first_good_server_sets_the_clock():
    clock, bad, good, spare = _Clock(), _server(head=0xE4), _server(), _server()
    sntp, pauses = await _ask(clock, bad, good, spare)
    assert len(clock.set_to) == 1 and 0 <= clock.set_to[0] - UNIX * 1000 < 1000
    assert pauses == [3_600_000] and sntp.why is None
    assert (len(bad.requests), len(good.requests), len(spare.requests)) == (1, 1, 0)


async def test_back_off_grows_and_a_success_ends_it():
    answers = [{"head": 0xE4}] * 3 + [{}, {"head": 0xE4}]
    server = UdpServer(lambda request: [packet(nonce=request[40:48], **answers.pop(0))])
    _, pauses = await _ask(_Clock(), server, times=5)
    assert pauses == [4000, 8000, 16000, 3_600_000, 4000]


async def test_a_server_that_was_proved_wrong_is_passed_over():
    clock, first, second = _Clock(believes=False), _server(), _server()
    sntp, pauses = await _ask(clock, first, second)
    assert len(clock.set_to) == 2 and pauses == [4000] and "wrong" in sntp.why


async def test_kisses():
    deny, rate = _server(stratum=0, reference=b"DENY"), _server(stratum=0, reference=b"RATE")
    _, pauses = await _ask(_Clock(), deny, rate, times=2)
    assert len(deny.requests) == 1 and len(rate.requests) == 2
    assert pauses == [900_000, 900_000]


async def test_forged_and_late_datagrams_do_not_count():
    def reply(request):
        return [b"", packet(nonce=b"87654321", received=(NTP + 9999, 0)), request, packet(nonce=request[40:48])]

    clock = _Clock()
    await _ask(clock, UdpServer(reply))
    assert 0 <= clock.set_to[0] - UNIX * 1000 < 1000


async def test_a_name_without_an_address():
    sntp = Sntp(Resolver(lambda: ()), lambda: ("time.example",), _Clock(), lambda: 0.5)
    assert (await refusal_of(sntp.ask("time.example"))).code == refusal.UNREACHABLE
    assert await sntp.ask_all() == 4000 and "time.example" in sntp.why


class _Counting(Sntp):
    """Believes at once whenever it asks; `asked`: virtual ms of each time."""

    def __init__(self, clock, virtual):
        super().__init__(None, None, clock, lambda: 0.5)
        self._virtual = virtual
        self.asked = []

    async def ask_all(self):
        self.asked.append(self._virtual.now_us // 1000)
        return 3_600_000


def test_servers_are_asked_again_soon_where_the_time_is_doubted():
    virtual = VirtualClock(within_s=10_000)

    async def scenario():
        clock = _Clock()
        sntp = _Counting(clock, virtual)
        task = asyncio.create_task(sntp.run())
        await asyncio.sleep(1)
        clock.doubted.ring()  # sooner than a server may be asked again
        await asyncio.sleep(100)
        clock.doubted.ring()
        await asyncio.sleep(7200)
        task.cancel()
        return sntp.asked

    first, second, third, fourth = virtual.run(scenario())[:4]
    assert 14_000 < second - first < 16_000
    assert 85_000 < third - second < 87_000
    assert 3_590_000 < fourth - third < 3_610_000


def test_jitter_spreads_and_is_bounded():
    low, high = Backoff(1000, 3000, lambda: 0.0), Backoff(1000, 3000, lambda: 0.999)
    assert [low.next() for _ in range(4)] == [500, 1000, 1500, 1500]
    assert [high.next() for _ in range(4)] == [1499, 2998, 4497, 4497]
