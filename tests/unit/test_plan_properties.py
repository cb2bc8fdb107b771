"""Whatever documents, stops, power cuts and passing time do to an agenda: one thing at a time, the right one, and nothing lost silently.

A small conductor plays what the agenda decides and keeps a journal, from which a rebooted agenda is restored. Beside it stands a naive
reading of the documents (`_Book`) that shares no code with the firmware: it lists every playing that became due.
"""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from node.plan.agenda import Agenda
from node.plan.arbiter import choose
from node.plan.verdict import EXPIRED, LATE, OMITTED, QUIET, STOPPED, SUPERSEDED
from node.refusal import SLOT, Refused

MIDNIGHT = 1791133200  # Monday, 5 October 2026, +07:00
DAY = 86400
HAMLET, COMMUNE, PROVINCE, NODE = "p/c/h", "p/c", "p", "node/n"
CLASSES = ("normal", "priority", "urgent")
LENGTHS = {"short": 40, "long": 900}
DOES = {"v": "bulletin", "w": "bulletin", "x": "live", "y": "siren", "z": "stop"}  # by order id
WHYS = {LATE, QUIET, EXPIRED, STOPPED, SUPERSEDED, OMITTED}


def _bulletin(rank, seconds):
    return {"class": rank, "variants": [{"codec": "pcm16", "rate": 24000, "ms": seconds * 1000, "bytes": 1, "sha256": "A" * 43}]}


BULLETINS = {f"{rank}-{name}": _bulletin(rank, seconds) for rank in CLASSES for name, seconds in LENGTHS.items()}


# What may happen.

_minutes = st.integers(0, 119)
_slots = st.builds(
    lambda name, bulletin, minute, repeat, late, rank, day: {
        "id": name,
        "bulletin": bulletin,
        "at": [7 * 3600 + minute * 60],
        "repeat": repeat,
        "gap": 5,
        "late": late,
        "rank": rank,
        **day,
    },
    st.sampled_from("abcd"),
    st.sampled_from(sorted(BULLETINS)),
    _minutes,
    st.integers(1, 3),
    st.sampled_from([0, 60, 900, 7200]),
    st.sampled_from([10, 50]),
    st.sampled_from([{}, {"days": [1, 3]}, {"dates": [20261005]}, {"except": [20261006]}]),
)
_unique = {"unique_by": lambda record: record["id"]}
_plans = st.builds(
    lambda audience, slots, accept, omitted, quiet: {
        "audience": audience,
        "slots": slots,
        "accept": accept,
        "offers": [{"area": PROVINCE, "slot": omitted, "omit": True}] if audience == COMMUNE and omitted else [],
        "quiet": quiet,
    },
    st.sampled_from([PROVINCE, COMMUNE, HAMLET]),
    st.lists(_slots, max_size=4, **_unique),
    st.booleans(),
    st.sampled_from(["", "a"]),
    st.sampled_from([[], [[7 * 3600 + 1800, 7 * 3600 + 2700]]]),
)
_orders = st.builds(
    lambda name, rank, begins, length, repeat: {
        "id": name,
        "do": DOES[name],
        "class": rank,
        "from": begins,  # made absolute when it is given
        "until": length,
        "repeat": repeat,
        "bulletin": _bulletin(rank, 40),
        "live": {"url": "https://station/live", "codec": "pcm16", "rate": 24000},
    },
    st.sampled_from(sorted(DOES)),
    st.sampled_from(CLASSES),
    st.sampled_from([-300, 0, 0, 120]),
    st.sampled_from([60, 400, 3000]),
    st.integers(1, 2),
)
_airs = st.builds(
    lambda audience, orders: {"audience": audience, "orders": orders},
    st.sampled_from([PROVINCE, COMMUNE, HAMLET, NODE]),
    st.lists(_orders, max_size=3, **_unique),
)
_events = st.one_of(
    st.tuples(st.just("pass"), st.sampled_from([1, 20, 61, 300, 1000, 4000])),
    st.tuples(st.just("pass"), st.sampled_from([1, 20, 61, 300, 1000, 4000])),
    st.tuples(st.just("plan"), _plans),
    st.tuples(st.just("air"), _airs),
    st.tuples(st.just("away"), st.sampled_from([10, 100])),
    st.tuples(st.just("off"), st.sampled_from([0, 30, 2000])),
)
_stories = st.lists(_events, min_size=3, max_size=14)


# A naive reading of the documents.


