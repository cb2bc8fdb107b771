"""`seen`: the events that the station has recorded, and its answer to the node's nonce."""

from node.bus.schema import Record, Text, Whole

# fmt: off
TABLE = Record("seen", {}, {
    "journal": Text(16, None, "journal id"),
    "n": Whole(0, 2**31, "events recorded up to and with this number"),
    "nonce": Text(32, None, "the nonce of the node's state: confirms `iat` as the time now"),
})
# fmt: on
