"""A station whose own clock is wrong: it notices by time servers, signs nothing, and tells its nodes no time; without servers it is believed."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from cli_support import Desk
from host_support import AREA, STATION, keyring, site, speech_like

from loa.errors import LoaError
from loa.firmware import ntp, topics
from loa.site import Site
from loa.station import hostclock, timeclient
from loa.station.database import Database
from loa.station.hostclock import HostClock
from loa.station.process import Post, serve
from loa.station.service import Service
from loa.station.station import Station
from loa.station.timeserver import answer

HOUR_S = 3600
DAY_S = 86400
SERVER = ("time.example", 123)
NOBODY = "mqtts://localhost:1"


@contextmanager
def server(off_s: float, believed: bool = True) -> Iterator[tuple[str, int]]:
    """A time server whose clock is off by some seconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))

        def serve_it() -> None:
            while True:
                request, sender = line.recvfrom(512)
                if not request:
                    return
                reply = answer(request, time.time_ns() + round(off_s * 10**9), believed)
                assert reply is not None
                line.sendto(bytes(60), sender)  # nonsense that is no answer to the question
                line.sendto(reply, sender)

        thread = threading.Thread(target=serve_it)
        thread.start()
        try:
            yield line.getsockname()
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ender:
                ender.sendto(b"", line.getsockname())
            thread.join()


def told(*ahead: float) -> Callable[[Sequence[tuple[str, int]]], list[float]]:
    return lambda _servers: list(ahead)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "station.db")) as opened:
        yield opened


def with_servers(*servers: tuple[str, int]) -> Site:
    return site().model_copy(update={"time_servers": [f"{host}:{port}" for host, port in servers]})


@contextmanager
def opened(folder: Path, *servers: tuple[str, int]) -> Iterator[Station]:
    with closing(Station(with_servers(*servers), STATION, keyring(), folder)) as station:
        yield station


def test_servers_are_asked_and_what_is_no_answer_is_passed_over() -> None:
    with server(0) as right, server(-2 * DAY_S) as behind, server(5, believed=False) as unsure:
        found = sorted(timeclient.asked([right, behind, unsure]))
    assert [round(ahead) for ahead in found] == [0, 2 * DAY_S]


def test_a_server_that_is_silent_or_has_no_address_holds_nobody_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        assert timeclient.asked([deaf.getsockname(), ("a..b", 123)], 0.05) == []


def test_a_clock_is_wrong_when_all_servers_say_so() -> None:
    assert hostclock.contradiction([2 * DAY_S, 3 * DAY_S]) == 2 * DAY_S
    assert hostclock.contradiction([-2 * HOUR_S]) == -2 * HOUR_S
    for believed in ([HOUR_S], [-HOUR_S, 0.0], [2 * DAY_S, 1.0], [2 * DAY_S, -2 * DAY_S]):
        assert hostclock.contradiction(believed) is None


def test_nothing_is_signed_by_a_wrong_clock_in_any_process(tmp_path: Path) -> None:
    with server(-3 * DAY_S) as outside, opened(tmp_path, outside) as service, opened(tmp_path, outside) as desk:
        service.clock.ask()
        for order in (lambda: desk.sound(AREA, "chime"), lambda: desk.command("ban-la-1", "ping"), lambda: service.stop(AREA)):
            with pytest.raises(LoaError, match="3 days ahead of the time servers: nothing is signed") as refused:
                order()
            assert "--trust-clock" in refused.value.hint
        assert desk.orders.given(0, 2**32) == []
        service.clock.trust()
        assert desk.sound(AREA, "chime")


def test_a_clock_that_is_behind_is_wrong_too(database: Database) -> None:
    clock = HostClock(database, [SERVER], told(-5 * HOUR_S - 1))
    clock.ask()
    with pytest.raises(LoaError, match="5 h behind the time servers"):
        clock.check()


def test_where_nobody_answers_the_clock_is_believed(database: Database) -> None:
    clock = HostClock(database, [SERVER], told())
    assert not clock.may_date, "nobody was asked yet"
    clock.ask()
    clock.check()
    assert clock.may_date
    assert HostClock(database, [], told(9e9)).may_date


