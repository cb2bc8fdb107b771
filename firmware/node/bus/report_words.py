"""The words that reports use, for those who fill them; their fields are in `report_fields`, which a node never loads."""

CACHED_MAX = 64  # bulletins that `state` names

# Kinds of events.
BOOT = "boot"
PLAYED = "played"
DROPPED = "dropped"
ORDER = "order"
REFUSED = "refused"

# Why a stretch of sound ended; besides these a refusal code of the source that failed.
END = "end"
STOPPED = "stopped"
PREEMPTED = "pre-empted"
POWER = "power"
STARVED = "starved"

# Results of an `ack`; the other is REFUSED.
ACCEPTED = "ok"

REASON_BYTES_MAX = 120


def fitting(reason):
    """As much of a refusal's reason as a report may carry: at most `REASON_BYTES_MAX` bytes of UTF-8, no letter cut in two."""
    reason = reason[:REASON_BYTES_MAX]
    while len(reason.encode()) > REASON_BYTES_MAX:
        reason = reason[:-1]
    return reason
