"""The technician's bench on virtual boards: from bare flash to nodes that have spoken, and everything that goes wrong on the way."""

import dataclasses
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import serial
from boards_support import KIND, MIB, Heard, board, image, kind, port
from host_support import SITE_FILE, keyring
from tests.node.support_count import counted

from loa.bench.errors import NodeTaken, NoSuchBoard, NotHeard
from loa.bench.inventory import FAILED, MADE, Inventory
from loa.bench.making import Bench, flash, make_node
from loa.bench.newcomers import Newcomers
from loa.bench.prompt import NoPrompt, taken_over
from loa.bench.provisioning import NotFlashed, provision
from loa.flash.errors import BoardError, NoAnswer, PortBusy, PortMissing
from loa.flash.layout import runtime_stretches
from loa.flash.loader import connected
from loa.flash.write import WrongBoard
from loa.provision.contents import Services, boot_files
from loa.provision.disk import read_littlefs
from loa.sim.commune import Commune
from loa.sim.node import wait_until
from loa.site import load_site

EIGHT = 8
MOMENTS = (20, 400, 1_000, 5_000, 12_000, 30_000, 60_000)  # bytes sent: greeting, questions, stub, and more and more of the flash
NOWHERE = Services(1, "http://localhost:1", ())


def _site(count):
    """The demo's site with so many nodes in one hamlet."""
    described = load_site(SITE_FILE)
    pattern = described.nodes["ban-la-1"]
    return described.model_copy(update={"nodes": {f"ban-la-{number}": pattern for number in range(1, count + 1)}})


@pytest.fixture(scope="module")
def commune(tmp_path_factory):
    """Broker and station of a commune whose nodes are still to be made."""
    with Commune(_site(EIGHT), tmp_path_factory.mktemp("commune"), nodes=[]) as running:
        yield running


@pytest.fixture
def offline(tmp_path):
    """A bench without a broker: nobody waits for the nodes."""
    kept = Inventory(tmp_path)
    site = load_site(SITE_FILE)
    small = image(tmp_path)
    yield Bench(site, keyring(), kept, lambda _: small, lambda _: NOWHERE, None)
    kept.close()


def _files(plugged, label):
    partition = kind().partition(label)
    return read_littlefs(plugged.flash.read(partition.address, partition.size))


def test_eight_bare_boards_at_once_become_nodes_and_again_nothing_changes(commune, tmp_path):
    runtime = image(tmp_path, 1_650_000)
    nodes = list(commune.site.nodes)
    with ExitStack() as stack:
        kept = Inventory(tmp_path)
        stack.callback(kept.close)
        newcomers = stack.enter_context(Newcomers(commune.broker.url, commune.station_name, commune.keyring))
        bench = Bench(commune.site, commune.keyring, kept, lambda _: runtime, lambda _: commune.services(), newcomers)
        boards = [stack.enter_context(board(tmp_path, number)) for number in range(1, EIGHT + 1)]
        with ThreadPoolExecutor(EIGHT) as pool:
            made = list(pool.map(lambda plugged: make_node(bench, port(plugged), nodes, Heard()), boards))
        assert sorted(one.node for one in made) == sorted(nodes)
        assert all(one.state is not None and one.state["online"] and one.state["area"].endswith("ban-la") for one in made)
        assert {entry.result for entry in kept.boards()} == {MADE}
        again = make_node(bench, port(boards[3]), nodes, Heard())
        assert (again.node, again.written.stretches) == (made[3].node, ())
        assert again.state is not None and again.state["nonce"] != made[3].state["nonce"]  # it has started anew
        commune.wait_online()


def test_each_board_tells_its_number_when_it_is_made(commune, tmp_path):
    """Heard on what the board's loudspeaker emitted, and nothing before it has spoken at the broker."""
    numbers = {1: 3, 2: 13}  # of the row, by board
    kept = Inventory(tmp_path)
    runtime = image(tmp_path)
    with ExitStack() as stack:
        newcomers = stack.enter_context(Newcomers(commune.broker.url, commune.station_name, commune.keyring))
        bench = Bench(
            commune.site,
            commune.keyring,
            kept,
            lambda _: runtime,
            lambda _: commune.services(),
            newcomers,
            again=True,
            chirp=lambda node_id, number: newcomers.tell(node_id, commune.desk.command(node_id, "identify", number=number).raw),
        )
        boards = {number: stack.enter_context(board(tmp_path, number)) for number in numbers}
        for place, plugged in boards.items():
            make_node(bench, port(plugged), [f"ban-la-{place}"], Heard(), numbers[place])
        for place, plugged in boards.items():
            wait_until(lambda plugged=plugged, place=place: _counted(plugged) == str(numbers[place]), 30)
            assert _counted(plugged) == str(numbers[place])
    kept.close()


def _counted(plugged):
    """What an ear counted so far."""
    return "".join(counted(segment.samples().tolist(), segment.rate) for segment in plugged.node.segments())


