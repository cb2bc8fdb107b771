"""One order of an air document: what it plays, stops or sets, and from when until when. What it overrides is decided by `arbiter` and
`agenda`.

An order holds from `from` until `until`, or its document's `exp` if that is sooner. A live stream is left then; anything else that has
begun is heard to its end, but neither starts nor resumes.
"""

from node.bus.limits import CLASSES
from node.bus.topics import covers
from node.plan.calendar import DAY_S
from node.plan.history import join
from node.plan.offers import REFUSED, TAKEN
from node.plan.verdict import DONE, EXPIRED, HELD, OMITTED, PLAYABLE, STALE
from node.refusal import LIVE_REFUSED, MALFORMED, SLOT, Refused

_NEEDS = ("bulletin", "live", "volume")  # `do`s that need the member of the same name
_CONTROLS = ("stop", "volume")
_URGENT = CLASSES.index("urgent")


class Order:
    """`body` is the payload of the air document, `position` the order's place in it, `within` the area that `only` must lie in.

    Raises `Refused`: MALFORMED for a missing member, SLOT for times or areas that can never be, LIVE_REFUSED for an urgent live stream
    without TLS. Attributes besides those of `Item`: `base` and `number`, together the key, where `number` counts repeats from 1 and
    stands on the first that is not over; `start`, None after the last repeat; `control`: it plays nothing; `leave`: the commune's answer,
    set by the agenda.
    """

    order = True
    ready = True

    def __init__(self, audience, body, position, within):
        record = body["orders"][position]
        self.origin = record["id"]
        self.audience = audience
        self.position = position
        self.base = f"{audience}|{self.origin}#"
        self.do = record["do"]
        self.control = self.do in _CONTROLS
        self.rank = CLASSES.index(record["class"])
        self.precedence = -1
        self.leave = TAKEN
        self.start = record["from"]
        self.ends = min(record["until"], body["exp"])
        self._begins = self.start
        self._issued = body["iat"]
        self.number = 1
        self._repeat = record.get("repeat", 1)
        self.live = record.get("live") if self.do == "live" else None
        self.bulletin = record.get("bulletin")
        self.bulletin_id = self.origin if self.bulletin else None
        self.files = body.get("files")
        self.fallback = record.get("fallback", "chime")
        self.volume = record.get("volume")
        self._of = record.get("of")
        self._only = record.get("only")
        self._check(record, within)

    def _check(self, record, within):
        for name in _NEEDS:
            if self.do == name and name not in record:
                raise Refused(MALFORMED, f"order {self.origin}: lacks {name}")
        if self.bulletin and not self.files:
            raise Refused(
                MALFORMED,
                f"order {self.origin}: has a bulletin, and the document lacks files",
            )
        if record["from"] >= record["until"]:
            raise Refused(
                SLOT,
                "order {}: from {} is not before until {}".format(self.origin, record["from"], record["until"]),
            )
        for area in self._only or ():
            if not covers(within, area):
                raise Refused(SLOT, f"order {self.origin}: {area} is not in {within}")
        if self.live and self.rank == _URGENT:
            for name in ("url", "backup"):
                if not self.live.get(name, "https://").startswith("https://"):
                    raise Refused(
                        LIVE_REFUSED,
                        f"order {self.origin}: urgent, and live.{name} is not https",
                    )

    def is_for(self, area):
        """True if a node of hamlet `area` obeys it."""
        return self._only is None or any(covers(part, area) for part in self._only)

    def holds(self, now):
        """True while it is in force and the commune does not refuse it."""
        return self._begins <= now < self.ends and self.leave is TAKEN

    # One playing: `number` counts repeats.

    def advance(self, _floor):
        """Go on to the next repeat."""
        self.number += 1
        if self.number > self._repeat:
            self.start = None

    def rewind(self):
        """Begin with the first repeat again."""
        self.number = 1
        self.start = self._begins

    def key(self, number):
        return join(self.base, number)

    def begins(self, _number):
        return self._begins

    def keeps(self, number, begun):
        """True if this order still has the repeat that an older revision of its document owed; `begun`: some of it was heard.

        An order made to end in the past is withdrawn, but for a file that has begun.
        """
        return number <= self._repeat and (self.ends > self._issued or (begun and not self.live))

    def until(self, _number, _played_ms):
        return self.ends

    def verdict(self, now, _number, played_ms, on_air, _quiet):
        """`(verdict, time)` as `Slot.verdict` gives it."""
        if self.leave is not TAKEN and (self.leave is REFUSED or on_air or played_ms is not None or now >= self.ends):
            return (STALE if self._is_stale(now, played_ms) else OMITTED), None
        if on_air and not (self.live and now >= self.ends):
            return PLAYABLE, self.ends if self.live else None
        if now >= self.ends:
            if on_air:
                return DONE, None
            return (STALE if self._is_stale(now, played_ms) else EXPIRED), None
        return (PLAYABLE if self.leave is TAKEN else HELD), self.ends

    def _is_stale(self, now, played_ms):
        return played_ms is None and now >= self.ends and (self.ends <= self._issued or now > self.ends + DAY_S)

    # Controls.

    def silences(self, other):
        """True if this stop order, which holds, means `other`: a slot or order of at most its class.

        With `of`, what is named there. Without, all slots that are due while it holds and the orders given before it: an order given
        after a stop is meant to be heard. Of two in one second, in one document the later in its list came after; in two, neither stops
        the other.
        """
        if other.rank > self.rank:
            return False
        if self._of is not None:
            return other.origin in self._of
        if not other.order:
            return True
        given, stopped = other.begins(1), self._begins
        return given < stopped or (given == stopped and other.audience == self.audience and other.position < self.position)


def orders_of(audience, body, within):
    """All orders of an air document, in its order. Raises `Refused`, also SLOT for two of one id."""
    orders = []
    names = set()
    for position in range(len(body["orders"])):
        order = Order(audience, body, position, within)
        if order.origin in names:
            raise Refused(SLOT, f"order {order.origin}: there are two")
        names.add(order.origin)
        orders.append(order)
    return orders
