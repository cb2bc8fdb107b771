"""Plans and air documents for tests, as short as they can be said, at a commune `p/c` with hamlet `p/c/h` in Indochina time.

Times: `D` is local midnight of Monday, 5 October 2026; `at(7, 30)` is 07:30 of that day as Unix seconds.
"""

from node.plan.agenda import Agenda

D = 1791133200
DAY = 86400
HAMLET = "p/c/h"
ZONE = {"name": "Asia/Ho_Chi_Minh", "offsets": [[0, 420]]}


def at(hour, minute=0, second=0, day=0):
    return D + day * DAY + time(hour, minute, second)


def time(hour, minute=0, second=0):
    return hour * 3600 + minute * 60 + second


def bulletin(rank, seconds):
    return {
        "class": rank,
        "variants": [{"codec": "pcm16", "rate": 24000, "ms": seconds * 1000, "bytes": seconds * 48000, "sha256": "A" * 43}],
    }


BULLETINS = {"news": bulletin("normal", 600), "notice": bulletin("priority", 60), "flood": bulletin("urgent", 30)}


def slot(name, *times, **members):
    record = {"id": name, "bulletin": "news", "at": list(times)}
    record.update(members)
    return record


def plan(*slots, **members):
    body = {
        "iat": D,
        "exp": D + 30 * DAY,
        "rev": 1,
        "zone": ZONE,
        "files": "http://station/f",
        "bulletins": BULLETINS,
        "slots": list(slots),
    }
    body.update(members)
    return body


def order(name, do="bulletin", rank="normal", start=D, end=D + DAY, **members):
    record = {"id": name, "do": do, "class": rank, "from": start, "until": end}
    if do == "bulletin":
        record["bulletin"] = bulletin(rank, 20)
    if do == "live":
        record["live"] = {"url": "https://station/live", "codec": "pcm16", "rate": 24000}
    record.update(members)
    return record


def air(*orders, **members):
    body = {"iat": D, "exp": D + 30 * DAY, "rev": 1, "files": "http://station/f", "orders": list(orders)}
    body.update(members)
    return body


def agenda(*slots, **members):
    """An agenda of the hamlet's node `n` with this plan of the commune; what was due before midnight of `D` is no concern of it."""
    made = Agenda(HAMLET, "n", D)
    made.put_plan("p/c", plan(*slots, **members))
    return made


def settle(held, now):
    """The decision at `now` once it is complete; its `dropped` are those of all calls."""
    dropped = []
    while True:
        decision = held.decide(now, True)
        dropped.extend(decision.dropped)
        if decision.wake is None or decision.wake > now:
            decision.dropped = dropped
            return decision


def heard(held, now):
    """Key, without its audience, of what should sound at `now`, or None."""
    item = settle(held, now).item
    return item and item.key.split("|", 1)[1]


def why(decision):
    """What was dropped, as {key without audience: why}."""
    return {item.key.split("|", 1)[1]: reason for item, reason in decision.dropped}
