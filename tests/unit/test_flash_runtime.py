"""Runtime images: what is whole and the board's is taken, everything else is refused before anything is written."""

import hashlib
import struct

import pytest
from boards_support import kind
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loa.flash.runtime import DESCRIBED_BYTES, BadImage, described, read_image
from loa.sim.boards import stand_in

IMAGE = stand_in.image("esp32", 9_000)
APPLICATION = 0x10000 - 0x1000


def _read(tmp_path, data, **wanted):
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    return read_image(path, kind(), **wanted)


def test_a_whole_image_tells_its_version(tmp_path):
    found = _read(tmp_path, IMAGE, sha256=hashlib.sha256(IMAGE).hexdigest())
    assert (found.version, found.offset, found.march) == (stand_in.VERSION, 0x1000, "xtensawin")
    assert found.application == IMAGE[APPLICATION:]


def test_another_sha256_is_refused(tmp_path):
    with pytest.raises(BadImage, match="its SHA-256 is"):
        _read(tmp_path, IMAGE, sha256="0" * 64)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no whole image at byte 0x0"),
        (b"<html>not found</html>" * 100, "no whole image at byte 0x0: Invalid firmware image magic"),
        (IMAGE[:1000], "no whole image at byte 0x0"),
        (IMAGE[: APPLICATION - 1], "no whole image at byte 0xf000"),
        (IMAGE[: APPLICATION + 5000], "no whole image at byte 0xf000"),
        (IMAGE[:-1], "damaged: the digest at byte 0xf000"),
        (stand_in.image("esp32s3", 9_000), "no whole image at byte 0xf000|an image for ESP32-S3, and the board has ESP32"),
        (stand_in.image("esp32", kind().partition("factory").size), "do not fit into the partition of"),
    ],
)
def test_what_is_no_image_for_the_board_is_refused_with_a_hint(tmp_path, data, said):
    with pytest.raises(BadImage, match=said) as refused:
        _read(tmp_path, data)
    assert refused.value.hint


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(IMAGE) - 1), st.integers(1, 255))
@example(23, 1)  # says that no digest follows
@example(23, 2)  # says nothing that has a meaning
def test_a_changed_byte_of_loader_or_application_never_passes(tmp_path_factory, place, flipped):
    gap = range(20_100, APPLICATION)  # between them nothing is looked at: our partition table goes there
    changed = bytearray(IMAGE)
    changed[place] ^= flipped
    if place not in gap:
        with pytest.raises(BadImage):
            _read(tmp_path_factory.mktemp("image"), bytes(changed))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadImage, match=r"nothing\.bin: cannot be read"):
        read_image(tmp_path / "nothing.bin", kind())


def test_an_application_describes_itself():
    assert described(IMAGE[APPLICATION:]) == stand_in.VERSION
    assert described(b"\xe9" + bytes(DESCRIBED_BYTES)) == ""
    assert described(b"\xff" * DESCRIBED_BYTES) is None
    assert described(b"\xe9") is None


def test_an_application_without_a_version_tells_when_it_was_built():
    """As those of MicroPython do."""
    texts = (b"", b"", b"06:51:35", b"Jun  2 2024", b"v5.0.4")
    stock = b"\xe9" + bytes(31) + struct.pack("<II8x32s32s16s16s32s", 0xABCD5432, 0, *texts)
    assert described(stock) == "built Jun 2 2024 with ESP-IDF v5.0.4"
