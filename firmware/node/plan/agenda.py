"""What a node is to play: holds the documents of its areas and what became of each thing they asked for, and decides what sounds now.

No I/O and no clock: the caller brings documents and the time, does what `decide` says, tells what came of it, and asks again when something
changed and at `Decision.wake`. Every playing that was due ends exactly once: played to its end (`ended`) or in `Decision.dropped`;
only where a clock that was ahead is put right does it play what it gave up too early: an order that has not expired after all, and, if it
was ahead by more than an hour, a slot. What was played of an order stays played.

How it stays cheap: each slot and order keeps one cursor, on its first playing that is neither played nor dropped, so a decision looks at
every slot once and at no list of starts. Only moving cursors can pile up (boot, a new plan, a leap of the clock): one call makes at most
`_STEP` moves, and if that was not enough, the decision keeps what is on the air, starts nothing, and its `wake` is `now`: ask again after
a yield. Besides, a call costs some 250 bytecodes for each slot or order that waits at that moment and 30 for every other; within 20 ms,
some eighty can wait at once.
"""

from micropython import const

from node.bus import topics
from node.plan import arbiter, offers
from node.plan.calendar import DAY_S
from node.plan.history import History, is_order, split
from node.plan.item import Gone, Item
from node.plan.orders import orders_of
from node.plan.quiet import QuietNow
from node.plan.schedule import Plan
from node.plan.verdict import DONE, EXPIRED, HELD, LATE, OMITTED, PLAYABLE, STALE, STOPPED, SUPERSEDED
from node.refusal import AUDIENCE, Refused

_STEP = const(12)
_FORGET_EVERY_S = const(3600)
_AHEAD_S = const(60)  # a clock that goes back by more made orders expire too early
_WRONG_S = const(3600)  # by more, and what it let start was not due
_SILENCE = (None, None)


class Decision:
    """What `Agenda.decide` found.

    item      the Item that should sound, or None: silence. It is the one on the air if its key is; its `until` may have changed since
    volume    per cent of the node's ceiling by order, or None. An order holds for items of at most its class
    dropped   list of (Item, why) that will not be played (any more); `verdict` names the whys. Each is reported in one decision only
    wake      Unix seconds at which to ask again; None: when something changes
    upcoming  what is to be had: [(start, bulletin id, BULLETIN, URL of its files), ...], one for each bulletin that a coming or waiting item plays,
              soonest first; do not change it. None while it is not known
    """

    def __init__(self, item, volume, dropped, wake, upcoming):
        self.item = item
        self.volume = volume
        self.dropped = dropped
        self.wake = wake
        self.upcoming = upcoming


class _Round:
    """What one decision gathers; `work` is what is left of its moves; `settled` if they sufficed."""

    def __init__(self, now, stops, quiet):
        self.now = now
        self.stops = stops
        self.quiet = quiet
        self.playable = []  # (slot or order, number)
        self.dropped = []
        self.wake = None
        self.work = _STEP
        self.settled = True

    def at(self, time):
        if time is not None and time > self.now and (self.wake is None or time < self.wake):
            self.wake = time

    def may_move(self):
        """True while there are moves left; once asked in vain, the decision is not settled."""
        if self.work <= 0:
            self.settled = False
        return self.work > 0


