"""The storm of `loa sim`: its options, checked before anything starts, the world that it puts around the nodes, and what is kept of it."""

import json
import random
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from loa.sim.commune import Commune
from loa.sim.storms import NAMES, Fault, Subject, Weather, profiles, schedule
from loa.sim.storms.commune import CommuneSubject
from loa.sim.storms.weather import write_down

_CALM = "calm"
_DAY_S = 86_400.0
_SEED_BELOW = 1_000_000
STORM_FILE = "storm.json"
HAPPENED_FILE = "storm.jsonl"

StormOption = Annotated[str, typer.Option(help=f"What breaks: {', '.join(NAMES)}.")]
SeedOption = Annotated[
    int | None, typer.Option(min=0, help="The same seed brings the same faults again.", show_default="one is drawn, and said")
]
ProfileOption = Annotated[
    str, typer.Option(help=f"The network between nodes and the world: {', '.join(profiles.names())}.", show_default="this machine's")
]


@dataclass(frozen=True)
class Chosen:
    """What was asked for. `profile` may be empty: packets then arrive at once."""

    storm: str
    seed: int
    profile: str


def chosen(storm: str, seed: int | None, profile: str) -> Chosen:
    """The options, with a seed if there was none. Raises `LoaError` for a storm or profile that does not exist."""
    schedule(storm, 0, (), 0)
    if profile:
        profiles.profile(profile)
    return Chosen(storm, random.randrange(_SEED_BELOW) if seed is None else seed, profile)


def surround(commune: Commune, choice: Chosen) -> None:
    """Put path and crystals of the simulation around nodes that have not been started."""
    around: dict[str, Any] = {"crystal": profiles.crystal()}
    if choice.profile:
        around["path"] = profiles.profile(choice.profile)
    for name, node in commune.nodes.items():
        node.surround(seed=f"{choice.seed}/{name}", **around)


class Passing:
    """A storm that goes on. `weather`: whom it hits now; `news()`: what it has done since that was asked last, as lines."""

    def __init__(self, weather: Weather, told: "deque[str]") -> None:
        self.weather = weather
        self._told = told

    def news(self) -> Iterator[str]:
        """One line for each beginning and end."""
        self.weather.check()
        while self._told:
            yield self._told.popleft()


@contextmanager
def passing(commune: Commune, choice: Chosen, seconds: float | None) -> Iterator[Passing]:
    """The storm, for as long as the block lasts. Its faults, and when they happened, are kept in the commune's folder."""
    faults = schedule(choice.storm, choice.seed, list(commune.nodes), _DAY_S if seconds is None else seconds)
    with carried(CommuneSubject(commune), faults, choice, commune.places.folder, apart=True) as one:
        yield one


@contextmanager
def carried(subject: Subject, faults: Sequence[Fault], choice: Chosen, folder: Path, *, apart: bool) -> Iterator[Passing]:
    """The same for whichever subject; `apart`: see `Weather`."""
    write_down(folder / STORM_FILE, choice.storm, choice.seed, faults, profile=choice.profile)
    told: deque[str] = deque()
    happened = folder / HAPPENED_FILE
    happened.write_text("")

    def tell(at: float, who: str, what: str) -> None:
        _append(happened, {"at": round(at, 3), "who": who, "what": what})
        told.append(f"storm: {who}: {what}")

    with Weather(subject, faults, tell, apart=apart) as weather:
        yield Passing(weather, told)


def says(choice: Chosen) -> str:
    """How to have it again, for people; empty where nothing was asked for."""
    profile = f" --profile {choice.profile}" if choice.profile else ""
    if choice.storm == _CALM and not profile:
        return ""
    return f"storm {choice.storm}; again with: --storm {choice.storm} --seed {choice.seed}{profile}"


def _append(path: Path, entry: dict[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