def test_what_was_found_stands_while_servers_are_away_and_until_the_clock_is_set(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    HostClock(database, [SERVER], told(2 * DAY_S)).ask()
    clock = HostClock(database, [SERVER], told())
    clock.ask()
    assert clock.ahead_s() == 2 * DAY_S and not clock.may_date
    right = time.time() - 2 * DAY_S
    monkeypatch.setattr(time, "time", lambda: right)
    clock.check()
    assert not clock.may_date, "it was set: the servers must be asked again"
    clock.ask()
    assert clock.may_date


def test_a_service_asks_again_when_its_clock_is_set(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostclock, "_LOOK_S", 0.01)
    really = time.time
    off = 0.0
    asked = threading.Semaphore(0)

    def ask(_servers: Sequence[tuple[str, int]]) -> list[float]:
        asked.release()
        return [off]

    async def life() -> None:
        nonlocal off
        clock = HostClock(database, [SERVER], ask)
        following = asyncio.create_task(clock.follow())
        async with asyncio.timeout(20):
            await asyncio.to_thread(asked.acquire)
            while not clock.may_date:
                await asyncio.sleep(0.01)
            off = 2.0 * DAY_S
            monkeypatch.setattr(time, "time", lambda: really() + off)
            await asyncio.to_thread(asked.acquire)
            while clock.ahead_s() is None:
                await asyncio.sleep(0.01)
        assert clock.ahead_s() == 2 * DAY_S and not clock.may_date
        following.cancel()

    asyncio.run(life())


def test_a_service_tells_no_time_and_confirms_nothing_until_its_clock_is_right(tmp_path: Path) -> None:
    with server(-2 * DAY_S) as outside, opened(tmp_path, outside) as station:
        service = Service(station, NOBODY)
        seen = topics.node_audience("ban-la-1")
        station.clock.ask()
        service._unseen["ban-la-1"] = 0.0
        service._turn(1)
        assert station.documents.current(topics.SEEN, seen) is None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
            node.bind(("127.0.0.1", 0))
            asyncio.run(_ask_own(service, node))
        station.clock.trust()
        service._turn(1)
        assert station.documents.current(topics.SEEN, seen) is not None


async def _ask_own(service: Service, node: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    await service._time.start(port)
    nonce = bytes(range(1, 9))
    node.settimeout(10)
    node.sendto(ntp.request(nonce), ("127.0.0.1", port))
    packet = await asyncio.to_thread(node.recv, 512)
    service._time.stop()
    assert ntp.answers(packet, nonce)
    with pytest.raises(ntp.Unfit, match="not synchronised") as unfit:
        ntp.unix_ms(packet, 0)
    assert unfit.value.kiss is None, "the node would never ask again"


def test_a_station_may_be_told_to_trust_its_clock(tmp_path: Path) -> None:
    with server(-2 * DAY_S) as outside:
        with opened(tmp_path, outside) as before:
            before.clock.ask()
        seen: list[bool] = []

        async def look(service: Service) -> None:
            seen.append(service._station.clock.may_date)

        for trusted in (False, True):
            post = Post(with_servers(outside), STATION, keyring().folder, tmp_path, NOBODY, trusted)
            asyncio.run(serve(post, look))
    assert seen == [False, True]


def test_a_station_does_not_ask_itself(tmp_path: Path) -> None:
    own = site().stations[STATION].model_copy(update={"host": "loa.example", "time_port": 1123})
    described = with_servers(("loa.example", 1123)).model_copy(update={"stations": {STATION: own}})
    with closing(Station(described, STATION, keyring(), tmp_path)) as station:
        assert station.clock.may_date


def test_an_officer_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.loa("add", speech_like(1, tmp_path / "tin.wav"))
    plan = tmp_path / "plan.toml"
    plan.write_text('[bulletins.tin]\n[[slots]]\nid = "sang"\nbulletin = "tin"\nat = ["05:30"]\n')
    with server(3 * HOUR_S) as (host, port):
        desk.edit("languages", f'time_servers = ["{host}:{port}"]\nlanguages')
        refused = desk.loa("plan", "publish", plan, code=1)
        assert re.search(
            r"error: this computer's clock is (2|3) h behind the time servers: nothing is signed\nhint: set the clock", refused.stderr
        )
        assert "clock is" in desk.loa("watch", "--once").stderr
