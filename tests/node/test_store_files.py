"""Files are old or new, whole, after a power cut at any write, and damage is noticed. Documents on the shelf likewise."""

import asyncio
import os

from support_store import ON_FLASH, Disk, names, run
from support_time import VirtualClock, turns

from loa.sim.hardware.flash import Power, PowerCut
from node.bus.limits import DOCUMENT_BYTES_MAX
from node.refusal import AUDIENCE, OVERSIZED, Refused
from node.store import files
from node.store.gate import EraseGate
from node.store.shelf import Shelf

OLD = b"old " * 1500
NEW = b"brand new " * 700
HAMLET = "son-la/moc-chau/ban-hin"


def test_replace_and_read():
    disk = Disk()
    disk.boot()
    path = disk.path + "/f"
    gate = EraseGate()
    assert files.read(path, 100) is None
    for data in (b"", b"x", OLD, NEW, b"y"):
        run(files.replace(gate, path, data))
        assert files.read(path, len(data)) == data
        assert names(disk.path) == ["f"]
    run(files.remove(gate, path))
    run(files.remove(gate, path))
    assert files.size_of(path) is None
    disk.close()


def test_damage_is_noticed():
    disk = Disk()
    disk.boot()
    path = disk.path + "/f"
    run(files.replace(EraseGate(), path, OLD))
    with open(path, "rb") as file:
        content = bytearray(file.read())
    for change in (lambda c: c[:-1], lambda c: c[:3], lambda c: b"", lambda c: bytes([c[0] ^ 1]) + c[1:], lambda c: c + b"x"):
        with open(path, "wb") as file:
            file.write(change(content))
        try:
            files.read(path, DOCUMENT_BYTES_MAX)
            raise AssertionError("read")
        except files.Damaged:
            pass
    with open(path, "wb") as file:
        file.write(content)
    assert files.read(path, len(OLD)) == OLD
    try:
        files.read(path, len(OLD) - 1)
        raise AssertionError("read")
    except files.Damaged:
        pass
    disk.close()


def test_what_cannot_be_read_at_all_is_damaged():
    disk = Disk()
    disk.boot()
    os.mkdir(disk.path + "/f")  # stands for whatever the file system cannot read
    try:
        files.read(disk.path + "/f", DOCUMENT_BYTES_MAX)
        raise AssertionError("read")
    except files.Damaged:
        pass
    disk.close()


def test_power_cut_at_every_write_of_a_replace():
    if not ON_FLASH:
        return  # a host's page cache cannot be cut
    for tear in (0, 1, 2, 4):
        cut_at = 1
        while _cut_replace(cut_at, tear):
            cut_at += 1
        assert cut_at > 5


def _cut_replace(cut_at, tear):
    disk = Disk(16)
    disk.boot()
    gate = EraseGate()
    path = disk.path + "/d/f"
    run(files.prepare(gate, disk.path + "/d"))
    run(files.replace(gate, path, OLD))
    disk.boot(Power(cut_at, tear))
    try:
        run(files.replace(gate, path, NEW))
        return False
    except PowerCut:
        pass
    finally:
        disk.boot()
        gate = EraseGate()
        assert files.read(path, DOCUMENT_BYTES_MAX) in (OLD, NEW)
        assert run(files.prepare(gate, disk.path + "/d")) == ["f"]
        assert names(disk.path + "/d") == ["f"]
        run(files.replace(gate, path, NEW))
        assert files.read(path, DOCUMENT_BYTES_MAX) == NEW
        disk.close()
    return True


def _shelf(disk, gate, area=HAMLET):
    return Shelf(disk.path + "/docs", gate, area, "loa-1")


def test_shelf_keeps_the_newest_over_a_boot():
    disk = Disk()
    disk.boot()
    shelf = _shelf(disk, EraseGate())
    assert run(shelf.load()) == []
    shelf.put("plan", "son-la", b"one")
    shelf.put("plan", "son-la", b"two")
    shelf.put("air", "node/loa-1", b"mine")
    shelf.put("plan", HAMLET, b"p" * DOCUMENT_BYTES_MAX)
    assert shelf.get("plan", "son-la") == b"two"
    run(shelf.save())
    assert shelf.get("plan", "son-la") == b"two" and shelf.get("trust", "son-la") is None
    disk.boot()
    shelf = _shelf(disk, EraseGate())
    stored = sorted(run(shelf.load()))
    assert stored == [("air", "node/loa-1"), ("plan", "son-la"), ("plan", HAMLET)]
    assert [run(shelf.take(*place)) for place in stored] == [b"mine", b"two", b"p" * DOCUMENT_BYTES_MAX]
    disk.close()


