"""The fields of every report from a node, as tables (DESIGN, "The wire": `from` topics). `node.health` fills them, the station reads them by the same tables.

Times are Unix seconds, durations of audio milliseconds. A member that a node cannot know (no Wi-Fi, no sensor) is left out; null means that
there is none at the moment. The signature's member `mac` belongs to `reports`, not to these tables.
"""

from node.bus.limits import SHA256_TEXT
from node.bus.report_words import ACCEPTED, BOOT, CACHED_MAX, DROPPED, ORDER, PLAYED, REASON_BYTES_MAX, REFUSED
from node.bus.schema import Flag, ListOf, MapOf, OneOf, OrNull, Record, Text, Whole
from node.bus.topics import AREA_DEPTH_MAX, SEGMENT_MAX, is_area, is_segment

_AREA_MAX = (SEGMENT_MAX + 1) * AREA_DEPTH_MAX - 1
_UNIX_MAX = 4102444800  # 2100-01-01
_COUNT_MAX = 2**31
_MS_MAX = 7 * 86400 * 1000

REVISIONS_MAX = 16
CODECS_MAX = 8


# fmt: off
_ID = Text(SEGMENT_MAX, is_segment, "name of a-z, 0-9 and -")
_AREA = Text(_AREA_MAX, is_area, "area")
_DOCUMENT = Text(_AREA_MAX + SEGMENT_MAX + 12, None, "<type>:<audience>")
_KEY = Text(_AREA_MAX + 2 * SEGMENT_MAX, None, "key of what is on the air")
_WORD = Text(SEGMENT_MAX, is_segment, "word")
_REASON = Text(REASON_BYTES_MAX, None, "English sentence part")
_JOURNAL = Text(16, None, "journal id")
_NUMBER = Whole(0, _COUNT_MAX, "number of an event")
_UNIX = Whole(0, _UNIX_MAX, "Unix seconds")
_SHA256 = Text(SHA256_TEXT, None, "SHA-256 in base64url")
_AUDIO_MS = Whole(0, _MS_MAX, "ms of audio")

WILL = Record("will", {"online": Flag()})  # `{"online": false}`, spoken by the broker and therefore unsigned

STATE = Record("state", {
    "online": Flag(),
    "nonce": Text(32, None, "random text; `seen` repeats it to confirm the time"),
    "revisions": MapOf(_DOCUMENT, Whole(1, _UNIX_MAX, "revision"), REVISIONS_MAX),
    "codecs": ListOf(_ID, CODECS_MAX),
    "version": Text(32, None, "version of the application"),
    "area": _AREA,
    "rate": Whole(8000, 48000, "samples a second"),
    "playing": OrNull(_KEY),
    "volume": Whole(0, 100, "per cent of the node's ceiling"),
    "uplink": OrNull(_ID),
    "clock": OneOf("unset", "coarse", "synchronised"),
    "time": OrNull(_UNIX),
    "journal": _JOURNAL,
    "n": _NUMBER,
    "seen": _NUMBER,
    "cached": ListOf(_ID, CACHED_MAX),    # bulletins that can be played without the network
})

TELEMETRY = Record("telemetry", {
    "uptime": Whole(0, _COUNT_MAX, "seconds since the start of the application"),
    "heap": Whole(0, _COUNT_MAX, "bytes free in the Python heap"),
    "buffer": Whole(0, 60_000, "ms of audio queued for the amplifier"),
    "underruns": Whole(0, _COUNT_MAX, "times the queue ran empty since the start"),
}, {
    "lost": Whole(0, _COUNT_MAX, "events that the full journal did not take since the start"),
    "starvations": Whole(0, _COUNT_MAX, "times a source had no data in time since the start"),
    "rssi": Whole(-127, 0, "Wi-Fi signal in dBm"),
    "idf_low": Whole(0, _COUNT_MAX, "lowest free bytes of the IDF heap since the start"),
    "idf_block": Whole(0, _COUNT_MAX, "largest free block of the IDF heap"),
    "temperature": Whole(-60, 150, "degrees Celsius inside the chip"),
    "supply": Whole(0, 60_000, "mV of the supply"),
    "current": Whole(-60_000, 60_000, "mA from the supply"),
    "faults": ListOf(_WORD, 8),           # what does not work: `<chip>-absent`, `tas5805m-overcurrent`
})

_EVENT = {
    "journal": _JOURNAL,
    "n": Whole(1, _COUNT_MAX, "number of this event in its journal"),
    "t": OrNull(_UNIX),                  # null: the time was not known
}


def _event(kind, required, optional=None):
    members = {"kind": OneOf(kind)}
    members.update(_EVENT)
    members.update(required)
    return Record(kind, members, optional)


EVENTS = {
    BOOT: _event(BOOT, {
        "version": Text(32, None, "version of the application"),
        "cause": _WORD,
    }, {
        "hung": _WORD,                    # the task for which the watchdog ended the run before
    }),
    PLAYED: _event(PLAYED, {              # one stretch of sound; `t` is when it began
        "key": _KEY,
        "bulletin": OrNull(_ID),         # null: live, siren, chime
        "sha256": OrNull(_SHA256),
        "codec": OrNull(_ID),            # null: siren, chime
        "from_ms": _AUDIO_MS,
        "to_ms": _AUDIO_MS,
        "of_ms": OrNull(_AUDIO_MS),      # null: live
        "why": _WORD,
    }),
    DROPPED: _event(DROPPED, {"key": _KEY, "why": _WORD}),
    ORDER: _event(ORDER, {"id": _ID, "result": _WORD}),
    REFUSED: _event(REFUSED, {"code": _WORD, "reason": _REASON}, {
        "key": _KEY,                      # of what could not be played therefore
    }),
}

ACK = Record("ack", {
    "id": Text(_AREA_MAX + SEGMENT_MAX + 24, None, "id of a document, an order or a command"),
    "result": OneOf(ACCEPTED, REFUSED),
}, {
    "code": _WORD,                        # with `refused`: one of `node.refusal`
    "reason": _REASON,
})
# fmt: on
