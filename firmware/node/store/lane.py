"""A ring of flash blocks that are erased ahead of need, filled in turn and freed oldest first: where blocks stand, not what they say.

The first bytes of a block tell what it is, whatever was interrupted:

    all bits set, or anything else    waste: to be erased
    8 bytes `LoaClean`, rest blank    clean: erased completely, ready to be filled
    the same, then 32 bytes of head   used: magic, lane, version, journal id, sequence, number of the next event, number seen, CRC-32
    the same with the magic cleared   waste: retired; one program of 4 bytes decides it, before the erase begins

Numbers are little endian. Records begin at byte 40.
"""

import asyncio
import binascii
import struct

from micropython import const

BLOCK = const(4096)
FIRST = const(40)
ID_LETTERS = const(8)

_CLEAN = b"LoaClean"
_HEAD = "<4sBB2s8sIII"
_HEAD_AT = const(8)
_MAGIC = b"LoaJ"
_RETIRED = b"\0\0\0\0"
_VERSION = const(1)
_CHUNK = const(256)
_BLANK = b"\xff" * _CHUNK
_ERASE = const(6)


class Block:
    """One used block: its place `index`, its `sequence` (higher is newer), and, when it began, the `next_n` of events and the number `seen`."""

    def __init__(self, index, sequence, journal_id, next_n, seen):
        self.index = index
        self.sequence = sequence
        self.journal_id = journal_id
        self.next_n = next_n
        self.seen = seen


class Lane:
    """The blocks `first` to `first + count - 1` of a partition, marked with the number `kind`. `used` is ordered, oldest first; its last is the head."""

    def __init__(self, partition, first, count, kind):
        self.partition = partition
        self.used = []
        self.clean = []
        self.waste = []
        self._first = first
        self._count = count
        self._kind = kind

    @property
    def head(self):
        """The block that is being filled."""
        return self.used[-1]

    async def scan(self, journal_id=None):
        """At boot: find out what each block is. Used are those of `journal_id`, or of the newest block's journal."""
        found = []
        for index in range(self._first, self._first + self._count):
            block = self._read_head(index)
            if block:
                found.append(block)
            elif self._is_clean(index):
                self.clean.append(index)
            else:
                self.waste.append(index)
            await asyncio.sleep_ms(0)
        found.sort(key=lambda block: block.sequence)
        if journal_id is None and found:
            journal_id = found[-1].journal_id
        self.used = [block for block in found if block.journal_id == journal_id]
        self.waste.extend([block.index for block in found if block.journal_id != journal_id])

    def advance(self, keep, journal_id, next_n, seen):
        """Begin the next block; False if that would leave fewer than `keep` clean ones. Raises OSError; the block is waste then."""
        if len(self.clean) <= keep:
            return False
        after = self.head.index if self.used else self._first - 1
        index = min(self.clean, key=lambda index: (index - after - 1) % self._count)
        sequence = self.head.sequence + 1 if self.used else 1
        head = struct.pack(_HEAD, _MAGIC, self._kind, _VERSION, b"\xff\xff", journal_id.encode(), sequence, next_n, seen)
        self.clean.remove(index)
        try:
            self.partition.writeblocks(index, head + _crc(head), _HEAD_AT)
        except OSError:
            self.waste.append(index)
            raise
        self.used.append(Block(index, sequence, journal_id, next_n, seen))
        return True

    def retire(self):
        """Give up the oldest used block, at once and for good; it needs no silence."""
        block = self.used.pop(0)
        self.waste.append(block.index)
        self.partition.writeblocks(block.index, _RETIRED, _HEAD_AT)

    def erase(self):
        """Make one waste block clean. Only in silence: takes 45 ms, 400 at worst. Raises OSError; it stays waste then, behind the others."""
        index = self.waste.pop(0)
        try:
            self.partition.ioctl(_ERASE, index)
            self.partition.writeblocks(index, _CLEAN, 0)
        except OSError:
            self.waste.append(index)
            raise
        self.clean.append(index)

    def end(self, index):
        """Offset behind the last byte of a block that is not blank."""
        chunk = bytearray(_CHUNK)
        for start in range(BLOCK - _CHUNK, -1, -_CHUNK):
            self.partition.readblocks(index, chunk, start)
            if chunk != _BLANK:
                return start + len(bytes(chunk).rstrip(b"\xff"))
        return 0

    def _is_clean(self, index):
        marker = bytearray(len(_CLEAN))
        self.partition.readblocks(index, marker, 0)
        return marker == _CLEAN and self.end(index) == len(_CLEAN)

    def _read_head(self, index):
        size = struct.calcsize(_HEAD)
        data = bytearray(_HEAD_AT + size + 4)
        self.partition.readblocks(index, data, 0)
        head = bytes(data[_HEAD_AT : _HEAD_AT + size])
        magic, kind, version, _, journal_id, sequence, next_n, seen = struct.unpack(_HEAD, head)
        if (
            bytes(data[:_HEAD_AT]) != _CLEAN
            or magic != _MAGIC
            or (kind, version) != (self._kind, _VERSION)
            or bytes(data[-4:]) != _crc(head)
        ):
            return None
        return Block(index, sequence, journal_id.decode(), next_n, seen)


def _crc(data):
    return binascii.crc32(data).to_bytes(4, "little")
