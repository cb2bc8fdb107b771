"""Drives a journal through steps and keeps beside it what must be on flash: the old state or the new one, whole, at any power cut."""

import asyncio
import os

import support_journal_reader as reader

from loa.sim.hardware.flash import NorFlash, Power, PowerCut
from node.refusal import FULL, Refused
from node.store.gate import EraseGate
from node.store.journal import BLOCKS_MIN, Journal
from node.store.records import DONE, OPEN, PAUSED

NOW = 1_000_000_000
KEPT_S = 2 * 86400  # for which what is over is remembered beyond its `until`
WORDS = {OPEN: "open", PAUSED: "paused", DONE: "done"}


def run(coroutine):
    """asyncio.run that leaves nothing behind when the power fails in it."""
    try:
        return asyncio.run(coroutine)
    finally:
        if hasattr(asyncio, "new_event_loop"):
            asyncio.new_event_loop()


class Witness:
    """What was acknowledged and must be on flash."""

    def __init__(self):
        self.events = []  # (n, fields) that the station has not recorded
        self.seen = 0  # up to which it has; the flash may know less, then it is told again
        self.states = {}  # key -> (word, ms, until)
        self.last_n = 0
        self.lost = 0

    def copy(self):
        other = Witness()
        other.events = list(self.events)
        other.seen, other.last_n, other.lost = self.seen, self.last_n, self.lost
        other.states = dict(self.states)
        return other


class Bench:
    """A chip with a journal, over power cuts. `now`: Unix seconds that are proved to be past; `clock` knows them, and is the bench itself at first."""

    def __init__(self, blocks=BLOCKS_MIN, cells=None):
        self.cells = cells or bytearray(b"\xff" * (blocks * 4096))
        self.now = NOW
        self.clock = self
        self.truth = Witness()
        self.hope = None  # the Witness if the step under way succeeds
        self.alone = None  # the Witness if its event is refused and only its state written
        self.journal = None
        self.flash = None
        self.gate = None
        self.open_key = None

    @property
    def floor(self):
        return self.now

    async def boot(self, power=None):
        self.flash = NorFlash(self.cells, power or Power())
        self.gate = EraseGate()
        self.journal = Journal(self.flash, self.gate, self.clock)
        self.open_key = None
        await self.journal.open()

    async def step(self, name, *arguments):
        """One step; raises PowerCut if the power failed in it."""
        self.hope = self.truth.copy()
        done = await getattr(self, "_" + name)(*arguments)
        if done is not False:
            self.truth = self.hope
        self.hope = self.alone = None
        assert self.flash.violations == []

    async def _event(self, length):
        return self._append("refused", {"t": NOW, "text": "x" * length})

    async def _end(self, key, ms, done, until, length=40):
        fields = {"key": key, "to_ms": ms, "text": "y" * length}
        self.alone = self.truth.copy()
        self.alone.states[key] = self.hope.states[key] = ("done" if done else "paused", ms, until)
        return self._append("played", fields, key, ms, until, done)

    def _append(self, kind, fields, *state):
        self.hope.last_n += 1
        n = self.hope.last_n
        self.hope.events.append((n, dict(fields, kind=kind)))
        try:
            assert self.journal.append(kind, fields, *state) == n
        except Refused as refused:
            assert refused.code == FULL
            self.truth.lost += 1
            return self._state_was_kept(state)
        return True

    def _state_was_kept(self, state):
        """A refused event whose state was written alone, as the overflow rule says."""
        if state:
            key = state[0]
            kept = reader.read(self.cells).states.get(key)
            assert kept in (self.truth.states.get(key), self.hope.states[key])
            if kept:
                self.truth.states[key] = kept
        return False

    async def _start(self, key, ms, until):
        self.hope.states[key] = ("open", ms, until)
        try:
            self.journal.start(key, ms, until, {"of": key, "from_ms": ms})
        except Refused as refused:
            assert refused.code == FULL
            return False
        self.open_key = key
        return True

    async def _mark(self, ms):
        word, _, until = self.truth.states.get(self.open_key, ("", 0, 0))
        if word == "open":
            self.hope.states[self.open_key] = ("open", ms, until)
        written = self.journal.mark(ms)
        assert not (written and word != "open")
        return written

    async def _seen(self, back):
        n = max(self.truth.last_n - back, 0)
        self.hope.seen = max(n, self.hope.seen)
        self.hope.events = [event for event in self.hope.events if event[0] > self.hope.seen]
        news = n > self.journal.seen_n
        assert self.journal.seen(self.journal.id, n) == news

    async def _tend(self):
        if self.gate.open:
            await self.journal.tend()

    async def _sound(self, on):
        if on:
            self.gate.close()
        else:
            self.gate.reopen()

    def settle(self):
        """After a cut: the flash must be as before the step or as after it; that becomes the truth."""
        contents = reader.read(self.cells)
        full = contents.used >= len(self.cells) // 4096 - 3 - 3  # marks, and what events leave
        possible = [witness for witness in (self.hope, self.alone if full else None, self.truth) if witness]
        wrong = [mismatch(contents, witness, self.now) for witness in possible]
        assert None in wrong, "neither new nor old: " + "; or ".join(wrong)
        self.truth = possible[wrong.index(None)]
        self.hope = self.alone = None

    def check(self):
        """The running journal and the independent reader agree with the truth."""
        contents = reader.read(self.cells)
        wrong = mismatch(contents, self.truth, self.now)
        assert wrong is None, wrong
        unseen = [event for event in contents.events if event[0] > self.journal.seen_n]
        assert self.journal.seen_n <= self.truth.seen and list(self.journal.unseen()) == unseen
        assert self.journal.last_n == self.truth.last_n
        assert contents.id is None or contents.id.decode() == self.journal.id
        told = {}
        for key, state, ms, fields in self.journal.replay():
            told[key] = (WORDS[state], ms)
            if state == OPEN:
                assert fields["of"] == key and fields["from_ms"] <= ms
        needed = {key: state for key, state in self.truth.states.items() if _needed(state, self.now)}
        for key, (word, ms, _) in needed.items():
            assert told.get(key, (None, 0))[0] == word, (key, word, told.get(key))
            assert word == "done" or told[key][1] == ms
        assert all(word == self.truth.states[key][0] for key, (word, _) in told.items()), (told, self.truth.states)


