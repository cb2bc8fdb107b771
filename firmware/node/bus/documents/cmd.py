"""`cmd`: what one node does once."""

from node.bus.documents import ID
from node.bus.schema import Record, Text, Whole
from node.bus.topics import is_segment

# fmt: off
TABLE = Record("command", {
    "id": ID,
    "do": Text(16, is_segment, "command"),   # ping, identify, reboot, send-log; a newer one is refused by name
}, {
    "number": Whole(0, 999, "number"),   # do: identify; told in beeps instead of the chime
})
# fmt: on
