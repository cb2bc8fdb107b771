"""The records in the journal's blocks of events: how one is laid out, and how all of a block are found again, torn ones left out.

A record is a head of 24 bytes, a key and a JSON text, at an offset that 8 divides:

    0  state: 0 none, 1 open, 2 paused, 3 done     12  until: Unix time at which the state may be forgotten
    1  flags: 1 the key is a member of the event   16  ms: how far it was heard
    2  u16 bytes of the JSON text                  20  u8 bytes of the key
    4  CRC-32, see below                           21  three 0
    8  n: number of the event, 0: no event         24  key, JSON text (UTF-8)

State 0 with n and without text says: seen up to n. The CRC is over the block's sequence and the offset (u32 each) and the record without it, so that no
other bytes, not even a copy of a record, are taken for one.
"""

import binascii
import struct

from micropython import const

from node.store.lane import BLOCK, FIRST

NONE, OPEN, PAUSED, DONE = 0, 1, 2, 3
HEAD_BYTES = const(24)
KEY_MAX = const(255)
KEY_IN_EVENT = const(1)

_HEAD = "<BBHIIIIBBH"
_ALIGN = const(8)
_CRC_AT = const(4)


class Record:
    """What one record says; `key` and `text` are bytes."""

    def __init__(self, n=0, state=NONE, key=b"", ms=0, until=0, flags=0, text=b""):
        self.n = n
        self.state = state
        self.key = key
        self.ms = ms
        self.until = until
        self.flags = flags
        self.text = text

    @property
    def size(self):
        """Bytes of flash."""
        return aligned(HEAD_BYTES + len(self.key) + len(self.text))

    @property
    def is_event(self):
        """True if it is to be reported."""
        return self.n > 0 and len(self.text) > 0

    @property
    def is_seen(self):
        """True if it says that events up to `n` are recorded elsewhere."""
        return self.n > 0 and not self.text

    def pack(self, sequence, offset):
        """Its bytes for one place."""
        head = struct.pack(_HEAD, self.state, self.flags, len(self.text), 0, self.n, self.until, self.ms, len(self.key), 0, 0)
        data = bytearray(head + self.key + self.text)
        data[_CRC_AT : _CRC_AT + 4] = struct.pack("<I", _crc(data, sequence, offset))
        return data


def read(partition, block, offset, end):
    """The Record at an offset of a Block whose last byte lies before `end`, or None."""
    if offset + HEAD_BYTES > end:
        return None
    data = bytearray(HEAD_BYTES)
    partition.readblocks(block.index, data, offset)
    state, flags, text_bytes, crc, n, until, ms, key_bytes, _, _ = struct.unpack(_HEAD, data)
    size = HEAD_BYTES + key_bytes + text_bytes
    if state > DONE or offset + size > aligned(end):
        return None
    data = bytearray(size)
    partition.readblocks(block.index, data, offset)
    if _crc(data, block.sequence, offset) != crc:
        return None
    text_at = HEAD_BYTES + key_bytes
    return Record(n, state, bytes(data[HEAD_BYTES:text_at]), ms, until, flags, bytes(data[text_at:]))


def scan(partition, block, end, start=FIRST):
    """Iterate over `(offset, Record)` of a block up to `end`; a place where none stands gives `(offset, None)`, so that the caller can yield."""
    offset = start
    while offset < end:
        record = read(partition, block, offset, aligned(end))
        yield offset, record
        offset += record.size if record else _ALIGN


def aligned(offset):
    """The next offset at which a record may begin."""
    return min((offset + _ALIGN - 1) // _ALIGN * _ALIGN, BLOCK)


def _crc(data, sequence, offset):
    crc = binascii.crc32(struct.pack("<II", sequence, offset))
    return binascii.crc32(data[_CRC_AT + 4 :], binascii.crc32(data[:_CRC_AT], crc))