def mismatch(contents, witness, now):
    """What is wrong in the contents of a partition, or None."""
    numbers = [n for n, _ in contents.events]
    if numbers != sorted(set(numbers)):
        return "order of events {}".format(numbers)
    held = [event for event in contents.events if event[0] > witness.seen]
    if held != witness.events:
        return "events {} instead of {}".format([n for n, _ in held], [n for n, _ in witness.events])
    if contents.seen > witness.seen:
        return "seen {} instead of {}".format(contents.seen, witness.seen)
    if contents.next_n - 1 > witness.last_n:
        return "n {} instead of {}".format(contents.next_n, witness.last_n + 1)
    for key, state in witness.states.items():
        if _needed(state, now):
            found = contents.states.get(key)
            if found is None or found[0] != state[0] or found[2] != state[2] or (state[0] != "done" and found[1] != state[1]):
                return "{}: {} instead of {}".format(key, found, state)
    for key, state in contents.states.items():
        if _needed(state, now) and (key not in witness.states or witness.states[key][0] != state[0]):
            return "{}: {} instead of {}".format(key, state, witness.states.get(key))
    return None


def _needed(state, now):
    return state[0] == "open" or state[2] + KEPT_S > now


async def play(bench, steps, begin):
    """Do steps[begin:]; returns when all are done. On a power cut raises it with `bench.at` at the step that failed."""
    for place in range(begin, len(steps)):
        bench.at = place
        await bench.step(*steps[place])


def cut_everywhere(steps, tears, nested, prepared=None):
    """Run `steps` with the power cut at write 1, 2, 3 ... until none fails; after each cut, cut the next boot at each of its writes too.

    Returns the number of cuts.
    """
    cuts = 0
    for tear in tears:
        cut_at = 1
        while True:
            bench = Bench(cells=bytearray(prepared.cells) if prepared else None)
            if prepared:
                bench.truth = prepared.truth.copy()
            if not _cut_once(bench, steps, Power(cut_at, tear)):
                break
            cuts += 1 + _boot_until_it_works(bench, tear if nested else None)
            rest = bench.at + 1 if bench.happened else bench.at
            run(_finish(bench, steps, rest))
            cut_at += 1
    return cuts


def _cut_once(bench, steps, power):
    async def life():
        await bench.boot(power)
        await play(bench, steps, 0)

    bench.at = 0
    try:
        run(life())
    except PowerCut:
        before = bench.truth
        bench.settle()
        bench.happened = bench.truth is not before
        return True
    bench.check()
    return False


def _boot_until_it_works(bench, tear):
    """Boot with the power cut at write 1, 2, 3 ... of the boot, each on what the cut before left; without `tear` just boot."""
    cuts = 0
    if tear is not None:
        while True:
            try:
                run(bench.boot(Power(cuts + 1, tear)))
                break
            except PowerCut:
                cuts += 1
                bench.settle()
    run(bench.boot())
    bench.check()
    return cuts


async def _finish(bench, steps, begin):
    await bench.boot()
    for place in range(begin, len(steps)):
        name = steps[place][0]
        if name == "mark" and bench.open_key is None:
            continue  # what was open before the cut is not what `mark` speaks of
        await bench.step(*steps[place])
    bench.check()


def random_bytes(count):
    return os.urandom(count)