def test_unplugged_at_any_moment_a_repeat_succeeds_and_sends_only_the_rest(offline, tmp_path):
    with board(tmp_path, 90) as reference:
        make_node(offline, port(reference), ["ban-la-1"], Heard())
        whole = reference.uart.bytes_sent
        wanted = reference.flash.read(0, reference.flash.size)
    offline.inventory.rename("ban-la-1", "ban-hin-1")  # the reference is nobody's rival
    with board(tmp_path, 1) as plugged:
        for moment in MOMENTS:
            _pull_after(plugged, plugged.uart.bytes_sent + moment)
            with pytest.raises(BoardError):
                make_node(offline, port(plugged), ["ban-la-1"], Heard())
            plugged.unplug()
            entry = offline.inventory.of_node("ban-la-1")
            assert entry is None or entry.made is None
            plugged.plug()
        before = plugged.uart.bytes_sent
        made = make_node(offline, port(plugged), ["ban-la-1"], Heard())
        assert plugged.uart.bytes_sent - before < whole
        assert made.node == "ban-la-1" and plugged.flash.read(0, plugged.flash.size) == wanted


def _pull_after(plugged, count):
    """Pull the cable once the board has been sent so many bytes in all."""
    to_board = plugged.uart.to_board

    def counting(size):
        if plugged.uart.bytes_sent + size >= count:
            plugged.uart.to_board = to_board
            threading.Thread(target=plugged.unplug).start()
        return to_board(size)

    plugged.uart.to_board = counting


def test_a_node_that_is_made_again_keeps_what_it_stored_unless_it_is_wiped_or_blank(offline, tmp_path):
    data = kind().partition("data")
    wipes = dataclasses.replace(offline, wipe=True)
    with board(tmp_path) as plugged:
        make_node(offline, port(plugged), ["ban-la-1"], Heard())
        born = plugged.flash.read(data.address, data.size)
        plugged.flash.erase(data.address + 0x40000, 0x1000)
        plugged.flash.program(data.address + 0x40000, b"a bulletin")
        used = plugged.flash.read(data.address, data.size)
        assert make_node(offline, port(plugged), ["ban-la-1"], Heard()).written.stretches == ()
        assert plugged.flash.read(data.address, data.size) == used
        assert make_node(wipes, port(plugged), ["ban-la-1"], Heard()).written.stretches == ("data",)
        assert plugged.flash.read(data.address, data.size) == born
        plugged.flash.erase(0, plugged.flash.size)
        assert "data" in make_node(offline, port(plugged), ["ban-la-1"], Heard()).written.stretches
        assert plugged.flash.read(data.address, data.size) == born


@pytest.mark.parametrize(
    ("chip", "size", "said"),
    [("esp32s3", 8, "this board has ESP32-S3, and .* has ESP32"), ("esp32", 2, "this board has 2 MB of flash, and .* has 4 MB")],
)
def test_the_wrong_board_is_refused_before_anything_is_written(offline, tmp_path, chip, size, said):
    with board(tmp_path, chip=chip, flash_bytes=size * MIB) as plugged:
        with pytest.raises(WrongBoard, match=said):
            make_node(offline, port(plugged), ["ban-la-1"], Heard())
        with pytest.raises(NoSuchBoard):
            make_node(offline, port(plugged), list(offline.site.nodes), Heard())
        with pytest.raises(WrongBoard, match=said):
            flash(plugged.url, kind(), offline.image(KIND), 460_800, Heard())
        assert set(plugged.flash.read(0, plugged.flash.size)) == {0xFF}
    assert offline.inventory.boards() == []


def test_a_second_board_with_the_same_identity_is_refused_before_anything_is_written(offline, tmp_path):
    with board(tmp_path, 1) as first, board(tmp_path, 2) as second:
        make_node(offline, port(first), ["ban-la-1"], Heard())
        with pytest.raises(NodeTaken, match="02:00:00:00:00:01"):
            make_node(offline, port(second), ["ban-la-1"], Heard())
        assert set(second.flash.read(0, second.flash.size)) == {0xFF}


def test_a_node_that_does_not_speak_is_told_and_the_next_try_sends_nothing(commune, tmp_path):
    runtime = image(tmp_path)
    kept = Inventory(tmp_path)
    with board(tmp_path) as plugged, Newcomers(commune.broker.url, commune.station_name, commune.keyring) as newcomers:
        bench = Bench(commune.site, commune.keyring, kept, lambda _: runtime, lambda _: NOWHERE, newcomers, wait_s=0.2)
        with pytest.raises(NotHeard, match="did not reach the broker"):
            make_node(bench, port(plugged), ["ban-la-1"], Heard())
        entry = kept.of_node("ban-la-1")
        assert entry is not None and (entry.result, entry.made) == (FAILED, None)
    kept.close()


def test_ports_that_are_busy_gone_or_silent_are_told_apart(offline, tmp_path):
    with board(tmp_path) as plugged:
        where = port(plugged)
        with serial.serial_for_url(plugged.url), pytest.raises(PortBusy):
            make_node(offline, where, ["ban-la-1"], Heard())
        plugged.deaf = True
        with pytest.raises(NoAnswer, match="no chip answers"):
            make_node(offline, where, ["ban-la-1"], Heard())
    with pytest.raises(PortMissing):
        make_node(offline, where, ["ban-la-1"], Heard())


