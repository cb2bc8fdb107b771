"""The station as a process that is killed with SIGKILL at moments nobody chose: what it confirmed, to a person or to a node, is still there."""

import pickle
import subprocess
import sys

from loa.firmware import topics
from loa.testing import Commune, Station, eventually

NODE = "ban-la-1"
SELF = topics.node_audience(NODE)
GIVE_ORDERS = """
import pickle, sys
from loa.keys import Keyring
from loa.station.station import Station
post = pickle.load(sys.stdin.buffer)
station = Station(post.site, post.name, Keyring(post.keys), post.folder)
while True:
    print(station.volume(station.area, 50), flush=True)
"""


def test_an_order_that_was_confirmed_is_kept(station: Station) -> None:
    officer = subprocess.Popen([sys.executable, "-c", GIVE_ORDERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert officer.stdin is not None and officer.stdout is not None
    with officer.stdin as stdin:
        pickle.dump(station.post, stdin)
    confirmed = [officer.stdout.readline() for _ in range(20)]
    officer.kill()
    confirmed += officer.stdout.read().splitlines(keepends=True)
    officer.wait()
    officer.stdout.close()
    orders = [line.decode().strip() for line in confirmed if line.endswith(b"\n")]
    given = [record["id"] for _, record in station.desk.orders.given(0, 2**32)]
    assert given[: len(orders)] == orders
    document = station.desk.documents.current(topics.AIR, station.area)
    assert document is not None
    assert document.body["orders"][-1]["id"] == given[-1], "order and document were committed together"


def test_an_event_that_was_confirmed_is_recorded_and_every_other_comes_again(loa_commune: Commune, station: Station) -> None:
    events, confirmed = 40, 0
    with loa_commune.fake_node(NODE) as node:

        def newest_confirmed() -> int:
            for n in range(confirmed + 1, min(confirmed + 8, events) + 1):
                node.say_played(n, "k", n, n + 1, events)
            return max(confirmed, int(node.newest(topics.SEEN, SELF).get("n", 0)))

        for aim in (events // 2, events):

            def told() -> bool:
                nonlocal confirmed
                confirmed = newest_confirmed()
                return confirmed >= aim

            eventually(told, f"{aim} events confirmed")
            station.kill()
            recorded = [event.n for event in station.desk.record.events(NODE)]
            assert sorted(recorded) == list(range(1, len(recorded) + 1))
            assert len(recorded) >= confirmed
            assert station.desk.record.lost() == []
            station.start()
    assert confirmed == events
