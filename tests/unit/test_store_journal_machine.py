"""Whatever a node does and whenever its power fails: no acknowledged event is lost, doubled or out of order, nothing that is over begins again."""

import sys
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

sys.path.insert(0, str(Path(__file__).parents[1] / "node"))
from support_journal import Bench, run

from loa.sim.hardware.flash import Power, PowerCut

KEYS = tuple(f"son-la/moc-chau|s{number}|1000" for number in range(4))


class JournalLife(RuleBasedStateMachine):
    """Steps of a node, each with the power cut that may have been armed before; then a boot, whose power may fail too."""

    def __init__(self):
        super().__init__()
        self.bench = Bench()
        self.over = 0
        self.armed = []
        run(self.bench.boot())

    def step(self, *step):
        if self.armed:
            at, self.bench.flash.power.tear = self.armed.pop(0)
            self.bench.flash.power.cut_at = self.bench.flash.power.writes + at
        try:
            run(self.bench.step(*step))
        except PowerCut:
            self.reboot()
        else:
            self.bench.flash.power.cut_at = None

    @rule(cuts=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=3))
    def arm(self, cuts):
        self.armed = cuts

    @rule()
    def reboot(self):
        self.bench.settle()
        while self.armed:
            at, tear = self.armed.pop(0)
            try:
                run(self.bench.boot(Power(at, tear)))
            except PowerCut:
                self.bench.settle()
        run(self.bench.boot())
        self.bench.check()

    @rule(length=st.integers(0, 900), count=st.sampled_from([1, 1, 3, 12]))
    def events(self, length, count):
        for _ in range(count):
            self.step("event", length)

    @rule(key=st.sampled_from(KEYS), ms=st.integers(0, 14_400_000), lasts=st.integers(-10, 7200))
    def start(self, key, ms, lasts):
        if self.bench.truth.states.get(key, ("",))[0] != "done":
            self.step("start", key, ms, self.bench.now + lasts)

    @rule(ms=st.integers(0, 10_000), count=st.sampled_from([1, 2, 40]))
    def mark(self, ms, count):
        for _ in range(count):
            if self.bench.open_key:
                self.step("mark", min(self.bench.truth.states[self.bench.open_key][1] + ms, (1 << 24) - 1))

    @rule(key=st.sampled_from(KEYS), ms=st.integers(0, 14_400_000), lasts=st.integers(-10, 7200), length=st.integers(0, 900))
    def pause(self, key, ms, lasts, length):
        if self.bench.truth.states.get(key, ("",))[0] == "open":
            self.step("end", key, ms, False, self.bench.now + lasts, length)

    @rule(lasts=st.integers(-10, 7200), count=st.sampled_from([1, 1, 8]))
    def finish(self, lasts, count):
        for _ in range(count):
            self.over += 1
            self.step("end", f"son-la|o{self.over}", 5, True, self.bench.now + lasts)

    @rule(back=st.integers(0, 5))
    def seen(self, back):
        self.step("seen", back)

    @rule(on=st.booleans())
    def sound(self, on):
        self.step("sound", on)

    @rule()
    def tend(self):
        self.step("tend")

    @rule(seconds=st.integers(1, 4000))
    def wait(self, seconds):
        self.bench.now += seconds

    @invariant()
    def nothing_is_written_over(self):
        assert self.bench.flash.violations == []

    def teardown(self):
        self.bench.check()
        self.reboot()


JournalLife.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_journal_life = JournalLife.TestCase
