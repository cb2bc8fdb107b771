"""Names on the wire: MQTT topics, HTTP paths and areas (DESIGN, "The wire"). Pure text; both sides import this module.

An area is a path of `[a-z0-9-]` segments, province first. A node belongs to one hamlet, the longest area of its chain.
"""

ROOT = "loa/v1"
HTTP_ROOT = "/v1"
AHEAD = "ahead="  # begins a preference (RFC 7240) with how many bytes of a live stream its listener can hold

PLAN = "plan"
AIR = "air"
TRUST = "trust"
RELEASE = "release"
CONFIG = "config"
COMMAND = "cmd"
SEEN = "seen"
AREA_TYPES = (PLAN, AIR, TRUST, RELEASE)
NODE_TYPES = (CONFIG, AIR, COMMAND, SEEN)

STATE = "state"
TELEMETRY = "telemetry"
EVENT = "event"
ACK = "ack"
REPORTS = (STATE, TELEMETRY, EVENT, ACK)

AREA_DEPTH_MAX = 4
SEGMENT_MAX = 32
_NODE = "node"
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


def is_segment(text):
    """True for one name of `[a-z0-9-]`, 1 to 32 letters; also the form of a node id."""
    return 0 < len(text) <= SEGMENT_MAX and all(letter in _LETTERS for letter in text)


def is_area(text):
    """True for 1 to 4 segments joined by `/` of which the first is not the reserved word `node`."""
    segments = text.split("/")
    return segments[0] != _NODE and len(segments) <= AREA_DEPTH_MAX and all(is_segment(segment) for segment in segments)


def is_node_audience(text):
    """True for `node/<id>`, the audience of what is meant for one node."""
    return text.startswith(_NODE + "/") and is_segment(text[len(_NODE) + 1 :])


def node_audience(node_id):
    """The audience `node/<id>` of documents and commands for one node."""
    return _NODE + "/" + node_id


def chain(area):
    """The area and all above it, highest first: `a/b/c` gives `("a", "a/b", "a/b/c")`."""
    segments = area.split("/")
    return tuple("/".join(segments[: depth + 1]) for depth in range(len(segments)))


def covers(area, inner):
    """True if `inner` is `area` or lies below it."""
    return inner == area or inner.startswith(area + "/")


def to(audience, kind):
    """Topic of a document: `audience` is an area or `node/<id>`."""
    return "{}/to/{}/{}".format(ROOT, audience, kind)


def path_to(audience, kind):
    """HTTP path under which a station serves the same document."""
    return "{}/to/{}/{}".format(HTTP_ROOT, audience, kind)


def parse_to(topic):
    """`(audience, kind)` of a topic made by `to`, or None."""
    head = ROOT + "/to/"
    if not topic.startswith(head) or "/" not in topic[len(head) :]:
        return None
    audience, kind = topic[len(head) :].rsplit("/", 1)
    return (audience, kind) if is_area(audience) or is_node_audience(audience) else None


def filters(area, node_id):
    """What a node subscribes to: one filter for each area of its chain and one for itself."""
    audiences = chain(area) + (node_audience(node_id),)
    return tuple(to(audience, "+") for audience in audiences)


def from_node(node_id, kind):
    """Topic of a report of one node; `node_id` may be `+` in a station's filter."""
    return "{}/from/{}/{}".format(ROOT, node_id, kind)


def parse_from(topic):
    """`(node id, kind)` of a topic made by `from_node`, or None."""
    head = ROOT + "/from/"
    parts = topic[len(head) :].split("/")
    if not topic.startswith(head) or len(parts) != 2 or not is_segment(parts[0]) or parts[1] not in REPORTS:
        return None
    return parts[0], parts[1]
