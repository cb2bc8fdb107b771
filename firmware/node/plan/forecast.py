"""The hours ahead, computed by the agenda itself: what would sound when, and what could not be played. For `plan check` and planned
timelines."""

from node.plan.agenda import Agenda

END = "end"  # played to its end
CUT = "pre-empted"  # something else went first; it resumes in a later stretch, or is dropped


def longest_ms(item):
    """Length of the longest variant of a bulletin; 0 of anything else."""
    return max([variant["ms"] for variant in item.bulletin["variants"]]) if item.bulletin and not item.live else 0


def forecast(area, plans, airs, start, end, length_ms=longest_ms):
    """Generator of `(from ms, to ms, item, why)`, in order of its ends, for a node of hamlet `area` from `start` to `end`, Unix seconds.

    `plans` and `airs` are dicts audience -> body; `length_ms(item)` is how long an item sounds (asked for all but live streams, which
    last until their order ends). Times are Unix ms. `why` is END, CUT or the reason for which it was dropped; an item that was dropped
    unheard has from = to. What is on the air at `end` is left out. Starts before `start` are not looked at. Raises what `Agenda.put_plan`
    and `put_air` raise.
    """
    agenda = Agenda(area, "forecast", start)
    for audience in sorted(plans):
        agenda.put_plan(audience, plans[audience])
    for audience in sorted(airs):
        agenda.put_air(audience, airs[audience])
    now = start * 1000
    sounding = None
    since = now
    while now < end * 1000:
        decision = agenda.decide(now // 1000, True)
        key = sounding.key if sounding else None
        for item, why in decision.dropped:
            yield (since if item.key == key else now), now, item, why
            if item.key == key:
                sounding = None
        if decision.wake is not None and decision.wake * 1000 <= now:
            continue
        item = decision.item
        if sounding and not (item and item.key == sounding.key):
            over = sounding.live and now >= sounding.until * 1000
            agenda.progress(sounding.key, sounding.resume_ms + now - since)
            yield since, now, sounding, END if over else CUT
            sounding = None
        if item and not sounding:
            sounding, since = item, now
        wake = end * 1000 if decision.wake is None else decision.wake * 1000
        finish = None
        if sounding and not sounding.live:
            finish = since + length_ms(sounding) - sounding.resume_ms
        if finish is None or finish > wake:
            now = wake
        else:
            now = max(now, finish)
            agenda.ended(sounding.key)
            yield since, now, sounding, END
            sounding = None
