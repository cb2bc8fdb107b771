"""The commands of the bench: which board and which node are meant, what is said when that is not clear, and labels."""

import pytest
from boards_support import board, image
from cli_support import Desk, run

from loa.errors import EXIT_BOARD, EXIT_FAILED, EXIT_INVALID, EXIT_USAGE
from loa.sim.boards import plugged


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    made.edit('kind = "nats"\n', 'kind = "nats"\nport = 18883\n')
    return made


def test_no_board_and_several_boards_are_told_apart(desk, tmp_path, monkeypatch):
    monkeypatch.setattr("loa.cli.benchwork.usb_ports", list)
    assert "no board is plugged in" in desk.loa("make-node", "--no-wait", code=EXIT_BOARD).stderr
    with board(tmp_path, 1) as first, board(tmp_path, 2) as second:
        for number, one in enumerate((first, second)):
            plugged.announce(desk.places.sim.boards, f"sim-{number}", one.url)
        said = desk.loa("make-node", "--no-wait", "--sim", code=EXIT_BOARD).stderr
        assert "2 boards are plugged in" in said and first.url in said and "--watch" in said
        second.unplug()
        assert [port.device for port in plugged.plugged(desk.places.sim.boards)] == [first.url]


def test_names_that_are_not_there_are_refused_with_what_is(desk):
    assert 'did you mean "ban-la-1"?' in desk.loa("make-node", "ban-la-2", "--no-wait", code=EXIT_INVALID).stderr
    assert 'did you mean "a4-24"?' in desk.loa("labels", "--sheet", "a4-42", code=EXIT_USAGE).stderr
    assert "did you mean" in desk.loa("flash", "generic-esp32-max98357", code=EXIT_FAILED).stderr


def test_labels_of_all_of_one_and_of_none(desk, tmp_path):
    desk.loa("labels", "-o", tmp_path / "all.pdf")
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF")
    desk.loa("labels", "ban-la-1", "-o", tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert "room for one label" in desk.loa("labels", "-o", tmp_path / "all.png", code=EXIT_USAGE).stderr
    assert "no label to print" in desk.loa("labels", "--made", code=EXIT_INVALID).stderr
    assert "cannot be written" in desk.loa("labels", "-o", desk.site / "all.pdf", code=EXIT_FAILED).stderr


def test_the_watch_makes_what_is_plugged_in_and_prints_labels(desk, tmp_path, monkeypatch):
    small = image(tmp_path)
    with board(tmp_path) as plugged_in:
        from boards_support import port

        monkeypatch.setattr("loa.cli.benchwork.usb_ports", lambda: [port(plugged_in)])
        options = ("--image", tmp_path / "runtime.bin", "--no-wait", "--labels", tmp_path / "labels", "--seconds", "0")
        out = desk.loa("make-node", "--watch", *options).stdout
    assert "made  ban-hin-1  02:00:00:00:00:01" in out and small.data
    assert (tmp_path / "labels" / "ban-hin-1.png").is_file()
    assert [entry["node"] for entry in desk.loa("inventory", "--json").json["boards"]] == ["ban-hin-1"]


def test_the_doctor_says_what_a_bare_board_lacks(desk, tmp_path):
    with board(tmp_path) as plugged_in:
        out = desk.loa("doctor", plugged_in.url, code=EXIT_FAILED).stdout
    assert "OK  chip         ESP32, 4 MB of flash, MAC 02:00:00:00:00:01" in out
    assert "!!  runtime      no application image in flash" in out
    assert "invalid header" in out


def test_the_doctor_without_a_board_says_what_to_look_for(desk, monkeypatch):
    monkeypatch.setattr("loa.cli.benchwork.usb_ports", list)
    out = desk.loa("doctor", code=EXIT_FAILED).stdout
    assert "no USB adapter is there" in out


def test_virtual_boards_come_and_go_with_their_command(desk):
    out = run("sim", "board", "--count", "2", "--seconds", "0", "--site", desk.site).stdout
    assert out.count("board://127.0.0.1:") == 2
    assert plugged.plugged(desk.places.sim.boards) == []
