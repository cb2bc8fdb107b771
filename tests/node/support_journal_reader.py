"""Reads a journal partition from its bytes, by the layout in the docstrings of `node.store` alone: it shares no code with what it checks."""

import binascii
import json

BLOCK = 4096
MARK_BLOCKS = 3
STATES = {1: "open", 2: "paused", 3: "done"}


class Contents:
    """`events`: list of (n, fields) as they stand; `states`: key -> (state, ms, until); `starts`: key -> fields of the newest start."""

    def __init__(self):
        self.id = None
        self.events = []
        self.seen = 0
        self.next_n = 1
        self.states = {}
        self.starts = {}
        self.places = {}
        self.used = 0


def number(data, at, size):
    return int.from_bytes(data[at : at + size], "little")


def blocks_of(cells, kind, first, count):
    """(sequence, block bytes) of the valid blocks of a lane, oldest first."""
    found = []
    for index in range(first, first + count):
        block = bytes(cells[index * BLOCK : (index + 1) * BLOCK])
        if block[:12] == b"LoaCleanLoaJ" and block[12] == kind and number(block, 36, 4) == binascii.crc32(block[8:36]):
            found.append((number(block, 24, 4), block))
    return sorted(found)


def read(cells):
    """The Contents of a whole partition."""
    contents = Contents()
    count = len(cells) // BLOCK
    blocks = blocks_of(cells, 1, 0, count - MARK_BLOCKS)
    if not blocks:
        return contents
    contents.id = blocks[-1][1][16:24]
    for sequence, block in blocks:
        if block[16:24] != contents.id:
            continue
        contents.used += 1
        contents.next_n = max(contents.next_n, number(block, 28, 4))
        contents.seen = max(contents.seen, number(block, 32, 4))
        at = 40
        while at + 24 <= BLOCK:
            size = 24 + block[at + 20] + number(block, at + 2, 2)
            prefix = sequence.to_bytes(4, "little") + at.to_bytes(4, "little")
            checked = prefix + block[at : at + 4] + block[at + 8 : at + size]
            if block[at] > 3 or at + size > BLOCK or number(block, at + 4, 4) != binascii.crc32(checked):
                at += 8
                continue
            _take(contents, block[at : at + size], sequence, at)
            at += (size + 7) // 8 * 8
    _marks(contents, cells, count)
    return contents


def _take(contents, record, sequence, at):
    n = number(record, 8, 4)
    key = record[24 : 24 + record[20]].decode()
    text = record[24 + record[20] :]
    if n and text:
        fields = json.loads(text.decode())
        if record[1] & 1:
            fields["key"] = key
        contents.events.append((n, fields))
        contents.next_n = max(contents.next_n, n + 1)
    elif n:
        contents.seen = max(contents.seen, n)
    if record[0]:
        contents.states[key] = (STATES[record[0]], number(record, 16, 4), number(record, 12, 4))
    if record[0] == 1:
        contents.starts[key] = json.loads(text.decode())
        contents.places[key] = (sequence, at)


def _marks(contents, cells, count):
    keys = {key: contents.places[key] for key, state in contents.states.items() if state[0] == "open"}
    for sequence, block in blocks_of(cells, 2, count - MARK_BLOCKS, MARK_BLOCKS):
        if block[16:24] != contents.id:
            continue
        for at in range(40, BLOCK, 8):
            for key, (start_sequence, start_at) in keys.items():
                numbers = (start_sequence, start_at, sequence, at)
                seed = b"".join(value.to_bytes(4, "little") for value in numbers)
                crc = binascii.crc32(seed + block[at : at + 5]).to_bytes(4, "little")
                right_tag = number(block, at, 2) == (start_sequence * 512 + start_at // 8) % 65536
                if right_tag and crc[:3] == block[at + 5 : at + 8]:
                    contents.states[key] = ("open", number(block, at + 2, 3), contents.states[key][2])
