"""The node's own page without radio and HTTP: when it opens, who is let in, which networks are kept, and what its name server answers."""

import json
import os
import random

from support_store import Disk

from node.portal import lock, names, wanted
from node.portal.radio import FAILED, Radio
from node.store import networks
from node.store.gate import EraseGate

KEY = bytes(range(32))
QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01"
ADDRESS = bytes((192, 168, 4, 1))
DISKS = []  # the one that is mounted


class Board:
    def __init__(self, cause="power", button=None, uplinks=("wlan",), configured=(("xa", "mat-khau-1"),)):
        for disk in DISKS:
            disk.close()
        DISKS[:] = [Disk()]
        DISKS[0].boot()
        self.root = DISKS[0].path
        self.data = self.root + "/data"
        os.mkdir(self.data)
        self.button = button
        self.uplinks = [(name, None) for name in uplinks]
        self._cause = cause
        if configured is not None:
            with open(self.root + "/config.json", "w") as file:
                json.dump({"networks": configured}, file)

    def cause(self):
        return self._cause


def held():
    return True


def let_go_soon():
    looks = iter([True, True, False])
    return lambda: next(looks)


def test_it_opens_for_a_held_button_and_for_a_node_that_never_had_a_network():
    assert wanted.wanted(Board(button=held))
    assert wanted.wanted(Board(configured=()))
    assert not wanted.wanted(Board())
    assert not wanted.wanted(Board(button=let_go_soon()))
    assert not wanted.wanted(Board(button=lambda: False))


def test_it_opens_at_power_up_alone_and_where_there_is_a_radio():
    for cause in ("reset", "watchdog", "soft", "sleep"):
        assert not wanted.wanted(Board(cause, held, configured=()))
    assert not wanted.wanted(Board(button=held, uplinks=("lan",)))
    assert not wanted.wanted(Board(configured=None))


async def test_a_network_that_was_chosen_keeps_it_closed():
    board = Board(configured=())
    await networks.choose(EraseGate(), board.data, b"cho-moi", "mat-khau-2")
    assert not wanted.wanted(board)


async def test_networks_are_kept_newest_first_and_four_at_most():
    board, gate = Board(), EraseGate()
    assert networks.chosen(board.data) == []
    for name in (b"a", b"\xff\xfe", "Xã".encode(), b"d", b"e", b"a"):
        await networks.choose(gate, board.data, name, "mat-khau-2")
    assert [name for name, _ in networks.chosen(board.data)] == ["a", "e", "d", "Xã"]
    await networks.choose(gate, board.data, b"\xff\xfe", "")
    assert networks.chosen(board.data)[0] == (b"\xff\xfe", "")


async def test_a_damaged_file_leaves_the_networks_of_the_bench():
    board = Board()
    await networks.choose(EraseGate(), board.data, b"a", "mat-khau-2")
    with open(board.data + "/networks", "rb") as file:
        content = bytearray(file.read())
    content[3] ^= 1
    with open(board.data + "/networks", "wb") as file:
        file.write(content)
    assert networks.chosen(board.data) == []


class BusyStation:
    """`network.WLAN` whose driver has not ended what was before."""

    def disconnect(self):
        pass

    def connect(self, ssid, password):
        raise OSError(0x3006)  # ESP_ERR_WIFI_STATE


async def test_a_try_that_the_driver_refuses_has_failed():
    radio = Radio(BusyStation(), None)
    assert not await radio.join(b"xa", "mat-khau-1") and radio.state == FAILED


def test_the_code_is_the_same_on_both_sides_and_another_for_each_node():
    assert lock.setup_code(KEY) == "93301678"
    assert lock.setup_code(bytes(32)) != lock.setup_code(KEY)
    assert len(lock.setup_code(bytes(32))) == 8


def test_five_wrong_codes_close_it_for_good():
    door = lock.Lock("01234567")
    token = door.enter("0123-4567")
    assert door.knows(token) and not door.knows("") and not door.knows(token + "0")
    for wrong in ("", "1234567", "99999999", "x" * 500, "01234568"):
        assert not door.closed
        assert door.enter(wrong) is None
    assert door.closed and not door.knows(token)
    assert door.enter("01234567") is None


def test_four_phones_at_most():
    door = lock.Lock("01234567")
    tokens = [door.enter("01234567") for _ in range(6)]
    assert [door.knows(token) for token in tokens] == [False, False, True, True, True, True]


def test_every_name_has_one_address():
    answer = names.answer(QUESTION, ADDRESS)
    assert answer[:12] == b"\x12\x34\x85\x00\x00\x01\x00\x01\x00\x00\x00\x00"
    assert answer[12:-16] == QUESTION[12:] and answer[-4:] == ADDRESS
    assert names.answer(QUESTION[:-3] + b"\x1c\x00\x01", ADDRESS)[6:8] == b"\0\0"  # AAAA: no address
    assert names.answer(QUESTION + b"\0\0\x29\x10\0\0\0\0\0\0\0", ADDRESS)[12:-16] == QUESTION[12:]  # EDNS behind it


def test_what_is_no_question_gets_no_answer():
    answer = b"\x12\x34\x81" + QUESTION[3:]
    for bad in (
        b"",
        QUESTION[:12],
        QUESTION[:-1],
        answer,
        QUESTION[:5] + b"\2" + QUESTION[6:],
        QUESTION[:12] + b"\xc0\x0c\0\1\0\1",
        QUESTION + bytes(512),
    ):
        assert names.answer(bad, ADDRESS) is None
    for _ in range(500):
        noise = bytes(random.getrandbits(8) for _ in range(random.getrandbits(6)))
        for query in (noise, QUESTION[:12] + noise, QUESTION[: random.getrandbits(5)] + noise):
            got = names.answer(query, ADDRESS)
            assert got is None or len(got) <= len(query) + 16
