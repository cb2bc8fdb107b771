"""Programs that get nowhere on a simulated node: one clear line says so, and what they printed is kept."""

import json

import pytest
from boot_support import WAIT_S, board

from loa.errors import LoaError
from loa.provision.image import build_image
from loa.sim.heap import heap_kb
from loa.sim.node import LOG_FILE, wait_until

_WATCHED = "import machine\nmachine.WDT(timeout=400)\n"
PROGRAMS = {
    "raises at import": ("import nowhere", "its program raised ImportError: no module named 'nowhere'"),
    "raises later": ("import time\ntime.sleep(0.1)\nraise ValueError('no such thing')", "its program raised ValueError: no such thing"),
    "hangs": ("while True:\n    pass", "its program hung, and its watchdog reset it 3 times"),
    "eats its heap": ("kept = []\nwhile True:\n    kept.append(bytes(4000))", "its program raised MemoryError: memory allocation failed"),
    "is no Python": ("this is no Python", "its program raised SyntaxError: invalid syntax"),
}


def started(loa_node, program):
    """A node whose `main.py` is the program, with a watchdog before it."""
    files = {"main.py": (_WATCHED + program).encode(), "board.json": json.dumps({}).encode()}
    node = loa_node(build_image(board(), {"vfs": files, "app": {}, "data": {}}), "micropython")
    node.start()
    return node


@pytest.mark.parametrize(("program", "says"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_that_gets_nowhere_is_named_in_one_line_with_its_log(loa_node, program, says):
    node = started(loa_node, program)

    def hopeless():
        try:
            node.check_program()
        except LoaError:
            return True
        return False

    if program.startswith("this"):  # its watchdog is not even started, so it stays at the prompt; what is wrong is said all the same
        node.wait_for("SyntaxError", WAIT_S)
        assert node.trouble().startswith(says)
        return
    assert wait_until(hopeless, WAIT_S)
    with pytest.raises(LoaError) as error:
        node.check_program()
    line, hint = str(error.value).split("\n")
    assert line.startswith(f"node bench-1 starts over and over: {says}")
    assert hint == f"its log is {node.folder / LOG_FILE}" and (node.folder / LOG_FILE).exists()


@pytest.mark.parametrize("psram_mb", [0, 8])
def test_the_heap_is_that_of_the_board(loa_node, psram_mb):
    program = b"import gc\ngc.collect()\nprint('heap', gc.mem_alloc() + gc.mem_free(), gc.mem_alloc())"
    flash = build_image(board(), {"vfs": {"main.py": program}, "app": {}, "data": {}})
    node = loa_node(flash, "micropython")
    node.install(flash, {"psram_mb": psram_mb})
    node.start()
    total, emulation = (int(number) for number in node.wait_for(r"^heap (\d+) (\d+)$", WAIT_S).groups())
    assert heap_kb(psram_mb) * 1024 * 0.97 < total < heap_kb(psram_mb) * 1024
    assert 110 * 1024 < emulation < 130 * 1024, "what `loa.sim.heap` takes the emulation to hold"


def test_a_program_that_runs_is_not_complained_of(loa_node):
    node = started(loa_node, "watchdog = machine.WDT(timeout=400)\nprint('runs')\nwhile True:\n    watchdog.feed()")
    node.wait_for("^runs$", WAIT_S)
    node.check_program()
    node.brown_out()
    node.check_program()
