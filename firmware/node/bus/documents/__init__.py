"""The fields of every signed document, as tables (DESIGN, "The wire"). Only shapes stand here: who may sign is `trust`, meaning is `plan`.

Times are Unix seconds; times of day are seconds after local midnight; dates are whole numbers YYYYMMDD; durations of audio are milliseconds.
SHA-256 and binary values are base64url without padding. The station checks what it signs with these same tables; a node loads them only while
it looks at a document, for they are large, and each type's are a module, so that it loads no others. What they have in common stands here.
"""

from node.bus.limits import CLASSES, SHA256_TEXT
from node.bus.schema import OneOf, Record, Text, Whole
from node.bus.topics import AIR, COMMAND, PLAN, SEEN, SEGMENT_MAX, TRUST, is_area, is_node_audience, is_segment

TYPES = (PLAN, AIR, TRUST, COMMAND, SEEN)  # each names its module

_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
UNIX_MAX = 4102444800  # 2100-01-01


def _is_sha256(text):
    return len(text) == SHA256_TEXT and all(letter in _BASE64URL for letter in text)


# fmt: off
ID = Text(SEGMENT_MAX, is_segment, "name of a-z, 0-9 and -")
AREA = Text(131, is_area, "area")
AUDIENCE = Text(131, lambda text: is_area(text) or is_node_audience(text), "area or node/<id>")
SHA256 = Text(SHA256_TEXT, _is_sha256, "SHA-256 in base64url")
URL = Text(256, lambda text: text.startswith("http://") or text.startswith("https://"), "http or https URL")
UNIX = Whole(0, UNIX_MAX, "Unix seconds")
CLASS = OneOf(*CLASSES)
CODEC = Text(16, is_segment, "codec name")

HEADER = Record("header", {
    "typ": Text(16, is_segment, "type"),
    "iss": ID,                           # the signing key's id, as in the JWS header
    "aud": AUDIENCE,
    "iat": UNIX,
    "exp": UNIX,
    "rev": Whole(1, UNIX_MAX, "revision"),
})
# fmt: on


def table_of(kind):
    """The members of a document of type `kind`, HEADER's apart; None for a type that has none in this version. Loads the type's module."""
    return __import__("node.bus.documents." + kind, None, None, ("TABLE",)).TABLE if kind in TYPES else None
