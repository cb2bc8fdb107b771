"""The node's boot by the real `main.py`, on real MicroPython and on CPython: what the application gets, repair, slot, console."""

import json

from boot_support import ALIVE, WAIT_S, board, both, image, running, slot

from loa.provision.disk import read_littlefs
from loa.provision.image import partition_of
from loa.testing.lab import runtime


@both
def test_main_gives_the_application_its_board(loa_node, on):
    application = """
import json, machine, os, sys, time
def main(board):
    print("facts " + json.dumps({
        "name": board.name, "rate": board.rate, "data": os.listdir(board.data), "root": board.root,
        "path": sys.path[0], "hertz": machine.freq(), "cause": machine.reset_cause(), "journal": board.journal.info(),
        "uplinks": [name for name, nic in board.uplinks], "epoch": time.gmtime(0)[0], "date": board.rtc.datetime()[:3],
        "ticks": time.ticks_ms(),
    }))
"""
    booted = running(loa_node, application, on)
    facts = json.loads(booted.wait_for("^facts (.*)$", WAIT_S)[1])
    assert facts["path"] == facts["root"] + "/slot"
    assert facts["name"] == "generic-esp32-max98357a" and facts["rate"] == 24000
    assert facts["data"] == ["config.json"] and facts["uplinks"] == ["wlan"]
    assert facts["hertz"] == 240_000_000 and facts["cause"] == 1 and facts["date"] == [2000, 1, 1]
    assert facts["journal"][:4] == [1, 0x40, 0x230000, 0x10000]
    assert (1 << 30) - 5_000 <= facts["ticks"] < 1 << 30
    if on.is_micropython:
        assert facts["root"] == "" and facts["epoch"] == 2000


@both
def test_data_that_cannot_be_mounted_is_formatted_and_usable(loa_node, on):
    application = """
import os
def main(board):
    print("found", os.listdir(board.data))
    with open(board.data + "/note", "w") as file:
        file.write("written")
    print("wrote", os.listdir(board.data))
"""
    flash = bytearray(image(application, on))
    data = board().partition("data")
    flash[data.address : data.address + data.size] = bytes(data.size)
    booted = loa_node(bytes(flash), on.name)
    booted.start()
    booted.wait_for("^data cannot be mounted .*: formatted$", WAIT_S)
    booted.wait_for(r"^found \[\]$", WAIT_S)
    booted.wait_for(r"^wrote \['note'\]$", WAIT_S)
    if on.is_micropython:
        booted.power_off()
        after = (booted.folder / "flash.bin").read_bytes()
        assert read_littlefs(partition_of(board(), after, "data")) == {"note": b"written"}


@both
def test_a_damaged_application_partition_is_not_formatted(loa_node, on):
    flash = bytearray(image("", on))
    app = board().partition("app")
    flash[app.address : app.address + 8192] = bytes(8192)
    booted = loa_node(bytes(flash), on.name)
    booted.start()
    booted.wait_for("^OSError", WAIT_S)
    booted.wait_for("^>>>", WAIT_S)
    booted.power_off()
    assert "formatted" not in booted.log()
    assert (booted.folder / "flash.bin").read_bytes()[app.address : app.address + app.size] == flash[app.address : app.address + app.size]


def test_without_its_root_no_file_of_ours_runs(loa_node):
    on = runtime("micropython")
    flash = bytearray(image("", on))
    vfs = board().partition("vfs")
    flash[vfs.address : vfs.address + vfs.size] = b"\x55" * vfs.size
    booted = loa_node(bytes(flash), on.name)
    booted.start()
    booted.wait_for("appears to be corrupted", WAIT_S)


@both
def test_the_slot_file_chooses_the_slot(loa_node, on):
    flash = image(
        "def main(board):\n    print('this is a')\n",
        on,
        app={"slot": b"b\n", "b.zip": slot("def main(board):\n    print('this is b')\n", on)},
    )
    booted = loa_node(flash, on.name)
    booted.start()
    booted.wait_for("^this is b$", WAIT_S)


@both
def test_a_slot_that_is_not_whole_is_not_started(loa_node, on):
    cut = slot("def main(board):\n    print('this is a')\n", on)[:-30]
    booted = loa_node(image("", on, app={"a.zip": cut}), on.name)
    booted.start()
    booted.wait_for("^ValueError: no ZIP archive, or not all of it$", WAIT_S)
    booted.wait_for("^>>>", WAIT_S)


def test_the_console_is_closed_after_two_seconds_while_the_application_runs(loa_node):
    application = (
        ALIVE
        + """
import micropython, time
def main(board):
    started = time.ticks_ms()
    micropython.kbd_intr = lambda character: print("closed", character, time.ticks_diff(time.ticks_ms(), started) > 1000)
    asyncio.run(alive(board))
"""
    )
    booted = running(loa_node, application, runtime("cpython"))  # MicroPython's own module cannot be changed for a look
    booted.wait_for("^closed -1 True$", WAIT_S)


def test_closing_the_console_leaves_the_application_running(loa_node):
    application = (
        ALIVE
        + """
async def count(board):
    for number in range(25):
        board.watchdog.feed()
        await asyncio.sleep_ms(100)
    print("still here")
def main(board):
    asyncio.run(count(board))
"""
    )
    booted = running(loa_node, application, runtime("micropython"))
    booted.wait_for("^still here$", WAIT_S)
    assert len(booted.boots) == 1