class _Book:
    """All playings that ever became due, by key; read anew from the documents at every moment that is asked for."""

    def __init__(self, since):
        self.since = since
        self.due = {}
        self.plans = {}
        self.airs = {}

    def read(self, now):
        """Note what is due at `now` and return what could play then if it has not been played: (key, class, is live)."""
        return [*self._slots(now), *self._orders(now)]

    def _taken(self, audience, origin, rank):
        if audience != PROVINCE or rank == 2:
            return True
        plan = self.plans.get(COMMUNE)
        return plan is not None and plan["accept"] and not any(offer["slot"] == origin for offer in plan["offers"])

    def _slots(self, now):
        for audience, plan in self.plans.items():
            for slot in plan["slots"]:
                bulletin = plan["bulletins"][slot["bulletin"]]
                rank = CLASSES.index(bulletin["class"])
                if not self._taken(audience, slot["id"], rank):
                    continue
                step = LENGTHS[slot["bulletin"].split("-")[1]] + slot["gap"]
                for day in range(3):
                    if day not in _days_of(slot):
                        continue
                    for count in range(slot["repeat"]):
                        start = MIDNIGHT + day * DAY + slot["at"][0] + count * step
                        if self.since <= start <= now and start < plan["exp"] and start + slot["late"] >= plan["iat"]:
                            key = f"{audience}|{slot['id']}|{start}"
                            self.due[key] = rank
                            if now <= start + slot["late"] and (rank == 2 or not self._is_quiet(now)):
                                yield key, rank, False

    def _is_quiet(self, now):
        second = (now - MIDNIGHT) % DAY
        return any(begin <= second < end for audience, plan in self.plans.items() if audience != PROVINCE for begin, end in plan["quiet"])

    def _orders(self, now):
        for audience, air in self.airs.items():
            for order in air["orders"]:
                if order["do"] == "stop" or order["from"] > now or order["until"] <= air["iat"]:
                    continue
                rank = CLASSES.index(order["class"])
                for count in range(1, order["repeat"] + 1):
                    key = f"{audience}|{order['id']}" + (f"#{count}" if count > 1 else "")
                    self.due[key] = rank
                    if now < order["until"] and self._taken(audience, order["id"], rank):
                        yield key, rank, order["do"] == "live"


def _days_of(slot):
    if "days" in slot:
        return {0, 2}
    if "dates" in slot:
        return {0}
    return {0, 2} if "except" in slot else {0, 1, 2}


def _asker(key):
    """The slot or order of a key: its later playings wait behind an earlier one that cannot be had."""
    return key.split("#")[0] if key.count("|") == 1 else key.rsplit("|", 1)[0]


# A conductor.


