"""Boards behind a TCP socket, without reset and boot lines, USB ids and baud rates: what works all the same, and what says that it cannot."""

import pytest
from boards_support import KIND, Heard, board, carried, image, kind, port
from host_support import SITE_FILE, keyring

from loa.bench.doctor import examine
from loa.bench.inventory import MADE, Inventory
from loa.bench.making import Bench, flash, make_node
from loa.bench.prompt import NoPrompt, taken_over
from loa.bench.provisioning import provision
from loa.flash import lineless
from loa.flash.lineless import NoLoader
from loa.flash.loader import BAUD, connected
from loa.provision.contents import Services
from loa.site import load_site

NODE = "ban-la-1"
WAIT_S = 30.0


@pytest.fixture
def bench(tmp_path):
    kept = Inventory(tmp_path)
    small = image(tmp_path)
    yield Bench(load_site(SITE_FILE), keyring(), kept, lambda _: small, lambda _: Services(1, "http://localhost:1", ()), None)
    kept.close()


@pytest.fixture
def impatient(monkeypatch):
    """Nobody resets the board by hand."""
    monkeypatch.setattr(lineless, "_BOOT_S", 0.5)
    monkeypatch.setattr(lineless, "_ATTEMPTS", 1)
    monkeypatch.setattr(lineless, "_ATTEMPTS_AFTER_RESET", 1)
    monkeypatch.setattr("loa.bench.prompt._BOOT_S", 0.5)
    monkeypatch.setattr("loa.bench.prompt._BY_HAND_S", 0.5)


def test_a_board_in_its_loader_becomes_a_node_and_is_started_without_a_reset_line(bench, tmp_path):
    with board(tmp_path) as plugged:
        with carried(plugged, loading=True) as where:
            made = make_node(bench, where, [NODE], Heard())
            plugged.node.wait_for("uplink", WAIT_S)
        assert {"factory", "vfs", "app", "data"} <= set(made.written.stretches)
        entry = bench.inventory.of_node(NODE)
        assert entry is not None and (entry.result, entry.port) == (MADE, where.device)
        assert make_node(bench, port(plugged), [NODE], Heard()).written.stretches == ()


def test_the_rate_stays_as_it_is_unless_somebody_says_another(tmp_path):
    with board(tmp_path) as plugged:
        with carried(plugged, loading=True) as where, connected(where.device) as loader:
            loader.write([(0x20000, bytes(5000))])
            assert plugged.uart.board_baud == 115_200
        with connected(plugged.url) as loader:
            loader.write([(0x20000, bytes(5000))])
            assert plugged.uart.board_baud == BAUD


def test_a_bare_board_stays_in_its_loader_and_says_so(tmp_path):
    heard = Heard()
    with board(tmp_path) as plugged, carried(plugged, loading=True) as where:
        for _ in range(2):
            with connected(where.device, progress=heard) as loader:
                assert loader.chip == "esp32"
        assert "stays in its loader" in heard.notes[-1]


def test_a_flashed_board_is_provisioned_over_its_console_and_started_by_it(bench, tmp_path):
    with board(tmp_path) as plugged:
        flash(plugged.url, kind(), bench.image(KIND), None, Heard())
        with carried(plugged, loading=False) as where:
            assert "app/a.zip" in provision(bench, where, NODE, Heard()).sent
            plugged.node.wait_for("uplink", WAIT_S)


def test_a_node_that_runs_cannot_be_reached_and_the_hint_says_how(bench, impatient, tmp_path):
    with board(tmp_path) as plugged:
        make_node(bench, port(plugged), [NODE], Heard())
        plugged.node.wait_for("uplink", WAIT_S)
        with carried(plugged, loading=False) as where:
            heard = Heard()
            with pytest.raises(NoLoader, match="no chip in its loader") as refused:
                make_node(bench, where, [NODE], Heard())
            assert "BOOT" in refused.value.hint
            with pytest.raises(NoPrompt) as refused, taken_over(where.device, heard):
                pass
            assert "by hand" in heard.stages[-1] and "listens for 2 s" in refused.value.hint


def test_the_doctor_looks_from_inside_where_the_loader_is_out_of_reach(bench, impatient, tmp_path):
    with board(tmp_path) as plugged:
        flash(plugged.url, kind(), bench.image(KIND), None, Heard())
        with carried(plugged, loading=False) as where:
            found = {one.what: one.ok for one in examine(where, bench.site, bench.inventory, Heard(), sound=False)}
    assert found == {"port": True, "chip": None, "memory": True, "identity": False}
