"""Builds the members of events: what was played, what was not, and why. The journal adds its id and the number, and keeps them until they are seen."""

from node.bus.report_words import fitting


def boot(t, version, cause, hung=None):
    """The application started at `t` (None: time unset). `cause`: word for the reset; `hung`: the task for which the watchdog reset the node."""
    event = {"t": t, "version": version, "cause": cause}
    if hung:
        event["hung"] = hung
    return event


def played(t, item, variant, codec, from_ms, to_ms, why):
    """One stretch of sound of a plan Item that began at `t`: from where to where in the programme, as counted by what left the ring.

    `variant`: the record of the bulletin that was played, or None (live, siren, chime); `codec`: its name or None; `why` it ended: a word of
    `report_fields` or a refusal code.
    """
    return {
        "t": t,
        "key": item.key,
        "bulletin": item.bulletin_id if variant else None,
        "sha256": variant["sha256"] if variant else None,
        "codec": codec,
        "from_ms": from_ms,
        "to_ms": to_ms,
        "of_ms": variant["ms"] if variant else None,
        "why": why,
    }


def dropped(t, key, why):
    """What stood in a plan or an order under `key` will not be played."""
    return {"t": t, "key": key, "why": why}


def order(t, order_id, result):
    """An order was carried out, or ended otherwise: `result` is one word."""
    return {"t": t, "id": order_id, "result": result}


def refused(t, refusal, key=None):
    """Input was refused (`refusal`: a Refused), and `key` could not be played therefore; the reason is cut to 120 bytes."""
    event = {"t": t, "code": refusal.code, "reason": fitting(refusal.reason)}
    if key:
        event["key"] = key
    return event