def test_provisioning_a_node_that_runs_sends_only_what_differs(offline, tmp_path):
    with board(tmp_path) as plugged:
        make_node(offline, port(plugged), ["ban-la-1"], Heard())
        assert provision(offline, port(plugged), "ban-la-1", Heard()).sent == ()
        quieter = offline.site.audio.model_copy(update={"volume_ceiling": 42})
        changed = Bench(
            offline.site.model_copy(update={"audio": quieter}), offline.keyring, offline.inventory, offline.image, offline.services, None
        )
        heard = Heard()
        assert provision(changed, port(plugged), "ban-la-1", heard).sent == ("vfs/config.json",)
        assert b'"ceiling":42' in _files(plugged, "vfs")["config.json"]
        assert heard.far[0] == heard.far[1] > 0
        assert provision(changed, port(plugged), "ban-la-1", Heard()).sent == ()


def test_provisioning_a_flashed_board_makes_it_a_node(offline, tmp_path):
    with board(tmp_path, 90) as reference, board(tmp_path) as plugged:
        make_node(offline, port(reference), ["ban-hin-1"], Heard())
        flash(plugged.url, kind(), offline.image(KIND), 460_800, Heard())
        done = provision(offline, port(plugged), "ban-la-1", Heard())
        assert "app/a.zip" in done.sent and "vfs/identity.json" in done.sent
        assert _files(plugged, "app") == _files(reference, "app")
        assert _files(plugged, "data") == _files(reference, "data")
        assert set(_files(plugged, "vfs")) == set(_files(reference, "vfs"))


def test_a_module_that_is_compiled_now_is_not_hidden_by_its_source(offline, tmp_path, monkeypatch):
    with board(tmp_path) as plugged:
        with monkeypatch.context() as before:
            before.setattr("loa.provision.contents.boot_files", lambda interpreted: boot_files(interpreted=True))
            make_node(offline, port(plugged), ["ban-la-1"], Heard())
        assert "archive.py" in _files(plugged, "vfs")
        provision(offline, port(plugged), "ban-la-1", Heard())
        assert sorted(name for name in _files(plugged, "vfs") if "json" not in name) == [
            "archive.mpy",
            "ca.pem",
            "growth.mpy",
            "main.py",
            "mounting.mpy",
        ]


def test_an_application_that_does_not_fit_beside_the_old_one_takes_its_place(offline, tmp_path, monkeypatch):
    partition = kind().partition("app")
    with board(tmp_path) as plugged:
        make_node(offline, port(plugged), ["ban-la-1"], Heard())
        larger = _files(plugged, "app")["a.zip"] + random.Random(5).randbytes(
            partition.size * 2 // 3 - len(_files(plugged, "app")["a.zip"])
        )
        monkeypatch.setattr("loa.bench.making.cached_application", lambda *_: larger)
        for _ in range(2):
            assert provision(offline, port(plugged), "ban-la-1", Heard()).sent in (("app/a.zip",), ())
            assert _files(plugged, "app") == {"a.zip": larger}
            larger = larger[:-1] + b"!"


def test_provisioning_that_is_cut_off_leaves_whole_files_and_goes_on(offline, tmp_path):
    with board(tmp_path) as plugged:
        flash(plugged.url, kind(), offline.image(KIND), 460_800, Heard())
        _pull_after(plugged, plugged.uart.bytes_sent + 60_000)
        with pytest.raises(BoardError):
            provision(offline, port(plugged), "ban-la-1", Heard())
        plugged.unplug()
        plugged.plug()
        assert "a.zip" not in _files(plugged, "app")
        assert "app/a.zip" in provision(offline, port(plugged), "ban-la-1", Heard()).sent


def test_boards_that_cannot_be_provisioned_say_so(offline, tmp_path):
    with board(tmp_path) as plugged:
        with pytest.raises(NoPrompt, match="invalid header"):
            provision(offline, port(plugged), "ban-la-1", Heard())
        with connected(plugged.url) as loader:
            for stretch in runtime_stretches(kind().model_copy(update={"partitions": kind().partitions[:4]}), offline.image(KIND)):
                loader.write([(stretch.address, stretch.data)])
        with pytest.raises(NotFlashed, match="app, data"):
            provision(offline, port(plugged), "ban-la-1", Heard())
        assert offline.inventory.boards() == []


def test_a_node_that_runs_is_taken_over_and_its_watchdog_does_not_bite(offline, tmp_path):
    with board(tmp_path) as plugged:
        make_node(offline, port(plugged), ["ban-la-1"], Heard())
        plugged.node.wait_for("uplink", 30)
        with taken_over(plugged.url) as prompt:
            prompt.load("files")
            assert prompt.run("print(1 + 1)") == "2\n"
        assert all(boot.why != "watchdog" for boot in plugged.node.boots)
