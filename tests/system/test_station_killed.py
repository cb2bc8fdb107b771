"""The station as a process that is killed with SIGKILL at moments nobody chose: what it confirmed, to a person or to a node, is still there."""

import subprocess
import sys
import time
from pathlib import Path

from host_support import AREA, BOARD, SITE_FILE, STATION, keyring, site
from station_support import FakeNode

from loa.broker import NatsBroker
from loa.firmware import topics
from loa.station.station import Station

NODE = "ban-la-1"
SELF = topics.node_audience(NODE)

_OPEN = f"""
import asyncio, sys
from pathlib import Path
from loa.keys import Keyring
from loa.site import load_site
from loa.station.service import Service
from loa.station.station import Station
station = Station(load_site(Path({str(SITE_FILE)!r}), [{BOARD!r}]), {STATION!r}, Keyring(Path(sys.argv[1])), Path(sys.argv[2]))
"""
GIVE_ORDERS = (
    _OPEN
    + f"""
while True:
    print(station.volume({AREA!r}, 50), flush=True)
"""
)
SERVE = (
    _OPEN
    + """
async def serve():
    async with Service(station, sys.argv[3]) as service:
        await service.wait()
asyncio.run(serve())
"""
)


def started(program: str, folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, str(keyring().folder), str(folder), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_an_order_that_was_confirmed_is_kept(tmp_path: Path) -> None:
    desk = started(GIVE_ORDERS, tmp_path)
    assert desk.stdout is not None
    confirmed = [desk.stdout.readline().strip() for _ in range(20)]
    desk.kill()
    confirmed += desk.stdout.read().split("\n")[:-1]
    desk.wait()
    station = Station(site(), STATION, keyring(), tmp_path)
    given = [record["id"] for _, record in station.orders.given(0, 2**32)]
    assert given[: len(confirmed)] == confirmed
    document = station.documents.current(topics.AIR, AREA)
    assert document is not None
    assert document.body["orders"][-1]["id"] == given[-1], "order and document were committed together"
    station.close()


def test_an_event_that_was_confirmed_is_recorded_and_every_other_comes_again(tmp_path: Path) -> None:
    broker = NatsBroker(site(), keyring(), tmp_path / "broker")
    broker.start()
    node = FakeNode(broker.port, NODE)
    events, confirmed = 40, 0
    services = []
    try:
        for _ in range(2):
            service = started(SERVE, tmp_path / "station", broker.url)
            services.append(service)
            deadline = time.monotonic() + 20
            aim = min(events, confirmed + events // 2)
            while confirmed < aim:
                assert time.monotonic() < deadline
                for n in range(confirmed + 1, min(confirmed + 8, events) + 1):
                    node.say_played(n, "k", n, n + 1, events)
                confirmed = max(confirmed, node.newest(topics.SEEN, SELF).get("n", 0))
            service.kill()
            service.wait()
            station = Station(site(), STATION, keyring(), tmp_path / "station")
            recorded = [event.n for event in station.record.events(NODE)]
            assert sorted(recorded) == list(range(1, len(recorded) + 1))
            assert len(recorded) >= confirmed
            assert station.record.lost() == []
            station.close()
        assert confirmed == events
    finally:
        for service in services:
            service.kill()
            service.wait()
        node.close()
        broker.stop()
