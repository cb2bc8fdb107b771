"""A storm over a commune under test: it begins when it is called and ends with the test, or before."""

from dataclasses import dataclass
from typing import Any

from loa.sim.storms import Fault, Weather, schedule
from loa.sim.storms.commune import CommuneSubject
from loa.testing.commune import Commune


@dataclass(frozen=True)
class Storm:
    """What comes over a commune; see `loa.sim.storms` for the names. The same name, seed and nodes bring the same faults."""

    name: str
    seed: int
    faults: tuple[Fault, ...]
    weather: Weather

    def end(self) -> None:
        """End it and mend what is broken; does nothing the second time. Raises what went wrong in it."""
        self.weather.__exit__(None)

    def as_dict(self) -> dict[str, Any]:
        """For a file of JSON."""
        return {"storm": self.name, "seed": self.seed, "faults": [fault.as_dict() for fault in self.faults]}


def begin(commune: Commune, name: str, seed: int | None, seconds: float) -> Storm:
    """Let one begin over the nodes that have been started. Raises `LoaError` for a storm that is none, and for faults that these nodes cannot have."""
    chosen = commune.seed if seed is None else seed
    nodes = [node_id for node_id, node in commune.nodes.items() if node.boots]
    faults = schedule(name, chosen, nodes, seconds)
    storm = Storm(name, chosen, faults, Weather(CommuneSubject(commune), faults, commune.acts.note_at))
    storm.weather.__enter__()
    commune.storms.append(storm.as_dict())
    commune.acts.note("storm", f"{name}, seed {chosen}")
    return storm
