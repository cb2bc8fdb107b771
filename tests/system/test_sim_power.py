"""A simulated node's resets, watchdog and power cuts, on real MicroPython and on CPython."""

import subprocess
import sys
from pathlib import Path

import pytest
from boot_support import ALIVE, WAIT_S, board, both, image, running

from loa.errors import LoaError
from loa.provision.disk import littlefs_image
from loa.sim.node import SimulatedNode, wait_until
from loa.testing.lab import runtime


@both
def test_a_hung_node_is_reset_by_its_watchdog(loa_node, on):
    application = """
import machine
def main(board):
    print("cause", machine.reset_cause())
    machine.WDT(timeout=400)
    while True:
        pass
"""
    hung = running(loa_node, application, on)
    hung.wait_for("^cause 1$", WAIT_S)
    hung.wait_for("^cause 3$", WAIT_S)
    assert hung.boots[0].why == "watchdog" and hung.boots[1].cause == "watchdog"


@both
def test_the_watchdog_lives_through_a_soft_reset_and_bites_at_the_prompt(loa_node, on):
    application = """
import machine
def main(board):
    print("cause", machine.reset_cause())
    if machine.reset_cause() == machine.PWRON_RESET:
        machine.WDT(timeout=1500)
        machine.soft_reset()
    raise ValueError("the program ends here")
"""
    reset = loa_node(image(application, on), on.name)
    (reset.folder / "flash.bin").write_bytes(_without_watchdog(reset.folder / "flash.bin", on, application))
    reset.start()
    reset.wait_for("^cause 5$", WAIT_S)
    reset.wait_for("^ValueError: the program ends here$", WAIT_S)
    reset.wait_for("^cause 3$", WAIT_S)
    assert [boot.why for boot in reset.boots[:2]] == ["soft", "watchdog"]


def _without_watchdog(path, on, application):
    """The flash with a `main.py` that starts the application at once: the real one starts the watchdog anew on every boot."""
    flash = image(application, on)
    vfs = board().partition("vfs")
    files = {"main.py": application.encode() + b"\nmain(None)\n"}
    return flash[: vfs.address] + littlefs_image(files, vfs.size, "vfs") + flash[vfs.address + vfs.size :]


@both
def test_rtc_and_its_memory_outlive_resets_but_no_power_cut(loa_node, on):
    application = (
        ALIVE
        + """
import machine
def main(board):
    print("woke", board.rtc.datetime()[0], board.rtc.memory())
    if board.rtc.datetime()[0] == 2000:
        board.rtc.datetime((2026, 8, 17, 0, 5, 30, 0, 0))
        board.rtc.memory(b"kept")
        machine.reset()
    asyncio.run(alive(board))
"""
    )
    node_ = running(loa_node, application, on)
    node_.wait_for("^woke 2000 b''$", WAIT_S)
    node_.wait_for("^woke 2026 b'kept'$", WAIT_S)
    assert node_.boots[1].cause == "hard"
    before = len(node_.log())
    node_.power_cycle()
    node_.wait_for("^woke 2000 b''$", WAIT_S, since=before)


def test_flash_survives_power_cuts_at_any_moment(loa_node):
    application = """
import os
def main(board):
    path = board.data + "/count"
    try:
        with open(path) as file:
            text = file.read()
    except OSError:
        text = "0 0"
    one, other = text.split()
    print("woke", one, other)
    count = int(one)
    while True:
        count += 1
        with open(path + ".new", "w") as file:
            file.write("{} {}".format(count, count))
        os.rename(path + ".new", path)
        board.watchdog.feed()
        if count % 5 == 0:
            print("at", count)
"""
    node_ = running(loa_node, application, runtime("micropython"))
    last, before = 0, 0
    for _ in range(4):
        woke = node_.wait_for(r"^woke (\d+) (\d+)$", WAIT_S, since=before)
        assert woke[1] == woke[2] and int(woke[1]) >= last
        last = int(node_.wait_for(r"^at (\d+)$", WAIT_S, since=woke.end())[1])
        node_.power_off()
        before = len(node_.log())
        node_.start()
    woke = node_.wait_for(r"^woke (\d+) (\d+)$", WAIT_S, since=before)
    assert woke[1] == woke[2] and int(woke[1]) >= last


def test_the_power_can_be_cut_at_any_moment_of_a_reset(loa_node):
    application = "import machine\ndef main(board):\n    machine.reset()\n"
    restless = running(loa_node, application, runtime("micropython"))
    for _ in range(12):
        count = len(restless.boots)
        assert wait_until(lambda: len(restless.boots) > count and restless.boots[count - 1].why == "hard", WAIT_S)
        restless.power_off()
        assert not restless.running
        restless.start()


def test_a_process_that_ends_by_itself_after_a_reset_is_not_started_again(loa_node):
    application = ALIVE + "def main(board):\n    print('runs')\n    asyncio.run(alive(board))\n"
    dying = running(loa_node, application, runtime("micropython"))
    dying.wait_for("^runs$", WAIT_S)
    dying.reset()
    assert wait_until(lambda: dying.log().count("runs") == 2, WAIT_S)
    dying._process.kill()
    assert wait_until(lambda: not dying.running, WAIT_S)
    assert [boot.why for boot in dying.boots] == ["hard", "died"]


@both
def test_a_node_does_not_outlive_its_supervisor(on, tmp_path):
    application = ALIVE + "def main(board):\n    print('runs')\n    asyncio.run(alive(board))\n"
    (tmp_path / "flash").write_bytes(image(application, on))
    program = f"""
import os, sys
from pathlib import Path
from loa.sim.node import SimulatedNode
from loa.testing.lab import runtime
node = SimulatedNode(Path({str(tmp_path / "node")!r}), "bench-1", runtime({on.name!r}))
node.install(Path({str(tmp_path / "flash")!r}).read_bytes())
node.start()
node.wait_for("^runs$", {WAIT_S})
print(node._process.pid, flush=True)
os._exit(0)
"""
    root = Path(__file__).parents[2]
    paths = {"PYTHONPATH": f"{root / 'host_tools'}:{root / 'tests' / 'system'}"}
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=paths, timeout=60)
    process = Path("/proc") / answer.stdout.strip()
    assert wait_until(lambda: not process.exists() or "zombie" in (process / "status").read_text(), WAIT_S)


def test_a_node_without_flash_or_already_on_is_refused(loa_node, tmp_path):
    on = runtime("micropython")
    with pytest.raises(LoaError, match="no flash image"):
        SimulatedNode(tmp_path, "bench-1", on).start()
    node_ = running(loa_node, ALIVE + "def main(board):\n    asyncio.run(alive(board))\n", on)
    with pytest.raises(LoaError, match="is running"):
        node_.start()
    with pytest.raises(LoaError, match="is running"):
        node_.install(b"")