class _Conductor:
    def __init__(self, now):
        self.now = now
        self.book = _Book(now)
        self.agenda = Agenda(HAMLET, "n", now)
        self.heard = {}  # the journal: key -> ms
        self.away = {}  # key -> when to ask for it again
        self.ended = []
        self.dropped = []
        self.item = None
        self.since = now
        self.log = []

    def put(self, kind, audience, body):
        """Hand in a document; a refused one changes nothing, which is what the book expects of it."""
        body = json.loads(json.dumps(body))
        take, shelf = (self.agenda.put_plan, self.book.plans) if kind == "plan" else (self.agenda.put_air, self.book.airs)
        try:
            take(audience, body)
            shelf[audience] = body
            self._postpone(audience, body.get("orders", []))
        except Refused as refused:
            assert refused.code == SLOT
        self.decide()

    def _postpone(self, audience, orders):
        """An order that was due and is given anew for later is owed later, unless some of it was heard."""
        begun = {*self.heard, *self.ended, *self.dropped, self.item and self.item.key}
        for order in orders:
            if order["do"] != "stop" and order["from"] > self.now:
                keys = [f"{audience}|{order['id']}", f"{audience}|{order['id']}#2"]
                for key in {*keys[: order["repeat"]]} - begun:
                    self.book.due.pop(key, None)

    def decide(self):
        """Ask and obey; returns the time at which to ask again."""
        while True:
            decision = self.agenda.decide(self.now, True)
            for item, why in decision.dropped:
                assert why in WHYS
                self.dropped.append(item.key)
                self.log.append((self.now, item.key, why))
            if decision.wake is None or decision.wake > self.now:
                break
            assert decision.item is None or (self.item and decision.item.key == self.item.key)
        self._check(decision.item)
        if self.item and not (decision.item and decision.item.key == self.item.key):
            if self.item.live and self.now >= self.item.until and self.item.key not in self.dropped:
                self.ended.append(self.item.key)
            else:
                self._note()
                self.agenda.progress(self.item.key, self.heard[self.item.key])
            self.item = None
        if decision.item and self.item:
            self.item.until = decision.item.until
        if decision.item and not self.item:
            self.item, self.since = decision.item, self.now
            assert self.item.live or self.item.resume_ms == self.heard.get(self.item.key, 0)
            self.log.append((self.now, self.item.key, "on"))
        return decision.wake

    def _check(self, item):
        """The right one: nothing of a higher class waits, nor something live of the same class while a file plays."""
        over = {*self.ended, *self.dropped}
        away = {_asker(key) for key, time in self.away.items() if time > self.now and key not in over}
        waiting = [(rank, live) for key, rank, live in self.book.read(self.now) if key not in over and _asker(key) not in away]
        assert item is None or item.key not in over
        assert item is not None or not waiting
        assert all((rank, live) <= (item.rank, bool(item.live)) for rank, live in waiting)

    def _note(self):
        self.heard[self.item.key] = 0 if self.item.live else self.item.resume_ms + (self.now - self.since) * 1000

    def go_on(self, seconds):
        """Let time pass, playing."""
        end = self.now + seconds
        while True:
            wake = self.decide()
            finish = None
            if self.item and not self.item.live:
                left_ms = (self.item.bulletin["variants"][0]["ms"] if self.item.do == "bulletin" else 10_000) - self.item.resume_ms
                finish = self.since + -(-left_ms // 1000)
            times = [time for time in (wake, finish) if time is not None and time <= end]
            if not times:
                self.now = end
                self.decide()
                return
            self.now = max(self.now, min(times))
            if self.now == finish:
                self.agenda.ended(self.item.key)
                self.ended.append(self.item.key)
                self.log.append((self.now, self.item.key, "end"))
                self.item = None

    def cannot_be_had(self, seconds):
        """What should sound is not there; ask for it again later."""
        if self.item:
            self._note()
            self.agenda.progress(self.item.key, self.heard[self.item.key])
            self.agenda.postpone(self.item.key, self.now + seconds)
            self.away[self.item.key] = self.now + seconds
            self.item = None
        self.decide()

    def power_off(self, seconds):
        if self.item:
            self._note()
        self.item = None
        self.away = {}
        self.now += seconds
        self.agenda = Agenda(HAMLET, "n", self.book.since)
        for audience, body in self.book.plans.items():
            self.agenda.put_plan(audience, body)
        for audience, body in self.book.airs.items():
            self.agenda.put_air(audience, body)
        over = {*self.ended, *self.dropped}
        for key in over:
            self.agenda.restore(key, 0, True)
        for key, ms in self.heard.items():
            if key not in over:
                self.agenda.restore(key, ms, False)
        self.decide()


def _live(story):
    conductor = _Conductor(MIDNIGHT + 7 * 3600 - 60)
    for revision, (kind, what) in enumerate(story, 1):
        dates = {"iat": conductor.now, "exp": conductor.now + 3 * DAY, "rev": revision}
        if kind == "pass":
            conductor.go_on(what)
        elif kind == "away":
            conductor.cannot_be_had(what)
        elif kind == "off":
            conductor.power_off(what)
        elif kind == "plan":
            body = {
                **{name: what[name] for name in ("accept", "offers", "quiet", "slots")},
                "bulletins": BULLETINS,
                "files": "http://station/f",
                "zone": {"name": "Asia/Ho_Chi_Minh", "offsets": [[0, 420]]},
                **dates,
            }
            conductor.put("plan", what["audience"], body)
        else:
            orders = [
                {**order, "from": conductor.now + order["from"], "until": conductor.now + order["from"] + order["until"]}
                for order in what["orders"]
            ]
            conductor.put("air", what["audience"], {"orders": orders, "files": "http://station/f", **dates})
    return conductor


@settings(max_examples=400, deadline=None)
@given(_stories)
def test_every_playing_that_was_due_is_played_or_dropped_exactly_once(story):
    conductor = _live(story)
    for audience, body in list(conductor.book.plans.items()):
        conductor.put("plan", audience, {**body, "slots": [], "offers": [], "iat": conductor.now})
    for audience, body in list(conductor.book.airs.items()):
        conductor.put("air", audience, {**body, "orders": [], "iat": conductor.now})
    conductor.go_on(3 * DAY)
    assert sorted(conductor.ended + conductor.dropped) == sorted(conductor.book.due)


@settings(max_examples=60, deadline=None)
@given(_stories)
def test_the_same_story_is_lived_the_same_way(story):
    assert _live(story).log == _live(story).log


class _Waiting:
    def __init__(self, rank, live, precedence, start, base):
        self.rank, self.live, self.precedence, self.start, self.base = rank, live, precedence, start, base

    def begins(self, _number):
        return self.start


_waiting = st.builds(_Waiting, st.integers(0, 2), st.booleans(), st.integers(0, 3), st.integers(0, 3), st.sampled_from("abcdefgh"))


@given(st.lists(_waiting, unique_by=lambda source: source.base, min_size=1, max_size=6), st.randoms(), st.sampled_from("abcdefgh"))
def test_the_arbiter_chooses_alike_in_whatever_order_it_is_asked(sources, random, sounding):
    pairs = [(source, 1) for source in sources]
    chosen = choose(pairs, (sounding, 1))
    random.shuffle(pairs)
    assert choose(pairs, (sounding, 1)) == chosen
    source = chosen[0]
    assert source.rank == max(other.rank for other in sources)
    equals = [other for other in sources if other.rank == source.rank]
    assert source.live == any(other.live for other in equals)
    rivals = [other for other in equals if other.live == source.live]
    assert source.base == sounding or all(other.base != sounding for other in rivals)


def test_the_arbiter_of_nothing_chooses_nothing():
    assert choose([], (None, None)) is None
