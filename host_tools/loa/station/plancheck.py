"""Judges a plan before it is signed, with the nodes' own code: every mistake with its line, in one run.

Refused are slots that can never be played as written, dates that are past, two bulletins of one class at the same time in one hamlet, and
more audio than the smallest node of the area can store. Bulletins of different classes may overlap: that is what classes are for.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from loa.firmware import agenda, board, limits, refusal
from loa.language import _
from loa.site.mistakes import Mistakes
from loa.site.model import Node, Site
from loa.station.audio import AudioStore
from loa.station.occurrences import Occurrence, occurrences
from loa.station.planfile import PlanFile, offer_record, read_plan, slot_record
from loa.station.zone import zone_record

_AHEAD_S = 35 * 86400  # long enough to meet every weekly pattern with every other and the first dated ones
_VALID_S = 366 * 86400
_IMA_BYTES_PER_S = 24000 / 1017 * 512  # what `bulletin_seconds` of a board counts


def plan_body(path: Path, site: Site, area: str, audio: AudioStore, files: str) -> dict[str, Any]:
    """Body of the plan document for an area. `files` is the URL of the audio files. Raises `InvalidFile` with all that is wrong."""
    plan, bulletins, mistakes = read_plan(path, audio)
    now = int(time.time())
    quiet = plan.quiet if plan.quiet is not None else site.quiet
    body: dict[str, Any] = {
        "zone": zone_record(site.time_zone, now),
        "files": files,
        "bulletins": bulletins,
        "slots": [slot_record(slot) for slot in plan.slots],
        "quiet": [list(span) for span in quiet],
        "accept": site.accept_offers if plan.accept_offers is None else plan.accept_offers,
        "offers": [offer_record(offer) for offer in plan.offers],
    }
    payload = {"aud": area, "iat": now, "exp": now + _VALID_S, **body}
    _check_dates(plan, mistakes, datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(site.time_zone)))
    _check_classes(plan, site, area, mistakes)
    _check_slots(payload, mistakes)
    _check_storage(site, area, bulletins, mistakes)
    mistakes.raise_any()
    _check_overlaps(plan, payload, {node.area for node in site.nodes_of(area).values()}, site.time_zone, mistakes)
    mistakes.raise_any()
    return body


def _check_dates(plan: PlanFile, mistakes: Mistakes, now: datetime) -> None:
    for index, slot in enumerate(plan.slots):
        for day in slot.dates or ():
            if day < now.date():
                mistakes.add(("slots", index, "dates"), _("{day} is past", day=day))
        if slot.last and slot.last < now.date():
            mistakes.add(("slots", index, "until"), _("{last} is past", last=slot.last))


def _check_classes(plan: PlanFile, site: Site, area: str, mistakes: Mistakes) -> None:
    """A plan with one bulletin above its station's class would be refused as a whole."""
    highest = next(station.highest for station in site.stations.values() if station.area == area)
    allowed = limits.CLASSES[: limits.CLASSES.index(highest) + 1]
    for name, bulletin in plan.bulletins.items():
        if bulletin.importance not in allowed:
            mistakes.add(("bulletins", name, "class"), _("this station may not order it"), bulletin.importance, allowed)


def _check_slots(payload: dict[str, Any], mistakes: Mistakes) -> None:
    """Each slot alone, so that every impossible one is named, then all together."""
    before = len(mistakes)
    for index, record in enumerate(payload["slots"]):
        problem = _refusal({**payload, "slots": [record]})
        if problem:
            mistakes.add(("slots", index), problem)
    problem = _refusal(payload)
    if problem and len(mistakes) == before:
        mistakes.add(("slots",), problem)


def _refusal(payload: dict[str, Any]) -> str:
    """Why a node would refuse the plan; nothing if it would take it."""
    try:
        agenda.Agenda(payload["aud"], "check").put_plan(payload["aud"], payload)
    except refusal.Refused as refused:
        return str(refused.reason)
    return ""


def _check_overlaps(plan: PlanFile, payload: dict[str, Any], hamlets: set[str], zone: str, mistakes: Mistakes) -> None:
    places = {slot.id: index for index, slot in enumerate(plan.slots)}
    named: set[tuple[str, str]] = set()
    for hamlet in sorted(hamlets):
        latest: dict[str, Occurrence] = {}
        for one in sorted(occurrences(payload, hamlet, payload["iat"], payload["iat"] + _AHEAD_S)):
            other = latest.get(one.importance)
            if other and other.ends > one.start and (other.slot, one.slot) not in named:
                named.add((other.slot, one.slot))
                times = f"{_local(other.start, zone)} for {other.ends - other.start} s"
                line = mistakes.line(("slots", places[other.slot]))
                mistakes.add(
                    ("slots", places[one.slot], "at"),
                    _(
                        '"{slot}" at {local} overlaps "{slot2}" (line {line}) at {times}',
                        slot=one.slot,
                        local=_local(one.start, zone),
                        slot2=other.slot,
                        line=line,
                        times=times,
                    ),
                )
            if other is None or one.ends > other.ends:
                latest[one.importance] = one


def _check_storage(site: Site, area: str, bulletins: dict[str, Any], mistakes: Mistakes) -> None:
    for name, node in site.nodes_of(area).items():
        room = board(node.board)["storage"]["bulletin_seconds"] * _IMA_BYTES_PER_S
        stored = [_smallest(bulletin["variants"], node) for bulletin in bulletins.values()]
        needed = sum(variant["bytes"] for variant in stored)
        if needed > room:
            length = sum(variant["ms"] for variant in stored) / 1000
            seconds, most = round(length), round(length * room / needed)
            mistakes.add(
                ("bulletins",),
                _(
                    "{seconds} s of audio are more than node {name} ({board}) can store, {most} s",
                    seconds=seconds,
                    name=name,
                    board=node.board,
                    most=most,
                ),
            )
            return


def _smallest(variants: list[dict[str, Any]], node: Node) -> dict[str, Any]:
    """The smallest variant that the node's board plays, in the node's language or in any if its own is not there."""
    plays = board(node.board)["audio"]["plays"]
    played = [variant for variant in variants if variant["codec"] in plays] or variants
    own = [variant for variant in played if variant["language"] == node.language]
    return min(own or played, key=lambda variant: int(variant["bytes"]))


def _local(unix: int, zone: str) -> str:
    return datetime.fromtimestamp(unix, UTC).astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M:%S")
