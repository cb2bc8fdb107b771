"""The ring between network and decoder gives whole blocks, and one break."""

import random

from node.audio.feeder import BREAK
from node.audio.jitter import Jitter


def test_jitter_gives_whole_blocks_and_keeps_one_break():
    ring = Jitter(64)
    ring.begin(10)
    view = memoryview(bytearray(64))

    def write(content):
        for octet in content:
            space = ring.space()
            space[0] = octet
            ring.wrote(1)

    write(range(15))
    assert ring.count == 10 and ring.read(view[:4]) == 4 and bytes(view[:4]) == bytes(range(4))
    ring.cut()
    write(range(100, 125))
    assert ring.read(view) == 6 and bytes(view[:6]) == bytes(range(4, 10))
    ring.cut()
    write(range(200, 212))
    assert ring.broken and ring.read(view) == BREAK and not ring.broken
    assert ring.read(view) == 10 and bytes(view[:10]) == bytes(range(200, 210))
    assert ring.read(view) == 0


def test_jitter_against_a_list():
    chance = random
    chance.seed(6)
    for block in (1, 2, 7, 16):
        ring = Jitter(64)
        ring.begin(block)
        pending, whole, counter = [], [], 0
        for _ in range(1500):
            choice = chance.randint(0, 9)
            if choice < 5:
                space = ring.space()
                assert len(space) or len(pending) + len([item for item in whole if item != BREAK]) == 64
                n = chance.randint(0, len(space))
                for i in range(n):
                    space[i] = counter % 251
                    pending.append(counter % 251)
                    counter += 1
                ring.wrote(n)
                while len(pending) >= block:
                    whole += pending[:block]
                    del pending[:block]
            elif choice < 9:
                view = memoryview(bytearray(chance.randint(1, 20)))
                n = ring.read(view)
                if n == BREAK:
                    assert whole.pop(0) == BREAK
                else:
                    assert list(view[:n]) == whole[:n] and (n or not whole)
                    del whole[:n]
            else:
                ring.cut()
                pending = []
                whole = whole[: whole.index(BREAK)] if BREAK in whole else whole
                whole.append(BREAK)