def test_shelf_has_no_place_for_others():
    disk = Disk()
    disk.boot()
    shelf = _shelf(disk, EraseGate())
    for kind, audience, size, code in (
        ("plan", "lai-chau", 1, AUDIENCE),
        ("plan", "node/loa-1", 1, AUDIENCE),
        ("air", "node/loa-2", 1, AUDIENCE),
        ("cmd", "node/loa-1", 1, AUDIENCE),
        ("plan", "son-la", DOCUMENT_BYTES_MAX + 1, OVERSIZED),
    ):
        try:
            shelf.put(kind, audience, b"x" * size)
            raise AssertionError("taken")
        except Refused as refused:
            assert refused.code == code
    disk.close()


def test_shelf_drops_the_damaged_and_what_other_areas_said():
    disk = Disk()
    disk.boot()
    gate = EraseGate()
    shelf = _shelf(disk, gate)
    run(shelf.load())
    shelf.put("plan", "son-la", b"province")
    shelf.put("plan", "son-la/moc-chau", b"commune")
    run(shelf.save())
    with open(disk.path + "/docs/plan.son-la", "wb") as file:
        file.write(b"nonsense")
    shelf = _shelf(disk, gate, "son-la/van-ho/ban-a")
    assert run(shelf.load()) == [("plan", "son-la")]
    assert run(shelf.take("plan", "son-la")) is None
    assert names(disk.path + "/docs") == []
    disk.close()


def test_shelf_waits_for_silence():
    disk = Disk()
    disk.boot()
    gate = EraseGate()
    shelf = _shelf(disk, gate)

    async def life():
        await shelf.load()
        gate.close()
        task = asyncio.create_task(shelf.run())
        shelf.put("plan", "son-la", b"one")
        await turns(20)
        assert names(disk.path + "/docs") == [] and shelf.get("plan", "son-la") == b"one"
        gate.reopen()
        while names(disk.path + "/docs") != ["plan.son-la"]:
            await asyncio.sleep_ms(0)
        task.cancel()

    run(life())
    disk.close()


def test_shelf_tries_again_what_could_not_be_written():
    disk = Disk()
    disk.boot()
    gate = EraseGate()
    shelf = _shelf(disk, gate)

    async def life():
        task = asyncio.create_task(shelf.run())
        shelf.put("plan", "son-la", b"one")  # the folder does not exist yet
        await asyncio.sleep(10)
        assert shelf.get("plan", "son-la") == b"one"
        os.mkdir(disk.path + "/docs")
        await asyncio.sleep(60)
        task.cancel()

    VirtualClock().run(life())
    assert names(disk.path + "/docs") == ["plan.son-la"]
    disk.close()


def test_who_waits_for_the_shelf_waits_through_a_refusal_of_flash():
    disk = Disk()
    disk.boot()
    shelf = _shelf(disk, EraseGate())

    async def life():
        task = asyncio.create_task(shelf.run())
        shelf.put("trust", "son-la", b"revokes")  # the folder does not exist yet
        waiting = asyncio.create_task(shelf.wait_saved())
        await asyncio.sleep(10)
        assert not waiting.done()
        os.mkdir(disk.path + "/docs")
        await asyncio.wait_for(waiting, 60)
        task.cancel()

    VirtualClock().run(life())
    assert names(disk.path + "/docs") == ["trust.son-la"]
    disk.close()


def test_shelf_saved_by_two_at_once():
    """A key is revoked while sound is out: the shelf's own task waits for silence with what is saved before the restart."""
    disk = Disk()
    disk.boot()
    gate = EraseGate()
    shelf = _shelf(disk, gate)

    async def life():
        await shelf.load()
        gate.close()
        shelf.put("trust", "son-la", b"revokes")
        own = asyncio.create_task(shelf.save())
        before_restart = asyncio.create_task(shelf.save())
        await turns(20)
        gate.reopen()
        await own
        await before_restart

    run(life())
    assert shelf.get("trust", "son-la") == b"revokes" and names(disk.path + "/docs") == ["trust.son-la"]
    disk.close()
