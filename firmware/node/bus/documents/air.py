"""`air`: the orders that override the plan now."""

from node.bus.documents import AREA, CLASS, CODEC, ID, UNIX, URL
from node.bus.documents.bulletin import BULLETIN
from node.bus.schema import ListOf, OneOf, Record, Whole

# fmt: off
LIVE = Record("live source", {
    "url": URL,
    "codec": CODEC,
    "rate": Whole(8000, 48000, "samples a second"),
}, {
    "backup": URL,
})

ORDER = Record("order", {
    "id": ID,
    "do": OneOf("bulletin", "live", "siren", "chime", "stop", "volume"),
    "class": CLASS,
    "from": UNIX,
    "until": UNIX,
}, {
    "bulletin": BULLETIN,                # do: bulletin; its class is the order's
    "live": LIVE,                        # do: live
    "repeat": Whole(1, 20, "times played in a row"),
    "volume": Whole(0, 100, "per cent of the node's ceiling"),  # do: volume
    "of": ListOf(ID, 16, 1),             # do: stop; order or slot ids; absent: everything up to the order's class
    "fallback": OneOf("siren", "chime", "none"),  # what is played where the audio cannot be had; chime if absent
    "only": ListOf(AREA, 16, 1),
})

TABLE = Record("air", {"orders": ListOf(ORDER, 32)}, {"files": URL})
# fmt: on
