"""How far the stretch on the air was heard, in 8 bytes now and then, in blocks of their own, which need no care: only the last mark counts.

A mark belongs to a stretch that began with the record at a place, (sequence, offset), among the journal's events, which no other stretch ever has. It is
the place's tag (u16: sequence * 512 + offset / 8), milliseconds (u24) and the lower three bytes of a CRC-32 over the place, the mark's own block
sequence and offset (u32 each), tag and milliseconds. When the blocks are full while sound is out, marks are dropped until they can be erased.
"""

import asyncio
import binascii
import struct

from micropython import const

from node.store.lane import BLOCK, FIRST

_MARK = const(8)
_SAID = const(5)
_MS_MAX = const((1 << 24) - 1)
_YIELD_EVERY = const(32)


class Marks:
    """Writes into the blocks of a `Lane`."""

    def __init__(self, lane):
        self._lane = lane
        self._offset = BLOCK
        self._last = None  # sequence of the block with the last mark

    async def load(self, journal_id, places):
        """At boot: `{place: ms}` of the last mark of each of `places`."""
        tags = {_tag(place): place for place in places}
        lane = self._lane
        await lane.scan(journal_id)
        last = {}
        data = bytearray(_MARK)
        for block in lane.used:
            end = (lane.end(block.index) + _MARK - 1) // _MARK * _MARK
            for offset in range(FIRST, end, _MARK):
                lane.partition.readblocks(block.index, data, offset)
                place = tags.get(data[0] | data[1] << 8)
                if place and bytes(data[_SAID:]) == _crc(place, block, offset, data[:_SAID]):
                    last[place] = data[2] | data[3] << 8 | data[4] << 16
                    self._last = block.sequence
                if offset // _MARK % _YIELD_EVERY == 0:
                    await asyncio.sleep_ms(0)
            self._offset = max(end, FIRST)
        return last

    def put(self, journal_id, place, ms):
        """Note that the stretch that began at `place` was heard up to `ms` (less than 4.6 h); False if there is no room. Raises OSError."""
        lane = self._lane
        if self._offset >= BLOCK:
            if not lane.advance(0, journal_id, 0, 0):
                return False
            self._offset = FIRST
        offset, block = self._offset, lane.head
        said = struct.pack("<HI", _tag(place), min(ms, _MS_MAX))[:_SAID]
        self._offset += _MARK  # whatever happens, this place is used
        lane.partition.writeblocks(block.index, said + _crc(place, block, offset, said), offset)
        self._last = block.sequence
        return True

    def retire(self, any_open):
        """Give up a full block that no open stretch needs; True if there was one."""
        lane = self._lane
        if len(lane.used) < 2 or (any_open and lane.used[0].sequence == self._last):
            return False
        lane.retire()
        return True


def _tag(place):
    sequence, offset = place
    return (sequence * 512 + offset // 8) & 0xFFFF


def _crc(place, block, offset, said):
    sequence, start = place
    crc = binascii.crc32(said, binascii.crc32(struct.pack("<IIII", sequence, start, block.sequence, offset)))
    return crc.to_bytes(4, "little")[: _MARK - _SAID]
