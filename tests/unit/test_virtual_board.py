"""A virtual board as esptool and mpremote see it: what they do to a real one works, and what breaks on a real one breaks."""

import hashlib
import random

import esptool.loader
import pytest
import serial
from boards_support import MIB, Heard, board, image, kind
from esptool import cmds
from hypothesis import given
from hypothesis import strategies as st
from mpremote.transport_serial import SerialTransport

from loa.flash import messages
from loa.flash.layout import runtime_stretches
from loa.flash.loader import connected
from loa.sim.boards.boot import DoesNotBoot, program_in
from loa.sim.boards.chip_flash import ChipFlash
from loa.sim.boards.rom import Frames, slip
from loa.sim.boards.uart import USB_LATENCY_S, Uart


def test_the_wire_takes_ten_bits_a_byte_and_the_adapter_its_latency():
    now = [100.0]
    uart = Uart(now=lambda: now[0])
    assert uart.to_board(1152) == pytest.approx(100.1)
    assert uart.to_board(1152) == pytest.approx(100.2)  # behind what is on the wire already
    now[0] = 101.0
    assert uart.to_host(1152) == pytest.approx(101.1 + USB_LATENCY_S)
    uart.host_baud = uart.board_baud = 460_800
    assert uart.to_board(4608) == pytest.approx(101.1)
    assert (uart.bytes_sent, uart.round_trips) == (2 * 1152 + 4608, 2)


def test_ends_that_mean_another_rate_hear_noise():
    uart = Uart()
    uart.host_baud = 460_800
    assert not uart.agrees
    uart.host_baud = 117_000
    assert uart.agrees


@given(st.lists(st.binary(min_size=1, max_size=40)), st.integers(1, 7))
def test_frames_come_out_as_they_went_in_however_they_are_cut(payloads, step):
    stream = b"".join(slip(payload) for payload in payloads)
    frames = Frames()
    assert [frame for start in range(0, len(stream), step) for frame in frames.of(stream[start : start + step])] == payloads


def test_no_packet_is_written_out_for_a_trace_that_nobody_asked_for(tmp_path, monkeypatch):
    """esptool would do it for each, and forty boards would wait for that."""
    written = []
    hexify = esptool.loader.hexify
    monkeypatch.setattr(esptool.loader, "hexify", lambda octets, *how: written.append(len(octets)) or hexify(octets, *how))
    with board(tmp_path) as plugged, connected(plugged.url) as loader:
        loader.write([(0x20000, random.Random(8).randbytes(30_000))])
    assert sum(written) < 100


def test_esptool_identifies_writes_reads_erases_and_compares(tmp_path):
    data = random.Random(7).randbytes(30_000) + bytes(50_000)
    with board(tmp_path, 9) as plugged, connected(plugged.url) as loader:
        assert (loader.chip, loader.flash_bytes, loader.mac) == ("esp32", 4 * MIB, "02:00:00:00:00:09")
        loader.write([(0x20000, data)])
        assert loader.read(0x20000, len(data)) == data
        assert loader.md5(0x20000, len(data)) == hashlib.md5(data).hexdigest()
        loader.erase(0x20000, 0x10000)
        assert loader.read(0x20000, len(data)) == b"\xff" * 0x10000 + data[0x10000:]
        assert set(loader.read(0, 0x1000)) == {0xFF}


@pytest.mark.parametrize(("chip", "flash_bytes"), [("esp32s3", 8 * MIB), ("esp32c3", 4 * MIB), ("esp32", 16 * MIB)])
def test_chips_of_other_kinds_and_sizes_say_what_they_are(tmp_path, chip, flash_bytes):
    with board(tmp_path, chip=chip, flash_bytes=flash_bytes) as plugged, connected(plugged.url) as loader:
        assert (loader.chip, loader.flash_bytes, loader.mac) == (chip, flash_bytes, "02:00:00:00:00:01")


def test_flash_that_was_not_erased_does_not_take_what_is_written(tmp_path):
    flash = ChipFlash(tmp_path / "flash", MIB)
    flash.program(0x3000, b"\x0f\x0f")
    flash.program(0x3000, b"\xf1")
    assert flash.read(0x3000, 2) == b"\x01\x0f"
    flash.erase(0x3001, 1)
    assert flash.read(0x3000, 2) == b"\xff\xff"


def test_only_whole_images_boot(tmp_path):
    flash = ChipFlash(tmp_path / "flash", 4 * MIB)
    with pytest.raises(DoesNotBoot, match="invalid header: 0xffffffff"):
        program_in(flash, "esp32")
    for stretch in runtime_stretches(kind(), image(tmp_path)):
        flash.program(stretch.address, stretch.data)
    assert program_in(flash, "esp32").name == "micropython"
    flash.program(0x10000 + 400, b"\x00")
    with pytest.raises(DoesNotBoot, match="Checksum failed"):
        program_in(flash, "esp32")
    flash.program(0x8000, b"\x00")
    with pytest.raises(DoesNotBoot, match="flash_parts"):
        program_in(flash, "esp32")
    flash.program(0x1000, b"\x00")
    with pytest.raises(DoesNotBoot, match="invalid header"):
        program_in(flash, "esp32")


def test_a_runtime_without_files_comes_up_at_the_prompt_and_mpremote_writes_files(tmp_path):
    with board(tmp_path) as plugged:
        with connected(plugged.url) as loader:
            loader.write([(one.address, one.data) for one in runtime_stretches(kind(), image(tmp_path))])
        plugged.node.wait_for(">>> ", 20)
        transport = SerialTransport(plugged.url, 115_200, timeout=5)
        transport.enter_raw_repl(soft_reset=True)
        transport.fs_writefile("/note", b"hello " * 300)
        assert transport.fs_readfile("/note") == b"hello " * 300
        transport.enter_raw_repl(soft_reset=True)  # the file is on flash, not in memory
        assert transport.fs_hashfile("/note", "sha256") == hashlib.sha256(b"hello " * 300).digest()
        transport.close()


def test_a_port_has_one_user_and_goes_with_its_cable(tmp_path):
    with board(tmp_path) as plugged:
        url = plugged.url
        first = serial.serial_for_url(url, timeout=5)
        with pytest.raises(serial.SerialException, match="busy"):
            serial.serial_for_url(url)
        plugged.unplug()
        with pytest.raises(serial.SerialException, match="disconnected"):
            first.read(1000)
        with pytest.raises(serial.SerialException, match="refused"):
            serial.serial_for_url(url)


def test_esptools_words_go_to_whoever_works_in_that_thread(tmp_path, capsys):
    heard = Heard()
    with board(tmp_path) as plugged, connected(plugged.url, progress=heard) as loader:
        loader.write([(0x10000, random.Random(1).randbytes(100_000))])
    assert heard.far[0] == heard.far[1] > 0
    assert capsys.readouterr() == ("", "")
    with messages.heard_by(heard):
        cmds.log.warn("watch out")
    assert heard.notes[-1] == "watch out"
