"""What a whole node holds: after its boot, with a plan and a bulletin stored, and while it plays live, with its broker over TLS: with PSRAM over TLS too.

What the emulated board makes once the node runs, such as the buffers of its I2S and its sockets, counts as the node's; the buffers of a TLS session
do not, as on the chip, where they are IDF's.
"""

import json
import time
from pathlib import Path
from typing import Any

from tests.bench import heap
from tests.bench.probe import HEAP_FILE, ProbedNode

from loa.boards import load_board
from loa.demo.ear import emitted_s
from loa.sim.commune import Commune
from loa.sim.node import SimulatedNode
from loa.sim.runtime import Runtime, find_runtime
from loa.testing import default_site, eventually, voice
from loa.testing.voices import plan_text

AREA = "son-la/moc-chau"
NODE = "ban-la-1"
_LIVE_S = 10
_PLAN_AHEAD_S = 3600
_SETTLED = 5  # samples, one a second
_BOARDS = {"whole": "generic-esp32-wrover-max98357a", "lean": "generic-esp32-max98357a"}


def measure(folder: Path) -> dict[str, Any]:
    """The modules one by one (`heap.measure`) and the whole node."""
    modules = heap.measure(folder)
    runtime = find_runtime()
    running = {name: living(folder / name, runtime, board, modules[name]["at_boot"]["mpy_bytes"]) for name, board in _BOARDS.items()}
    return modules | {"running": running}


def living(folder: Path, runtime: Runtime, board: str, code: int) -> dict[str, Any]:
    """Resident bytes of each state, the largest of its samples, and the most above them between two; `code` as for `heap.on_32_bit`."""
    site = default_site()
    audio = site.audio.model_copy(update={"plain_live": load_board(board).lean})  # without PSRAM there is memory for one TLS session
    site = site.model_copy(update={"audio": audio, "nodes": {NODE: site.nodes[NODE].model_copy(update={"board": board})}})
    with Commune(site, folder / "commune", runtime, [NODE], node_type=ProbedNode) as commune:
        node = commune.nodes[NODE]
        commune.wait_online()
        commune.desk.add_audio(voice("tin", 5.0, folder))
        plan = folder / "plan.toml"
        plan.write_text(plan_text(commune.site.time_zone, {"tin": time.time() + _PLAN_AHEAD_S}, 60))
        commune.desk.publish_plan(plan)
        _settle(node)
        booted = _samples(node)[-1]
        begun = len(_samples(node))
        commune.desk.live_start(AREA, str(voice("truyen", 60.0, folder)))
        before = emitted_s(node)
        eventually(lambda: emitted_s(node) > before + _LIVE_S, "live is heard", 60.0)
        live = max(_samples(node)[begun:])
        commune.nodes[NODE].power_off()
    figures = heap.heap_figures(node.folder)
    states = {"booted": booted - figures.emulation_bytes, "live": live - figures.emulation_bytes}
    resident = {name: {"resident_bytes": held, "on_32_bit": heap.on_32_bit(held, code)} for name, held in states.items()}
    return {**resident, "transient_bytes": figures.transient_bytes}


def _samples(node: SimulatedNode) -> list[int]:
    path = node.folder / HEAP_FILE
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line["held"] for line in lines if "held" in line]


def _settle(node: SimulatedNode) -> None:
    count = len(_samples(node)) + _SETTLED
    eventually(lambda: len(_samples(node)) >= count, "the probe samples", 60.0)
