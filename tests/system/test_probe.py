"""The bench's probes see a simulated node from outside its firmware, on both runtimes, and a power cut leaves readable evidence."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.bench import heap, loop
from tests.bench.probe import HEAP_FILE, STEPS_FILE, ProbedNode

from loa.boards import load_board
from loa.provision.image import build_image
from loa.testing import eventually

HOLDS = 60_000
APPLICATION = """
import asyncio

async def hold():
    held = bytearray({holds})
    while True:
        await asyncio.sleep(0.05)
        for number in range(2000):
            held[number] = number & 1

def main():
    asyncio.run(hold())
"""
MAIN = """
import os
import sys
sys.path.insert(0, os.getcwd())
import application
application.main()
"""


def probed(loa_node, runtime):
    files = {"main.py": MAIN.encode(), "application.py": APPLICATION.format(holds=HOLDS).encode()}
    node = loa_node(build_image(load_board("generic-esp32-max98357a"), {"vfs": files}), runtime, node_type=ProbedNode)
    node.start()
    return node


def test_heap_on_micropython(loa_node):
    node = probed(loa_node, "micropython")
    path = node.folder / HEAP_FILE
    eventually(lambda: path.exists() and path.read_text().count("held") >= 2, "two samples")
    node.power_off()
    figures = heap.heap_figures(node.folder)
    assert HOLDS < figures.resident_bytes < HOLDS + 30_000
    assert figures.boot_bytes <= figures.resident_bytes


def test_steps_on_cpython(loa_node):
    node = probed(loa_node, "cpython")
    path = node.folder / STEPS_FILE

    def counted():
        return loop.steps_of(node.folder)["hold"].bytecodes if path.exists() else 0

    eventually(lambda: counted() > 100, "steps counted")
    node.power_off()
    assert 8_000 < counted() < 60_000  # two thousand rounds
