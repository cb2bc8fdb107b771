"""What a slot or an order says of one of its playings at a moment, and the names under which one that is not played is reported.

`PLAYABLE` may sound now; `HELD` may later; `DONE` and `STALE` need no report. The others are the `why` of `Decision.dropped` and of the
wire's event "dropped".
"""

# fmt: off
PLAYABLE = "playable"
HELD = "held"
DONE = "done"                # a live stream, left because its order ended
STALE = "stale"              # its time was past before the document was signed, or an order's for more than a day: nobody expects it of this one

LATE = "late"                # its late window closed
QUIET = "quiet"              # its late window closed in quiet hours
EXPIRED = "expired"          # its order's `until` or its document's `exp` passed
STOPPED = "stopped"          # by a stop order
SUPERSEDED = "superseded"    # no document has it any more
OMITTED = "omitted"          # offered from above, and the commune's plan does not take it
# fmt: on
