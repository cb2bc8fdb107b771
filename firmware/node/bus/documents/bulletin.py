"""What is played, as plans and orders describe it."""

from node.bus.documents import CLASS, CODEC, SHA256
from node.bus.schema import ListOf, Record, Text, Whole

# fmt: off
VARIANT = Record("variant", {
    "codec": CODEC,
    "rate": Whole(8000, 48000, "samples a second"),
    "ms": Whole(1, 4 * 3600 * 1000, "length in ms"),
    "bytes": Whole(1, 256 * 1024 * 1024, "size of the file"),
    "sha256": SHA256,
}, {
    "language": Text(12, None, "BCP 47 language tag"),
})
# Where a variant's file is fetched: the document's `files` URL, then `/`, then its `sha256`.

BULLETIN = Record("bulletin", {
    "class": CLASS,
    "variants": ListOf(VARIANT, 8, 1),
}, {
    "title": Text(96),
})
# fmt: on
