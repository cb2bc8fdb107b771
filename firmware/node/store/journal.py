"""What happened and what is over, written before anybody is told: events until the station has seen them, and how far each item was heard.

Appending only programs flash and is allowed while sound is out. Erasing happens ahead of need, in silence, by `run`. One record carries an event and
what it changes about its item, so that a power cut leaves both or neither. The layout stands in `lane`, `records` and `marks`.

What gives way when the blocks are full, in this order, and comes back when there is silence and room:

    progress marks     dropped (`mark` returns False); they have three blocks of their own, 50 min at one every 2 s
    events, starts     refused (FULL) and counted in `lost`; an event that is not seen is never overwritten. The change of state is written alone
    states             refused (FULL), when one more block is full of them
    seen               kept in RAM; the station says it again
    done, still needed beyond a quarter of the blocks those of the oldest block are forgotten, the ones that end soonest first

Needed is what is done for two days beyond its `until`: for a day the agenda accounts for what is over, and with a late window it looks back longer.
"""

import asyncio
import json
import os

from micropython import const

from node.bus.encoding import to_base64url
from node.refusal import FULL, OVERSIZED, Refused
from node.store import records
from node.store.again import whenever
from node.store.lane import BLOCK, FIRST, Lane
from node.store.marks import Marks
from node.store.records import DONE, NONE, OPEN, PAUSED, Record

TEXT_MAX = const(1024)
BLOCKS_MIN = const(12)

_EVENTS = const(1)
_MARKS = const(2)
_MARK_BLOCKS = const(3)
_ID_BYTES = const(6)
_ITEMS_MAX = const(32)
_KEEP_S = const(2 * 86400)
# Clean blocks that must be left when one is begun for ...
_FOR_EVENT = const(3)
_FOR_STATE = const(2)  # a block of states that are written anew fits into one, and one more for what power cuts tear meanwhile
_FOR_COPY = const(0)


class _Item:
    """What is not over: paused or open, and where its newest record stands."""

    def __init__(self, record, place):
        self.state = record.state
        self.ms = record.ms
        self.until = record.until
        self.place = place  # (sequence of the block, offset)


