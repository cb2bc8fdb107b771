"""The plan as an officer writes it: a TOML file of bulletins and slots, made into the body of a plan document.

    quiet = [["21:30", "05:00"]]        # the site's, if it stands not here
    [bulletins.sang]
    audio = "ban-tin-sang"              # the name under which the recording was taken in; the bulletin's own name if absent
    class = "normal"
    [[slots]]
    id = "sang"
    bulletin = "sang"
    at = ["05:30", "17:00"]
    days = ["mon", "wed", "fri"]        # or dates = [2026-12-01]; every day if both are absent

Here it is only read; `plancheck` judges whether it can be played.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from loa.errors import LoaError
from loa.language import _
from loa.site.mistakes import Mistakes, read_toml
from loa.site.model import AreaName, Name, Strict, TimeOfDay
from loa.station.audio import AudioStore

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _day(value: object) -> object:
    """ISO weekday of "mon" to "sun" in English; anything else is left for the literal to refuse."""
    return value.lower() if isinstance(value, str) else value


Day = Annotated[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], BeforeValidator(_day)]


class Bulletin(Strict):
    """A piece of audio in a class; `audio` names the recording."""

    audio: Name | None = None
    importance: Annotated[Literal["normal", "priority", "urgent"], Field(alias="class")] = "normal"


class Slot(Strict):
    """When a bulletin is played; fields as in the wire's SLOT, times and dates as people write them."""

    id: Name
    bulletin: Name
    at: Annotated[list[TimeOfDay], Field(min_length=1, max_length=24)]
    days: Annotated[list[Day], Field(min_length=1)] | None = None
    dates: Annotated[list[date], Field(min_length=1, max_length=32)] | None = None
    excluded: Annotated[list[date], Field(max_length=32, alias="except", default_factory=list)]
    first: Annotated[date | None, Field(alias="from")] = None
    last: Annotated[date | None, Field(alias="until")] = None
    repeat: Annotated[int, Field(ge=1, le=20)] | None = None
    gap: Annotated[int, Field(ge=0, le=3600)] | None = None
    late: Annotated[int, Field(ge=0, le=86400)] | None = None
    rank: Annotated[int, Field(ge=0, le=99)] | None = None
    only: Annotated[list[AreaName], Field(min_length=1, max_length=16)] | None = None


class Offer(Strict):
    """What this area makes of a slot offered from above."""

    area: AreaName
    slot: Name
    omit: bool | None = None
    at: Annotated[list[TimeOfDay], Field(min_length=1, max_length=24)] | None = None
    rank: Annotated[int, Field(ge=0, le=99)] | None = None


class PlanFile(Strict):
    """The whole file."""

    quiet: Annotated[list[tuple[TimeOfDay, TimeOfDay]], Field(max_length=4)] | None = None
    accept_offers: bool | None = None
    bulletins: Annotated[dict[Name, Bulletin], Field(max_length=64, default_factory=dict)]
    slots: Annotated[list[Slot], Field(max_length=64, default_factory=list)]
    offers: Annotated[list[Offer], Field(max_length=64, default_factory=list)]


def read_plan(path: Path, audio: AudioStore) -> tuple[PlanFile, dict[str, Any], Mistakes]:
    """The file, the `bulletins` of its body, and a place for further mistakes. Raises `InvalidFile` for mistakes of form or of names."""
    plan, mistakes = read_toml(path, PlanFile)
    bulletins = {}
    for name, bulletin in plan.bulletins.items():
        try:
            bulletins[name] = audio.bulletin(bulletin.audio or name, bulletin.importance)
        except LoaError as error:
            mistakes.add(
                ("bulletins", name, "audio") if bulletin.audio else ("bulletins", name),
                error.message,
                bulletin.audio or name,
                audio.names(),
            )
    seen: set[str] = set()
    for index, slot in enumerate(plan.slots):
        if slot.id in seen:
            mistakes.add(("slots", index, "id"), _("another slot has this id"), slot.id)
        seen.add(slot.id)
        if slot.bulletin not in plan.bulletins:
            mistakes.add(("slots", index, "bulletin"), _("no such bulletin in this plan"), slot.bulletin, plan.bulletins)
    mistakes.raise_any()
    return plan, bulletins, mistakes


def slot_record(slot: Slot) -> dict[str, Any]:
    """The wire's SLOT of a slot."""
    fields: dict[str, Any] = {
        "id": slot.id,
        "bulletin": slot.bulletin,
        "at": sorted(slot.at),
        "days": [_DAYS.index(day) + 1 for day in slot.days] if slot.days else None,
        "dates": [_number(day) for day in slot.dates] if slot.dates else None,
        "except": [_number(day) for day in slot.excluded] or None,
        "from": _number(slot.first) if slot.first else None,
        "until": _number(slot.last) if slot.last else None,
        "repeat": slot.repeat,
        "gap": slot.gap,
        "late": slot.late,
        "rank": slot.rank,
        "only": slot.only,
    }
    return {name: value for name, value in fields.items() if value is not None}


def offer_record(offer: Offer) -> dict[str, Any]:
    """The wire's OFFER of an answer."""
    return offer.model_dump(exclude_none=True)


def _number(day: date) -> int:
    return day.year * 10000 + day.month * 100 + day.day
