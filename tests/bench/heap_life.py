"""What a whole node holds: after its boot, with a plan and a bulletin stored, and while it plays live over TLS, with its broker over TLS too.

What the emulated board makes once the node runs, such as the buffers of its I2S and its sockets, counts as the node's; the buffers of a TLS session
do not, as on the chip, where they are IDF's.
"""

import json
import time
from pathlib import Path
from typing import Any

from tests.bench import heap
from tests.bench.probe import HEAP_FILE, ProbedNode

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


def measure(folder: Path) -> dict[str, Any]:
    """The modules one by one (`heap.measure`) and the whole node."""
    modules = heap.measure(folder)
    return modules | {"running": live_over_tls(folder, find_runtime(), modules["at_boot"]["mpy_bytes"])}


def live_over_tls(folder: Path, runtime: Runtime, code: int) -> dict[str, Any]:
    """Resident bytes of each state, the largest of its samples, and the most above them between two; `code` as for `heap.on_32_bit`."""
    with Commune(default_site(), folder / "commune", runtime, [NODE], node_type=ProbedNode) as commune:
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
