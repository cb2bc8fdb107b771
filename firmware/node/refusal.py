"""The one way a node says no: a code for machines and a reason for people.

Every check raises `Refused` before anything the node holds has changed (DESIGN, "What a node always does", 8). The codes are
part of the wire: the station and `docs/protocol.md` know them by these names. Nothing here decides; it only names.
"""

# fmt: off
# Documents and commands, in the order in which they are checked.
OVERSIZED = "oversized"          # more bytes than the limit for its kind
MALFORMED = "malformed"          # not the syntax or not the fields that were promised
ALGORITHM = "algorithm"          # a signature algorithm other than RS256
KEY_UNKNOWN = "key-unknown"      # no such key in the trust store
KEY_REVOKED = "key-revoked"      # the key stands there as revoked
SIGNATURE = "signature"          # the signature does not fit
TYPE_WRONG = "type-wrong"        # another `typ` than its topic's
TYPE_UNKNOWN = "type-unknown"    # a `typ` this version cannot act on
AUDIENCE = "audience"            # not for this node nor for an area above it
SCOPE = "scope"                  # the key may not sign this type, area or class
EXPIRED = "expired"              # `exp` is past
TIME_UNSET = "time-unset"        # it expires, and this node does not know the time yet
REVISION_OLD = "revision-old"    # lower than the revision held
REVISION_FUTURE = "revision-future"  # more than a day ahead of trusted time
REPLAYED = "replayed"            # a command that was already carried out

# What a document asks for.
SLOT = "slot"                    # a slot that can never be played as written
COMMAND_UNKNOWN = "command-unknown"
LIVE_REFUSED = "live-refused"    # a live source that policy or class forbids

# Audio and files.
CODEC = "codec"                  # no variant in a codec this node has
RATE = "rate"                    # a sample rate other than the sink's
NOT_AUDIO = "not-audio"          # bytes that are no audio of the promised kind
HASH = "hash"                    # other bytes than the signed SHA-256 names
LENGTH = "length"                # shorter or longer than signed
OUTPUT = "output"                # the loudspeaker's output could not be started
TOO_LARGE = "too-large"          # more than this node can ever store
DAMAGED = "damaged"              # what was stored can no longer be read, or flash takes nothing
FULL = "full"                    # no room now: what is stored is needed sooner

# The network, as seen by a download or a stream.
UNREACHABLE = "unreachable"      # no address, no connection, or it broke
TIMEOUT = "timeout"              # connected, but too slow to be of use
HTTP_STATUS = "http-status"      # an answer other than the one asked for
REDIRECTS = "redirects"          # more redirects than allowed
ORIGIN = "origin"                # TLS to somebody whom the trust store does not name
# fmt: on


class Refused(Exception):
    """Input was refused and nothing was changed. `code` is one of this module's constants, `reason` a short English sentence part.

    `subject` is the id by which an ack speaks of the document or command that was refused, None where nothing proves who sent it.
    """

    def __init__(self, code, reason):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
        self.subject = None

    def __str__(self):
        return "{}: {}".format(self.code, self.reason)
