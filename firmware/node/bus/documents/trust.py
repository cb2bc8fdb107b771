"""`trust`: which keys may sign what, and whom the node believes as a server."""

from node.bus.documents import AREA, CLASS, ID
from node.bus.schema import ListOf, Record, Text, Whole

# fmt: off
KEY = Record("key", {
    "kid": ID,
    "n": Text(344, None, "RSA modulus, base64url"),
    "e": Whole(3, 65537, "RSA exponent"),
    "areas": ListOf(AREA, 8, 1),
    "types": ListOf(ID, 8, 1),
    "class": CLASS,                      # the highest it may order
})

TABLE = Record("trust", {
    "keys": ListOf(KEY, 8),
}, {
    "revoked": ListOf(ID, 32),
    "ca": Text(4096, None, "certificates in PEM that live and files over TLS must lead to"),
})
# fmt: on
