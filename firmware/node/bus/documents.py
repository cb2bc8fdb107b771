"""The fields of every signed document, as tables (DESIGN, "The wire"). Only shapes stand here: who may sign is `trust`, meaning is `plan`.

Times are Unix seconds; times of day are seconds after local midnight; dates are whole numbers YYYYMMDD; durations of audio are milliseconds.
SHA-256 and binary values are base64url without padding. The station checks what it signs with these same tables; a node loads them only while
it looks at a document, for they are large.
"""

from node.bus.limits import CLASSES, SHA256_TEXT
from node.bus.schema import Flag, ListOf, MapOf, OneOf, Record, Text, Whole
from node.bus.topics import AIR, COMMAND, PLAN, SEEN, SEGMENT_MAX, TRUST, is_area, is_node_audience, is_segment

_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_UNIX_MAX = 4102444800  # 2100-01-01
_DAY_S = 86400


def _is_sha256(text):
    return len(text) == SHA256_TEXT and all(letter in _BASE64URL for letter in text)


def _is_date(number):
    year, month, day = number // 10000, number // 100 % 100, number % 100
    return 2020 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31


class _Date(Whole):
    def __init__(self):
        super().__init__(20200101, 20991231, "date YYYYMMDD")

    def __call__(self, value, where):
        super().__call__(value, where)
        if not _is_date(value):
            super().__call__(None, where)


# fmt: off
_ID = Text(SEGMENT_MAX, is_segment, "name of a-z, 0-9 and -")
_AREA = Text(131, is_area, "area")
_AUDIENCE = Text(131, lambda text: is_area(text) or is_node_audience(text), "area or node/<id>")
_SHA256 = Text(SHA256_TEXT, _is_sha256, "SHA-256 in base64url")
_URL = Text(256, lambda text: text.startswith("http://") or text.startswith("https://"), "http or https URL")
_UNIX = Whole(0, _UNIX_MAX, "Unix seconds")
_DATE = _Date()
_CLASS = OneOf(*CLASSES)
_CODEC = Text(16, is_segment, "codec name")
_LANGUAGE = Text(12, None, "BCP 47 language tag")

VARIANT = Record("variant", {
    "codec": _CODEC,
    "rate": Whole(8000, 48000, "samples a second"),
    "ms": Whole(1, 4 * 3600 * 1000, "length in ms"),
    "bytes": Whole(1, 256 * 1024 * 1024, "size of the file"),
    "sha256": _SHA256,
}, {
    "language": _LANGUAGE,
})
# Where a variant's file is fetched: the document's `files` URL, then `/`, then its `sha256`.

BULLETIN = Record("bulletin", {
    "class": _CLASS,
    "variants": ListOf(VARIANT, 8, 1),
}, {
    "title": Text(96),
})

SLOT = Record("slot", {
    "id": _ID,
    "bulletin": _ID,
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
    "only": ListOf(_AREA, 16, 1),        # the parts of the area that hear it; absent: all
})

OFFER = Record("what this area makes of a slot offered from above", {
    "area": _AREA,
    "slot": _ID,
}, {
    "omit": Flag(),
    "at": ListOf(Whole(0, _DAY_S - 1, "seconds after local midnight"), 24, 1),  # placed elsewhere in the day
    "rank": Whole(0, 99, "lower goes first inside a class"),
})

_HEADER = {
    "typ": Text(16, is_segment, "type"),
    "iss": _ID,                          # the signing key's id, as in the JWS header
    "aud": _AUDIENCE,
    "iat": _UNIX,
    "exp": _UNIX,
    "rev": Whole(1, _UNIX_MAX, "revision"),
}
HEADER = Record("header", _HEADER)

PLAN_BODY = Record("plan", {
    "zone": Record("time zone", {
        "name": Text(48),
        "offsets": ListOf(ListOf(Whole(-_DAY_S, _UNIX_MAX), 2, 2), 8, 1),  # [from Unix seconds, minutes east of UTC], ascending
    }),
    "files": _URL,
    "bulletins": MapOf(_ID, BULLETIN, 64),
    "slots": ListOf(SLOT, 64),
}, {
    "quiet": ListOf(ListOf(Whole(0, _DAY_S, "seconds after local midnight"), 2, 2), 4),  # [from, to]; from > to spans midnight
    "accept": Flag(),                    # take offers from above by itself; `offers` says the exceptions
    "offers": ListOf(OFFER, 64),
})

LIVE = Record("live source", {
    "url": _URL,
    "codec": _CODEC,
    "rate": Whole(8000, 48000, "samples a second"),
}, {
    "backup": _URL,
})

ORDER = Record("order", {
    "id": _ID,
    "do": OneOf("bulletin", "live", "siren", "chime", "stop", "volume"),
    "class": _CLASS,
    "from": _UNIX,
    "until": _UNIX,
}, {
    "bulletin": BULLETIN,                # do: bulletin; its class is the order's
    "live": LIVE,                        # do: live
    "repeat": Whole(1, 20, "times played in a row"),
    "volume": Whole(0, 100, "per cent of the node's ceiling"),  # do: volume
    "of": ListOf(_ID, 16, 1),            # do: stop; order or slot ids; absent: everything up to the order's class
    "fallback": OneOf("siren", "chime", "none"),  # what is played where the audio cannot be had; chime if absent
    "only": ListOf(_AREA, 16, 1),
})

AIR_BODY = Record("air", {"orders": ListOf(ORDER, 32)}, {"files": _URL})

KEY = Record("key", {
    "kid": _ID,
    "n": Text(344, None, "RSA modulus, base64url"),
    "e": Whole(3, 65537, "RSA exponent"),
    "areas": ListOf(_AREA, 8, 1),
    "types": ListOf(_ID, 8, 1),
    "class": _CLASS,                     # the highest it may order
})

TRUST_BODY = Record("trust", {
    "keys": ListOf(KEY, 8),
}, {
    "revoked": ListOf(_ID, 32),
    "ca": Text(4096, None, "certificates in PEM that live and files over TLS must lead to"),
})

COMMAND_BODY = Record("command", {
    "id": _ID,
    "do": Text(16, is_segment, "command"),   # ping, identify, reboot, send-log; a newer one is refused by name
}, {
    "number": Whole(0, 999, "number"),   # do: identify; told in beeps instead of the chime
})

SEEN_BODY = Record("seen", {}, {
    "journal": Text(16, None, "journal id"),
    "n": Whole(0, 2**31, "events recorded up to and with this number"),
    "nonce": Text(32, None, "the nonce of the node's state: confirms `iat` as the time now"),
})

BODIES = {PLAN: PLAN_BODY, AIR: AIR_BODY, TRUST: TRUST_BODY, COMMAND: COMMAND_BODY, SEEN: SEEN_BODY}
# fmt: on
