"""Where firmware and boards are found, in a checkout and in an installed wheel."""

from pathlib import Path

import pytest

from loa import firmware
from loa.errors import LoaError


def test_a_checkout_uses_its_own_folders() -> None:
    checkout = Path(__file__).parents[2]
    assert (checkout / "firmware", checkout / "boards") == (firmware.FIRMWARE, firmware.BOARDS)


def test_a_wheel_carries_them_and_one_that_does_not_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "lib" / "loa"
    (package / "_firmware").mkdir(parents=True)
    monkeypatch.setattr(firmware, "_PACKAGE", package)
    assert firmware._find("_firmware", "firmware") == package / "_firmware"
    with pytest.raises(LoaError, match="lacks its boards folder"):
        firmware._find("_boards", "boards")


def test_every_board_says_how_much_it_stores() -> None:
    assert firmware.board_names()
    for name in firmware.board_names():
        assert firmware.board(name)["storage"]["bulletin_seconds"] > 0


def test_an_unknown_board_gets_a_suggestion() -> None:
    known = firmware.board_names()[0]
    with pytest.raises(LoaError, match="there is no board") as caught:
        firmware.board(known + "x")
    assert caught.value.hint == f'did you mean "{known}"?'
