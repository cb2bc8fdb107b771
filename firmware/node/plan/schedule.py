"""A plan document, checked: its zone, quiet hours, slots, and what it makes of offers from above. Which slots hold at a node is `offers`'
business."""

from micropython import const

from node.bus.topics import covers
from node.plan.calendar import Zone
from node.plan.quiet import Quiet
from node.plan.slots import Slot
from node.refusal import MALFORMED, SLOT, Refused

STARTS_MAX = const(512)  # of all slots of a plan together; bounds memory and every step's time
_OFFSET_MAX_MINUTES = const(1440)


class Plan:
    """`body` is the signed payload: HEADER's members and a plan's in one object. Raises `Refused(MALFORMED)` for a zone or quiet hours
    that make no sense. The slots are not looked at before `check`."""

    def __init__(self, audience, body):
        self.audience = audience
        self.issued = body["iat"]
        self.expires = body["exp"]
        self.files = body["files"]
        self.bulletins = body["bulletins"]
        self.records = body["slots"]
        self.accept = body.get("accept", False)
        self.placings = {}
        offsets = body["zone"]["offsets"]
        for index, (since, minutes) in enumerate(offsets):
            if abs(minutes) > _OFFSET_MAX_MINUTES or (index and since <= offsets[index - 1][0]):
                raise Refused(
                    MALFORMED,
                    f"zone.offsets[{index}]: needs ascending times and less than a day",
                )
        self.zone = Zone(offsets)
        self.quiet = Quiet(self.zone, body.get("quiet", ()))
        for offer in body.get("offers", ()):
            base = offer["area"] + "|" + offer["slot"]
            if offer["area"] == audience or not covers(offer["area"], audience):
                raise Refused(
                    SLOT,
                    "offer {}: {} is not above {}".format(offer["slot"], offer["area"], audience),
                )
            if base in self.placings:
                raise Refused(
                    SLOT,
                    "offer {} of {}: named twice".format(offer["slot"], offer["area"]),
                )
            self.placings[base] = offer

    def check(self, area, own):
        """A generator that refuses the plan for its first impossible slot: raises `Refused(SLOT)`. It yields after every slot.

        Those of its slots that a node of hamlet `area` hears are appended to `own`, in the plan's order.
        """
        names = set()
        starts = 0
        for record in self.records:
            slot = Slot(self, record)
            slot.check(self.quiet)
            if slot.origin in names:
                raise Refused(SLOT, f"slot {slot.origin}: there are two")
            names.add(slot.origin)
            starts += len(record["at"]) * record.get("repeat", 1)
            if starts > STARTS_MAX:
                raise Refused(
                    SLOT,
                    f"slot {slot.origin}: more than {STARTS_MAX} starts in one plan",
                )
            if slot.is_for(area):
                own.append(slot)
            yield
