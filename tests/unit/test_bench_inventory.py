"""Who becomes which node: a board keeps its node, a node its board, and nobody gets two."""

import threading

import pytest

from loa.bench.errors import BoardTaken, NodeTaken, NoNodeLeft, NotKept
from loa.bench.inventory import BEGUN, FAILED, MADE, Inventory
from loa.errors import LoaError

KIND = "generic-esp32-max98357a"


@pytest.fixture
def inventory(tmp_path):
    kept = Inventory(tmp_path)
    yield kept
    kept.close()


def _make(inventory, mac, candidates, again=False):
    node = inventory.begin(mac, KIND, candidates, "1-1", again)
    inventory.end(mac, MADE, "", {"application": "1.0"})
    return node


def test_boards_get_nodes_in_order_and_keep_them(inventory):
    nodes = ["a", "b", "c"]
    assert [_make(inventory, f"mac{number}", nodes) for number in (1, 2, 1, 3)] == ["a", "b", "a", "c"]
    with pytest.raises(NoNodeLeft, match="3 of its kind"):
        inventory.begin("mac4", KIND, nodes, "1-1")
    assert [(entry.mac, entry.node, entry.result) for entry in inventory.boards()] == [
        ("mac1", "a", MADE), ("mac2", "b", MADE), ("mac3", "c", MADE)
    ]  # fmt: skip


def test_a_board_that_failed_gets_the_same_node_again_and_was_never_made(inventory):
    assert inventory.begin("mac1", KIND, ["a", "b"], "1-1") == "a"
    inventory.end("mac1", FAILED, "the cable", {})
    assert inventory.begin("mac2", KIND, ["a", "b"], "1-2") == "b"
    assert inventory.begin("mac1", KIND, ["a", "b"], "1-3") == "a"
    entry = inventory.board("mac1")
    assert entry is not None and (entry.result, entry.made, entry.port) == (BEGUN, None, "1-3")


def test_what_was_made_stays_made_while_it_is_made_again(inventory):
    _make(inventory, "mac1", ["a"])
    inventory.begin("mac1", KIND, ["a"], "1-1")
    inventory.end("mac1", FAILED, "the cable", {})
    entry = inventory.of_node("a")
    assert entry is not None and entry.made is not None and (entry.result, entry.reason) == (FAILED, "the cable")


def test_an_attempt_ends_as_made_or_with_what_went_wrong(inventory):
    with inventory.attempt("mac1", KIND, ["a", "b"], "1-1") as attempt:
        assert attempt.node == "a"
        attempt.versions = {"application": "1.0"}
    assert (inventory.board("mac1").result, inventory.board("mac1").versions) == (MADE, {"application": "1.0"})
    with pytest.raises(LoaError), inventory.attempt("mac1", KIND, ["a", "b"], "1-1"):
        raise LoaError("the cable")
    assert (inventory.board("mac1").result, inventory.board("mac1").reason) == (FAILED, "the cable")
    with pytest.raises(NodeTaken), inventory.attempt("mac2", KIND, ["a"], "1-1"):
        raise AssertionError("there is no node for it")
    assert inventory.board("mac2") is None


def test_one_identity_for_two_boards_is_refused_unless_somebody_insists(inventory):
    _make(inventory, "mac1", ["a"])
    with pytest.raises(NodeTaken, match="mac1"):
        inventory.begin("mac2", KIND, ["a"], "1-1")
    assert inventory.board("mac2") is None
    assert _make(inventory, "mac2", ["a"], again=True) == "a"
    assert inventory.board("mac1") is None


def test_a_made_board_does_not_become_another_node_by_mistake(inventory):
    _make(inventory, "mac1", ["a"])
    with pytest.raises(BoardTaken, match="is node a already"):
        inventory.begin("mac1", KIND, ["b"], "1-1")
    assert _make(inventory, "mac1", ["b"], again=True) == "b"
    assert inventory.of_node("a") is None


def test_a_spare_takes_over_the_name_of_a_dead_node(inventory):
    _make(inventory, "mac1", ["a"])
    _make(inventory, "mac2", ["spare"])
    inventory.rename("spare", "a")
    entry = inventory.of_node("a")
    assert entry is not None and entry.mac == "mac2"
    assert inventory.board("mac1") is None


def test_a_new_file_may_be_opened_by_several_at_once(tmp_path):
    opened = []
    for number in range(60):
        threads = [threading.Thread(target=lambda: opened.append(Inventory(tmp_path / str(number)).close())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(opened) == 240


def test_benches_that_run_at_the_same_time_never_give_one_node_twice(tmp_path):
    nodes = [f"node-{number}" for number in range(16)]
    given = []

    def bench(number):
        kept = Inventory(tmp_path)
        given.extend(kept.begin(f"mac{number}-{board}", KIND, nodes, "1-1") for board in range(4))
        kept.close()

    threads = [threading.Thread(target=bench, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == sorted(nodes)


def test_a_full_disk_is_told_and_changes_nothing(inventory):
    _make(inventory, "mac1", ["a"])
    inventory._database._connection.execute("PRAGMA max_page_count = 1")  # as SQLite sees a full disk
    with pytest.raises(NotKept, match="full") as refused:
        for number in range(2, 200):
            inventory.begin(f"mac{number}", KIND, [f"node-{number}" + "x" * 200], "1-1")
    assert "make room" in refused.value.hint
    entry = inventory.board("mac1")
    assert entry is not None and (entry.node, entry.result) == ("a", MADE)


def test_a_file_that_is_no_inventory_is_told(tmp_path):
    (tmp_path / "bench.db").write_bytes(b"what?" * 1000)
    with pytest.raises(NotKept, match="not a database"):
        Inventory(tmp_path)
