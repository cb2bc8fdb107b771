"""From bare board to first word, in seconds on a modelled wire: one board, eight at once, one that is right already, and the same by hand.

By hand is what a technician would type: `esptool write-flash` for runtime and partition table, `mpremote` to make the file systems and to copy the files.
Virtual boards: 460,800 baud, 4 ms of USB latency, a flash chip's typical times; what computing costs a chip is not charged.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from loa.bench.inventory import Inventory
from loa.bench.making import Bench, contents, make_node
from loa.bench.newcomers import Newcomers
from loa.boards import load_board
from loa.flash.layout import runtime_stretches
from loa.flash.ports import Port
from loa.flash.runtime import read_image
from loa.progress import Silent
from loa.sim.boards import protocol_board, stand_in
from loa.sim.boards.board import VirtualBoard
from loa.sim.commune import Commune
from loa.sim.runtime import find_runtime
from loa.site import load_site

SITE = Path(__file__).resolve().parents[2] / "host_tools" / "loa" / "demo" / "site.toml"
EIGHT = 8
_SPOKEN_S = 120.0
_RUN = "import sys; from loa.sim.boards import protocol_board; protocol_board.register(); "
_MAKE_FILE_SYSTEMS = """
import vfs
from esp32 import Partition
for label in ("app", "data"):
    p = Partition.find(Partition.TYPE_DATA, label=label)[0]
    vfs.VfsLfs2.mkfs(p)
    vfs.mount(vfs.VfsLfs2(p), "/" + label)
"""


def measure(evidence: Path) -> dict[str, Any]:
    """The figures; each run's own lie in `evidence`."""
    protocol_board.register()
    runtime = find_runtime()
    described = load_site(SITE)
    pattern = described.nodes["ban-la-1"]
    site = described.model_copy(update={"nodes": {f"ban-la-{number}": pattern for number in range(1, EIGHT + 3)}})
    kind = load_board(pattern.board)
    with Commune(site, evidence / "commune", runtime, nodes=[]) as commune, ExitStack() as stack:
        newcomers = stack.enter_context(Newcomers(commune.broker.url, commune.station_name, commune.keyring))
        inventory = Inventory(evidence)
        stack.callback(inventory.close)
        image = read_image(stand_in.stored(kind.chip, evidence), kind, march=runtime.march)
        bench = Bench(commune.site, commune.keyring, inventory, lambda _: image, lambda _: commune.services(), newcomers)
        contents(commune.site, commune.keyring, "ban-la-1", commune.services(), runtime.march)  # compiled once, for ours and for theirs

        def board(number: int) -> VirtualBoard:
            plugged = VirtualBoard(evidence / f"board-{number}", kind.chip, kind.flash_bytes, bytes((2, 0, 0, 0, 0, number)), runtime)
            plugged.plug()
            stack.callback(plugged.unplug)
            return plugged

        def ours(plugged: VirtualBoard, node_id: str) -> None:
            make_node(bench, Port(plugged.url, plugged.folder.name, ""), [node_id], Silent())

        one = board(1)
        seconds_1 = _seconds(lambda: ours(one, "ban-la-1"))
        sent, turns = one.uart.bytes_sent, one.uart.round_trips
        again = _seconds(lambda: ours(one, "ban-la-1"))
        _unplug(one)
        by_hand = board(2)
        baseline = _seconds(lambda: _by_hand(by_hand, commune, newcomers, "ban-la-2", image, evidence))
        hand_sent, hand_turns = by_hand.uart.bytes_sent, by_hand.uart.round_trips
        _unplug(by_hand)
        boards = [board(number) for number in range(3, 3 + EIGHT)]
        with ThreadPoolExecutor(EIGHT) as pool:
            seconds_8 = _seconds(lambda: list(pool.map(lambda pair: ours(*pair), [(b, f"ban-la-{b.mac[-1]}") for b in boards])))
        figures = {
            "seconds_1": round(seconds_1, 1),
            "baseline_seconds": round(baseline, 1),
            "seconds_8": round(seconds_8, 1),
            "again_seconds": round(again, 1),
            "bytes_sent": sent,
            "round_trips": turns,
            "baseline_bytes_sent": hand_sent,
            "baseline_round_trips": hand_turns,
            "again_bytes_sent": one.uart.bytes_sent - sent,
        }
    (evidence / "figures.json").write_text(json.dumps(figures, indent=1))
    return figures


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _unplug(board: VirtualBoard) -> None:
    board.unplug()


def _by_hand(plugged: VirtualBoard, commune: Commune, newcomers: Newcomers, node_id: str, image: Any, evidence: Path) -> None:
    """The tools as they come, one command after the other, and the reset button in between."""
    kind = load_board(commune.site.nodes[node_id].board)
    files = contents(commune.site, commune.keyring, node_id, commune.services(), image.march)
    folder = evidence / "by-hand"
    for label, held in files.items():
        for name, content in held.items():
            path = folder / label / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    pieces = []
    for stretch in runtime_stretches(kind, image):
        path = folder / f"{stretch.name}.bin"
        path.write_bytes(stretch.data)
        pieces += [hex(stretch.address), str(path)]
    (folder / "mkfs.py").write_text(_MAKE_FILE_SYSTEMS)
    log = evidence / "by-hand.log"
    _tool(log, "import esptool; esptool._main()", "--port", plugged.url, "--baud", "460800", "write-flash", *pieces)
    plugged.node.wait_for(">>> ", _SPOKEN_S)
    parts = [["resume", "run", str(folder / "mkfs.py")]]
    for label, target in (("vfs", ":"), ("app", ":/app/"), ("data", ":/data/")):
        parts.append(["resume", "cp", "-r", *(str(path) for path in sorted((folder / label).iterdir())), target])
    for part in parts:
        _tool(log, "from mpremote.main import main; sys.exit(main())", "connect", plugged.url, *part)
    newcomers.expect(node_id)
    plugged.reset()
    if newcomers.wait(node_id, _SPOKEN_S) is None:
        raise RuntimeError(f"{node_id} did not speak; what the tools said is in {log}")


def _tool(log: Path, start: str, *arguments: str) -> None:
    """Run a tool with the port's scheme made known to pyserial."""
    with log.open("a") as out:
        subprocess.run([sys.executable, "-c", _RUN + start, *arguments], stdout=out, stderr=out, check=True, env=dict(os.environ))
