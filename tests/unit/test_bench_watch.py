"""Forty boards: rows follow their sockets, boards are worked on at once but not too many, and a failure is only that board's."""

import threading
import time

import pytest

from loa.bench.watch import FAILED, MADE, WORKING, Watch
from loa.errors import LoaError
from loa.flash.errors import PortForbidden, Unplugged
from loa.flash.ports import Port


def _port(place, device=None):
    return Port(device or f"/dev/{place}", place, "CH340")


class _Bench:
    """Sockets with boards in them, and work that waits until it is let go."""

    def __init__(self):
        self.there = []
        self.go = threading.Event()
        self.at_once = self.most = 0
        self.lock = threading.Lock()

    def ports(self):
        return list(self.there)

    def work(self, port, progress):
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        progress.stage("writing")
        progress.advance(1, 2)
        assert self.go.wait(10)
        with self.lock:
            self.at_once -= 1
        if port.location.startswith("bad"):
            raise Unplugged(port.device)
        return port.device


def _until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_each_board_gets_a_row_and_a_second_look_none():
    bench = _Bench()
    bench.there = [_port("1-1"), _port("1-2")]
    with Watch(bench.ports, bench.work) as watch:
        watch.look()
        watch.look()
        _until(lambda: [row.state for row in watch.rows] == [WORKING, WORKING])
        assert watch.busy and [(row.words, row.done, row.total) for row in watch.rows] == [("writing", 1, 2)] * 2
        bench.go.set()
    assert [(row.number, row.state, row.outcome) for row in watch.rows] == [(1, MADE, "/dev/1-1"), (2, MADE, "/dev/1-2")]


def test_the_next_board_in_the_same_socket_gets_a_new_row_even_under_another_name():
    bench = _Bench()
    bench.go.set()
    with Watch(bench.ports, bench.work) as watch:
        bench.there = [_port("1-1", "/dev/ttyUSB0")]
        watch.look()
        _until(lambda: not watch.busy)
        watch.look()
        assert len(watch.rows) == 1  # it still hangs there
        bench.there = []
        watch.look()
        bench.there = [_port("1-1", "/dev/ttyUSB1")]
        watch.look()
        _until(lambda: not watch.busy)
    assert [(row.port.device, row.unplugged) for row in watch.rows] == [("/dev/ttyUSB0", True), ("/dev/ttyUSB1", False)]


def test_a_board_that_is_pulled_out_while_worked_on_is_begun_again_when_it_comes_back():
    bench = _Bench()
    bench.there = [_port("bad-1")]
    with Watch(bench.ports, bench.work) as watch:
        watch.look()
        _until(lambda: watch.rows[0].state == WORKING)
        bench.there = []
        watch.look()
        assert not watch.rows[0].unplugged  # its work has to notice first
        bench.go.set()
        _until(lambda: watch.rows[0].state == FAILED)
        watch.look()
        bench.there = [_port("bad-1")]
        watch.look()
    assert len(watch.rows) == 2 and "broke" in watch.rows[0].words and watch.rows[0].hint


def test_no_more_boards_at_once_than_allowed():
    bench = _Bench()
    bench.there = [_port(f"1-{number}") for number in range(20)]
    with Watch(bench.ports, bench.work, at_once=4) as watch:
        watch.look()
        _until(lambda: bench.at_once == 4)
        bench.go.set()
    assert bench.most == 4 and {row.state for row in watch.rows} == {MADE}


def test_a_port_that_gets_its_rights_late_is_tried_again():
    tries = []

    def work(port, progress):
        tries.append(port)
        if len(tries) < 3:
            raise PortForbidden(port.device)
        return "made"

    with Watch(lambda: [_port("1-1")], work) as watch:
        watch.look()
    assert watch.rows[0].state == MADE and len(tries) == 3


def test_other_errors_are_the_row_s_alone():
    def work(port, progress):
        if port.location == "1-1":
            raise LoaError("no", "do that")
        return "made"

    with Watch(lambda: [_port("1-1"), _port("1-2")], work) as watch:
        watch.look()
    assert [(row.state, row.words, row.hint) for row in watch.rows][0] == (FAILED, "no", "do that")
    assert watch.rows[1].state == MADE


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_ends_no_other_board():
    def work(port, progress):
        raise ZeroDivisionError("oh")

    with Watch(lambda: [_port("1-1")], work) as watch:
        watch.look()
    assert watch.rows[0].state == FAILED and "ZeroDivisionError" in watch.rows[0].words