class Journal:
    """On a raw partition of at least 12 blocks of 4,096 bytes, of which it has all. Call `open` before anything else.

    `clock.floor`: Unix seconds that are proved to be past. Nothing is forgotten by a time that somebody says: it may be a lie.

    `id`: its random name, new when nothing readable is left; `last_n`: number of the newest event, from 1; `seen_n`: up to which the station
    has recorded; `lost`: events refused since boot because nothing could be overwritten.
    """

    def __init__(self, partition, gate, clock):
        count = partition.ioctl(4, 0)
        if count < BLOCKS_MIN or partition.ioctl(5, 0) != BLOCK:
            raise ValueError("a journal needs at least 12 blocks of 4096 bytes")
        self.id = None
        self.last_n = 0
        self.seen_n = 0
        self.lost = 0
        self._partition = partition
        self._gate = gate
        self._clock = clock
        self._lane = Lane(partition, 0, count - _MARK_BLOCKS, _EVENTS)
        self._marks_lane = Lane(partition, count - _MARK_BLOCKS, _MARK_BLOCKS, _MARKS)
        self._marks = Marks(self._marks_lane)
        self._ready = max(_FOR_EVENT + 1, (count - _MARK_BLOCKS) // 2)
        self._done_bytes = (count - _MARK_BLOCKS) * BLOCK // 4
        self._items = {}  # key: _Item
        self._on_air = None  # key of the stretch that `mark` speaks of
        self._offset = BLOCK
        self._work = asyncio.Event()

    # At boot

    async def open(self):
        """Read what is there and erase what is needed ahead, in silence."""
        await self._lane.scan()
        for block in self._lane.used:
            self.last_n = max(self.last_n, block.next_n - 1)
            self.seen_n = max(self.seen_n, block.seen)
            end = self._lane.end(block.index)
            for offset, record in records.scan(self._partition, block, end):
                if record:
                    self._apply(record, block.sequence, offset)
                await asyncio.sleep_ms(0)
            self._offset = records.aligned(max(end, FIRST))
        self.id = self._lane.head.journal_id if self._lane.used else to_base64url(os.urandom(_ID_BYTES))
        await self._load_marks()
        await self.tend()
        if not self._lane.used:
            self._begin_block(_FOR_COPY)

    async def _load_marks(self):
        started = {item.place: item for item in self._items.values() if item.state == OPEN}
        last = await self._marks.load(self.id, started)
        for place in last:
            started[place].ms = max(started[place].ms, last[place])

    def replay(self):
        """At boot, iterate over `(key, state, ms, fields)`: keys that are DONE, what is PAUSED at `ms`, and what was OPEN when power failed.

        An open stretch was heard at least up to `ms` and has the `fields` of its `start`; append its event to close it. A DONE key may come twice, and
        long after its time: who looks back at what is over must know it, and the clock may be wrong. What began again since is not done.
        """
        for block in list(self._lane.used):
            for _, record in records.scan(self._partition, block, self._lane.end(block.index)):
                if record and self._is_done(record):
                    yield record.key.decode(), DONE, record.ms, None
        for key, item in list(self._items.items()):
            yield key, item.state, item.ms, json.loads(self._text_of(item)) if item.state == OPEN else None

    # What happens

    def append(self, kind, fields, key=None, ms=0, until=0, done=False):
        """Write an event of `kind` with the members `fields` (a dict) and return its number; it is on flash then.

        With `key`, the same record ends that item's stretch: it is done for ever, or paused at `ms` of its programme. That is remembered at least until the
        Unix time `until`. Raises Refused: OVERSIZED (key over 255 bytes, members over 1,024), FULL (the state may be on flash all the same, see
        above); OSError (the event may be on flash, under a number that is not given again).
        """
        event = {"kind": kind}
        event.update(fields)
        flags = 0
        if key is not None and event.get("key") == key:
            del event["key"]
            flags = records.KEY_IN_EVENT
        state = NONE if key is None else DONE if done else PAUSED
        record = _record(self.last_n + 1, state, key or "", ms, until, flags, event)
        try:
            self._write(record, _FOR_EVENT)
        except Refused:
            self.lost += 1
            if state != NONE:
                self._write(Record(0, state, record.key, ms, until), _FOR_STATE)
            raise
        self._work.set()
        return record.n

    def start(self, key, ms, until, fields):
        """The item `key` goes on the air at `ms` of its programme; `fields` come back from `replay` if nothing ends it. Raises as `append` does."""
        self._write(_record(0, OPEN, key, ms, until, 0, fields), _FOR_EVENT)
        self._on_air = key

    def mark(self, ms):
        """What started last was heard up to `ms` of its programme. False if there is no room for the mark, or nothing is open. Raises OSError."""
        item = self._items.get(self._on_air)
        if item is None or item.state != OPEN:
            return False
        item.ms = ms
        if self._marks.put(self.id, item.place, ms):
            return True
        self._work.set()
        return False

    def seen(self, journal_id, n):
        """The station has recorded the events up to `n` of a journal. False if that is another journal or no news. Raises OSError."""
        n = min(n, self.last_n)
        if journal_id != self.id or n <= self.seen_n:
            return False
        self.seen_n = n
        record = Record(n)
        if self._has_room(record, _FOR_EVENT):
            self._write(record, _FOR_EVENT)
        self._work.set()
        return True

    def unseen(self, after=0):
        """Iterate over `(n, fields)` of the events that are not seen and have numbers above `after`, in order; `fields` has `kind`.

        The journal may change between two of them; what is appended meanwhile may be left to the next iteration.
        """
        for block, following in _pairs(self._lane.used):
            if following and following.next_n <= max(self.seen_n, after) + 1:
                continue
            for _, record in records.scan(self._partition, block, self._lane.end(block.index)):
                if record and record.is_event and record.n > max(self.seen_n, after):
                    fields = json.loads(record.text)
                    if record.flags & records.KEY_IN_EVENT:
                        fields["key"] = record.key.decode()
                    yield record.n, fields

    # In silence

    def run(self):
        """Task: erase ahead of need, whenever there is silence."""
        return whenever(self._work, self.tend, "journal:")

    async def tend(self):
        """Give up what is not needed until enough is clean or nothing can be given up, and erase it in silence. Raises OSError. `run` calls it."""
        while True:
            for lane in (self._lane, self._marks_lane):
                while lane.waste:
                    async with self._gate.writing():
                        lane.erase()
                    await asyncio.sleep_ms(0)  # an erase holds the loop for 45 ms, and there may be sixteen
            any_open = any(item.state == OPEN for item in self._items.values())
            if self._marks.retire(any_open):
                continue
            if len(self._lane.clean) >= self._ready or not await self._reclaim():
                return

    async def _reclaim(self):
        """Give up the oldest block unless it has events to be reported; write anew the states for which it is the only witness."""
        used = self._lane.used
        if len(used) < 2 or used[1].next_n > self.seen_n + 1:
            return False
        oldest = used[0]
        copies = await self._done_only_in(oldest)
        for key, item in self._items.items():
            if item.place[0] == oldest.sequence:
                text = self._text_of(item) if item.state == OPEN else b""
                copies.append(Record(0, item.state, key.encode(), item.ms, item.until, 0, text))
        for record in copies:
            if self._has_room(record, _FOR_COPY):
                self._write(record, _FOR_COPY)
            else:  # dozens of power cuts in this very loop have torn two blocks: forget it rather than never write again
                self._items.pop(record.key.decode(), None)
        self._lane.retire()
        return True

    async def _done_only_in(self, oldest):
        """Records of the done items that are still needed and that no later block knows, no more than there may be."""
        found = {}
        room = self._done_bytes
        for block in list(self._lane.used):
            for _, record in records.scan(self._partition, block, self._lane.end(block.index)):
                if record and self._is_done(record) and self._needed(record.until):
                    copy = Record(0, DONE, record.key, until=record.until)
                    if block is oldest:
                        found[record.key] = copy
                    else:
                        room -= copy.size
                        found.pop(record.key, None)
                await asyncio.sleep_ms(0)
            if not found:
                return []
        kept = []
        for copy in sorted(found.values(), key=lambda copy: -copy.until):
            room -= copy.size
            if room >= 0:
                kept.append(copy)
        return kept

    # One record

    def _write(self, record, keep):
        if not self._has_room(record, keep):
            raise Refused(FULL, "the journal has no room")
        if self._offset + record.size > BLOCK:
            self._begin_block(keep)
        block, offset = self._lane.head, self._offset
        self.last_n = max(self.last_n, record.n)  # even if this fails: no number is given twice
        try:
            self._partition.writeblocks(block.index, record.pack(block.sequence, offset), offset)
        except OSError:
            self._offset = BLOCK  # nobody knows what stands there now
            raise
        self._offset += record.size
        self._apply(record, block.sequence, offset)

    def _has_room(self, record, keep):
        return self._offset + record.size <= BLOCK or len(self._lane.clean) > keep

    def _begin_block(self, keep):
        self._lane.advance(keep, self.id, self.last_n + 1, self.seen_n)
        self._offset = FIRST
        self._work.set()

    def _apply(self, record, sequence, offset):
        """Remember what a record, read or written, changes."""
        self.last_n = max(self.last_n, record.n)
        if record.is_seen:
            self.seen_n = max(self.seen_n, record.n)
        key = record.key.decode()
        if record.state == DONE:
            self._items.pop(key, None)
        elif record.state != NONE:
            self._items[key] = _Item(record, (sequence, offset))
            if len(self._items) > _ITEMS_MAX:
                self._items.pop(min(self._items, key=lambda key: (self._items[key].state == OPEN, self._items[key].until)))

    def _text_of(self, item):
        sequence, offset = item.place
        block = next(block for block in self._lane.used if block.sequence == sequence)
        return records.read(self._partition, block, offset, BLOCK).text

    def _is_done(self, record):
        """True for a DONE key unless it began again: a wrong clock had given it up."""
        return record.state == DONE and record.key.decode() not in self._items

    def _needed(self, until):
        return until + _KEEP_S > self._clock.floor


def _record(n, state, key, ms, until, flags, members):
    text = json.dumps(members, separators=(",", ":")).encode()
    key = key.encode()
    if len(text) > TEXT_MAX or len(key) > records.KEY_MAX:
        raise Refused(OVERSIZED, "{} bytes of members, {} of key".format(len(text), len(key)))
    return Record(n, state, key, ms, until, flags, text)


def _pairs(blocks):
    """Each block with the one that follows it, or None, as they are now."""
    blocks = list(blocks)
    return zip(blocks, blocks[1:] + [None])
