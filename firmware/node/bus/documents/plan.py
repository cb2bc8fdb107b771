"""`plan`: the schedule of an area."""

from node.bus.documents import AREA, ID, UNIX_MAX, URL
from node.bus.documents.bulletin import BULLETIN
from node.bus.schema import Flag, ListOf, MapOf, Record, Text, Whole

_DAY_S = 86400


def _is_date(number):
    year, month, day = number // 10000, number // 100 % 100, number % 100
    return 2020 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31


# fmt: off
_DATE = Whole(20200101, 20991231, "date YYYYMMDD", _is_date)

SLOT = Record("slot", {
    "id": ID,
    "bulletin": ID,
    "at": ListOf(Whole(0, _DAY_S - 1, "seconds after local midnight"), 24, 1),
}, {
    "days": ListOf(Whole(1, 7, "ISO weekday, Monday is 1"), 7, 1),   # weekly; either days or dates, both absent: every day
    "dates": ListOf(_DATE, 32, 1),
    "except": ListOf(_DATE, 32),
    "from": _DATE,                       # first and last day on which the slot holds
    "until": _DATE,
    "repeat": Whole(1, 20, "times played in a row"),
    "gap": Whole(0, 3600, "seconds of silence between repeats"),
    "late": Whole(0, _DAY_S, "seconds by which it may start or resume late; 900 if absent"),
    "rank": Whole(0, 99, "lower goes first inside a class; 50 if absent"),
    "only": ListOf(AREA, 16, 1),         # the parts of the area that hear it; absent: all
})

OFFER = Record("what this area makes of a slot offered from above", {
    "area": AREA,
    "slot": ID,
}, {
    "omit": Flag(),
    "at": ListOf(Whole(0, _DAY_S - 1, "seconds after local midnight"), 24, 1),  # placed elsewhere in the day
    "rank": Whole(0, 99, "lower goes first inside a class"),
})

TABLE = Record("plan", {
    "zone": Record("time zone", {
        "name": Text(48),
        "offsets": ListOf(ListOf(Whole(-_DAY_S, UNIX_MAX), 2, 2), 8, 1),  # [from Unix seconds, minutes east of UTC], ascending
    }),
    "files": URL,
    "bulletins": MapOf(ID, BULLETIN, 64),
    "slots": ListOf(SLOT, 64),
}, {
    "quiet": ListOf(ListOf(Whole(0, _DAY_S, "seconds after local midnight"), 2, 2), 4),  # [from, to]; from > to spans midnight
    "accept": Flag(),                    # take offers from above by itself; `offers` says the exceptions
    "offers": ListOf(OFFER, 64),
})
# fmt: on