class Agenda:
    """`area` is the node's hamlet, `node_id` its id. Starts before `since`, Unix seconds, are not accounted for, nor a start more than a
    day (or its late window and length, if longer) before the first decision, nor an order that ended more than a day before it: a node
    that was off for longer does not report what it missed before."""

    def __init__(self, area, node_id, since=0):
        self._area = area
        self._chain = topics.chain(area)
        self._commune = offers.commune(self._chain)
        self._node = topics.node_audience(node_id)
        self._since = since
        self._plans = {}  # audience -> (Plan, its slots that this node hears)
        self._slots = {}  # audience -> those of them that hold
        self._looked = set()  # audiences whose slots some decision has looked at, so that they may owe something
        self._orders = {}  # audience -> orders that this node obeys
        self._left = []  # slots and orders of replaced documents that may still owe something
        self._history = History()
        self._postponed = {}  # (base, number) -> Unix seconds before which it does not compete
        self._sounding = _SILENCE  # (base, number) of what was decided last
        self._forgot = 0
        self._now = 0  # of the last decision
        self._index()

    # Documents.

    def put_plan(self, audience, body):
        """Take the plan of an area of the chain. `body` is the signed payload, HEADER's members and a plan's in one object, shape
        already checked.

        Raises `Refused` AUDIENCE, MALFORMED or SLOT and changes nothing. A full plan takes longer than 20 ms on the board: there, use
        `plan_steps`.
        """
        for _ in self.plan_steps(audience, body):
            pass

    def plan_steps(self, audience, body):
        """The same as a generator that yields after every slot it looked at; the plan holds once it is exhausted. One document at a
        time."""
        if audience not in self._chain:
            raise Refused(AUDIENCE, f"plan of {audience}: not above {self._area}")
        plan = Plan(audience, body)
        own = []
        yield from plan.check(self._area, own)
        plans = dict(self._plans)
        plans[audience] = (plan, own)
        changed = {}
        for area in self._chain:
            if area in plans and self._is_above(area) and audience in (area, self._commune):
                changed[area] = []
                yield from offers.take(plans[area][1], self._answering(plans), changed[area])
            elif area == audience:
                changed[area] = own
        self._plans = plans
        for area, slots in changed.items():
            if area in self._looked:
                self._left.extend(self._slots[area])
                self._looked.remove(area)
            self._slots[area] = slots
        self._index()

    def put_air(self, audience, body):
        """Take the air document of an area of the chain or of the node; `body` as for `put_plan`, with an air's members.

        Raises `Refused` AUDIENCE, MALFORMED, SLOT or LIVE_REFUSED and changes nothing.
        """
        if audience not in self._chain and audience != self._node:
            raise Refused(
                AUDIENCE,
                f"air of {audience}: neither above {self._area} nor {self._node}",
            )
        orders = orders_of(audience, body, self._area if audience == self._node else audience)
        self._left.extend([order for order in self._orders.get(audience, ()) if not order.control])
        self._orders[audience] = [order for order in orders if order.is_for(self._area)]
        self._index()

    def _is_above(self, audience):
        return offers.is_above(audience, self._chain)

    def _answering(self, plans):
        """The plan that answers offers, or None."""
        return plans[self._commune][0] if self._commune in plans else None

    def _index(self):
        """Derive what `decide` walks from the documents; in the order of the chain, so that both runtimes walk alike."""
        audiences = self._chain + (self._node,)
        orders = [order for audience in audiences for order in self._orders.get(audience, ())]
        for order in orders:
            order.precedence = -1
            order.leave = offers.TAKEN
            if self._is_above(order.audience):
                order.leave, offer = offers.answer(self._answering(self._plans), order.audience, order.origin, order.rank)
                if offer and "rank" in offer:
                    order.precedence = offer["rank"]
        self._controls = [order for order in orders if order.control]
        self._sources = [slot for audience in self._chain for slot in self._slots.get(audience, ())]
        self._sources.extend([order for order in orders if not order.control])
        self._by_base = {source.base: source for source in self._sources}
        binding = [self._plans[audience][0] for audience in self._chain if audience in self._plans and not self._is_above(audience)]
        self._quiets = [plan.quiet for plan in binding if plan.quiet]
        self._upcoming = None

    # What the player did.

    def restore(self, key, progress_ms, done):
        """Tell, before the first decision after a boot, what the journal says of a key: `done` (ended or dropped), or heard up to
        `progress_ms`."""
        if done:
            self._history.end(*split(key))
        else:
            self.progress(key, progress_ms)

    def progress(self, key, ms):
        """It was heard up to `ms`. Call it when an item was cut, before the next `decide`, and now and then while it sounds."""
        base, number = split(key)
        self._history.played(base, number, ms)

    def ended(self, key):
        """It was played to its end, or as far as it ever can be: never again."""
        self._end(*split(key))

    def is_over(self, key):
        """True if it was played to its end or dropped; of a live stream also that its time came while it was on the air."""
        return self._history.is_over(*split(key))

    def postpone(self, key, until):
        """It cannot be played just now: off the air, it does not compete before `until`, Unix seconds. Its time may be over by then.

        Other playings of its slot or order wait behind it.
        """
        pair = split(key)
        self._postponed[pair] = until
        if self._sounding == pair:
            self._sounding = _SILENCE

    # The decision.

    def decide(self, now, known_time):
        """What should sound at `now`, whole Unix seconds; see `Decision`. While the time is not known, nothing: all that is asked for has
        its time."""
        if not known_time:
            self._sounding = _SILENCE
            return Decision(None, None, [], None, None)
        if now < self._now - _AHEAD_S:
            self._rewind(now)
        self._now = now
        stops = [order for order in self._controls if order.do == "stop" and order.holds(now)]
        turn = _Round(now, stops, QuietNow(self._quiets, now))
        self._settle_left(turn)
        self._looked.update(self._slots)
        for source in self._sources:
            # The common case first and in short: there can be 200 slots.
            start = source.start
            if start is not None and start > now and source.base != self._sounding[0]:
                turn.at(start)
            else:
                self._look(source, turn)
        if not turn.settled:
            turn.playable = [(source, number) for source, number in turn.playable if (source.base, number) == self._sounding]
            turn.wake = now
        else:
            self._claim(turn)
            if turn.work == _STEP:
                self._forget(turn)
            for order in self._controls:
                turn.at(order.start)
                turn.at(order.ends)
            if self._upcoming is None:
                self._upcoming = self._needs()
        chosen = arbiter.choose(turn.playable, self._sounding)
        item = self._item(*chosen) if chosen else None
        cut = self._sounding
        self._sounding = (chosen[0].base, chosen[1]) if chosen else _SILENCE
        if cut not in (_SILENCE, self._sounding):
            turn.at(now + 1)  # how far it was heard, and so how long it may wait, is known by then
        return Decision(item, self._volume(now, item), turn.dropped, turn.wake, self._upcoming)

    def _rewind(self, now):
        """The clock was ahead and has been put right: what was given up before its time may still be played."""
        far = now < self._now - _WRONG_S
        if far:
            self._history.rewind(now)
        self._postponed = {}
        self._upcoming = None
        for source in self._sources:
            if source.order:
                if now < source.ends:
                    self._history.revive(source.base)
                    source.rewind()
            elif far:
                source.rewind()

    def _floor(self, source, now):
        """Unix second before which starts of a slot are not accounted for; of an order, its verdict says so."""
        if source.order:
            return 0
        return max(self._since, source.earliest(), now - max(DAY_S, source.late + source.length))

    def _look(self, source, turn):
        """Let `source` name the one thing it would play now, dropping on the way what it no longer can."""
        base, number = self._sounding
        if source.base == base and self._judge(source, number, turn):
            return
        while turn.may_move():
            if not source.ready:
                source.seek(self._floor(source, turn.now))
            elif source.start is None:
                return
            elif source.start > turn.now:
                turn.at(source.start)
                return
            elif not self._history.is_over(source.base, source.number) and self._judge(source, source.number, turn):
                return
            else:
                source.advance(self._floor(source, turn.now))
            turn.work -= 1
            self._upcoming = None

    def _judge(self, source, number, turn):
        """True if this playing still waits, is held or is on the air; otherwise its time is past, and it is dropped if it ever came."""
        played_ms = self._history.played_ms(source.base, number)
        on_air = self._sounding == (source.base, number)
        verdict, time = source.verdict(turn.now, number, played_ms, on_air, turn.quiet)
        if verdict is PLAYABLE or verdict is HELD:
            if not turn.stops or not any(stop.silences(source) for stop in turn.stops):
                turn.at(time)
                later = self._postponed.get((source.base, number), 0) if self._postponed else 0
                turn.at(later)
                if verdict is PLAYABLE and later <= turn.now:
                    turn.playable.append((source, number))
                return True
            verdict = STOPPED
        self._drop(source, number, verdict, turn)
        return False

    def _item(self, source, number):
        return Item(source, number, self._history.played_ms(source.base, number) or 0)

    def _drop(self, source, number, why, turn):
        if why is STALE:
            return
        if why is not DONE:
            turn.dropped.append((self._item(source, number), why))
        if source.order and why in (EXPIRED, DONE):
            self._history.expire(source.base, number)
        self._end(source.base, number)

    def _end(self, base, number):
        self._history.end(base, number)
        if self._sounding == (base, number):
            self._sounding = _SILENCE

    def _settle_left(self, turn):
        """Drop what replaced documents owed until now and the new ones do not have."""
        while self._left and turn.may_move():
            source = self._left[-1]
            if not source.ready:
                source.seek(self._floor(source, turn.now))
            while source.start is not None and source.start <= turn.now:
                if not turn.may_move():
                    return
                if not self._history.is_over(source.base, source.number):
                    self._settle(source, source.number, turn)
                source.advance(self._floor(source, turn.now))
                turn.work -= 1
            self._left.pop()
            turn.work -= 1

    def _settle(self, source, number, turn):
        played_ms = self._history.played_ms(source.base, number)
        on_air = self._sounding == (source.base, number)
        heir = self._by_base.get(source.base)
        if heir and heir.do == source.do and heir.keeps(number, on_air or played_ms is not None):
            return
        why, _ = source.verdict(turn.now, number, played_ms, on_air, turn.quiet)
        if why is PLAYABLE or why is HELD:
            why = self._why_gone(source)
        self._drop(source, number, why, turn)

    def _why_gone(self, source):
        """OMITTED for an offer that still stands or was never taken; else SUPERSEDED."""
        if source.leave is not offers.TAKEN:
            return OMITTED
        if self._is_above(source.audience) and source.audience in self._plans:
            if any(slot.base == source.base for slot in self._plans[source.audience][1]):
                return OMITTED
        return SUPERSEDED

    def _claim(self, turn):
        """Drop what has begun, perhaps before a reboot, and no document will come back to."""
        for base, number in self._history.begun():
            source = self._by_base.get(base)
            if source is None:
                if base.split("|")[0] in (self._orders if is_order(base) else self._plans):
                    gone = Gone(base)
                    self._drop(gone, number, self._why_gone(gone), turn)
            elif not source.keeps(number, True):
                self._drop(source, number, SUPERSEDED, turn)
            elif (base, number) != self._sounding and (source.start is None or number < source.number):
                self._drop(source, number, LATE, turn)

    def _forget(self, turn):
        if abs(turn.now - self._forgot) >= _FORGET_EVERY_S:
            self._forgot = turn.now
            self._postponed = {pair: until for pair, until in self._postponed.items() if until > turn.now}
            for base, number in self._history.forget(turn.now, self._by_base):
                self._drop(Gone(base), number, SUPERSEDED, turn)

    def _volume(self, now, item):
        """The volume order that counts: of the highest class, then the latest, then the nearest to the node, then the last in its list."""
        best = None
        for index, order in enumerate(self._controls):
            if order.do == "volume" and order.holds(now) and (item is None or order.rank >= item.rank):
                place = (order.rank, order.start, index, order.volume)
                best = place if best is None or place > best else best
        return best and best[3]

    def _needs(self):
        soonest = {}
        for source in self._sources:
            start = source.start
            if start is not None and source.bulletin and source.leave is offers.TAKEN:
                name = source.base if source.order else source.audience + "|" + source.bulletin_id
                if name not in soonest or start < soonest[name][0]:
                    soonest[name] = (start, source.bulletin_id, source.bulletin, source.files)
        return [soonest[name] for _, name in sorted([(soonest[name][0], name) for name in soonest])]
