"""Judges a life by what was heard and by the record: was a bulletin, an order or an event lost, and what was heard twice?

bulletin, urgent   at least 97 % of its sounding length was heard, and the proof of play says complete
live               heard for half of its time at least, if nothing died meanwhile or just before; otherwise the record says what became of it
heard twice        at most 2 s and what lies in the ring for each power cut or reset of the node in the middle of it, and next to nothing without
events             every number from 1 of every node's one journal is in the record, up to the last that the node knows of
clicks             none, but where the power went
"""

from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.chaos_life import LIVE, SLOTS, URGENT, Script

from loa.demo.ear import as_streamed
from loa.demo.evidence import Programme, Segment, heard_share
from loa.demo.story import Told
from loa.demo.verdict import HEARD_WHOLE
from loa.testing import Commune

_LIVE_SHARE = 0.5
_CALM_S = 12.0  # before a live order: time to be back, on the air and connected after whatever died
_TWICE_MS = 2_000 + 600  # a mark every 2 s; what left the ring after it, and the ear's uncertainty
_OVERLAP_MS = 400  # of two stretches of one programme without a power cut: fades, and the ear's uncertainty
_TOO_SHORT_MS = 500


@dataclass(frozen=True)
class Heard:
    """One thing at one node: the share of it that was heard, in how many stretches, how much of it twice, and the record's word."""

    node: str
    what: str
    share: float
    stretches: int
    twice_ms: int
    proof: str
    of_ms: int
    late_s: float
    short_ms: int  # of stretches in the record that the ear cannot find

    @property
    def is_whole(self) -> bool:
        """All of it was heard, or was told to have been heard in pieces too short for the ear."""
        return self.share + self.short_ms / self.of_ms >= HEARD_WHOLE


def judge(commune: Commune, written: Script, told: Told, live_file: Any) -> tuple[dict[str, Any], list[str]]:
    """Figures of one life, and one line for each promise that was broken."""
    commune.learn(as_streamed(commune.desk, LIVE[0], live_file))
    programmes = [commune.ear.programmes[name] for name in (*(name for name, _, _ in SLOTS), URGENT[0])]
    proofs = commune.desk.proofs(int(told.begun) - 60, int(told.ended) + 60)
    lines: list[Heard] = []
    broken: list[str] = []
    clicks = gaps = 0
    for name, node in commune.nodes.items():
        heard = node.heard()
        cuts = [boot.ended_ns / 1e9 for boot in node.boots[:-1] if boot.ended_ns]
        for programme in programmes:
            line = _line(name, programme, heard, told, proofs)
            lines.append(line)
            broken += _broken(line, [one for one in heard if one.programme == programme.name], cuts)
        broken += _live(name, heard, told, proofs)
        found = [click for click in node.clicks() if not any(abs(click.at - cut) < 0.1 for cut in cuts)]
        clicks += len(found)
        gaps += len(node.dropouts())
        broken += [f"{name}: a click of {click.step} at {click.at - told.begun:.2f} s" for click in found]
    broken += _events(commune)
    figures = {
        "seed": written.seed,
        "kills": len(written.faults),
        "wanted": len(lines),
        "whole": sum(line.is_whole for line in lines),
        "twice_ms": max(line.twice_ms for line in lines),
        "late_s": max(line.late_s for line in lines),
        "events": len(commune.desk.record.events()),
        "clicks": clicks,
        "dropouts": gaps,
        "seconds": round(told.ended - told.begun, 1),
        "broken": broken,
    }
    return figures | {"lines": [asdict(line) for line in lines]}, broken


def _line(node: str, programme: Programme, heard: list[Segment], told: Told, proofs: list[Any]) -> Heard:
    own = [one for one in heard if one.programme == programme.name]
    names = (told.urgent_order if programme.name == URGENT[0] else programme.name,)
    wanted = told.urgent_issued if programme.name == URGENT[0] else told.begun + next(at for name, at, _ in SLOTS if name == programme.name)
    proof = next((proof for proof in proofs if proof.node == node and proof.key.split("|")[1] in names), None)
    lengths = [one["to_ms"] - one["from_ms"] for one in (proof.stretches if proof else ())]
    short_ms = sum(length for length in lengths if length < _TOO_SHORT_MS)
    total = sum(one.to_ms - one.from_ms for one in own)
    late = max(one.end for one in own) - wanted - programme.ms / 1000 if own else 0.0
    twice_ms = total - _union(own)
    share = round(heard_share(own, programme), 4)
    return Heard(node, programme.name, share, len(own), twice_ms, proof.result if proof else "none", programme.ms, round(late, 2), short_ms)


def _broken(line: Heard, stretches: list[Segment], cuts: list[float]) -> list[str]:
    broken = []
    if not line.is_whole:
        broken.append(f"{line.node}: {line.what} heard to {100 * line.share:.0f} % only, proof {line.proof}")
    if line.proof != "complete":
        broken.append(f"{line.node}: {line.what} is {line.proof} by the record")
    hit = sum(any(abs(one.end - cut) < 1.0 for one in stretches) for cut in cuts)
    allowed = hit * _TWICE_MS + max(0, len(stretches) - 1) * _OVERLAP_MS
    if line.twice_ms > allowed:
        broken.append(f"{line.node}: {line.what} heard twice for {line.twice_ms} ms, after {hit} power cuts in it")
    return broken


def _live(node: str, heard: list[Segment], told: Told, proofs: list[Any]) -> list[str]:
    proof = next((proof for proof in proofs if proof.node == node and told.live_order in proof.key), None)
    if proof is None or (proof.result in ("due", "silent", "replaced")):
        return [f"{node}: nothing became of the live order: {proof and proof.result}"]
    parts = ("broker", "station", node)
    calm = not any(
        (mark.node or mark.kind) in parts and mark.end > told.live_issued - _CALM_S and mark.start < told.live_left for mark in told.marks
    )
    urgent = sum(
        one.end - one.start for one in heard if one.programme in (URGENT[0], "siren") and told.live_issued < one.end < told.live_left
    )
    wanted = told.live_left - told.live_issued - urgent
    share = sum(one.end - one.start for one in heard if one.programme == LIVE[0]) / wanted
    return [f"{node}: live heard for {100 * share:.0f} % of its time, and nothing had died"] if calm and share < _LIVE_SHARE else []


def _events(commune: Commune) -> list[str]:
    """Events that are missing or stand there twice, and journals that are."""
    desk = commune.desk
    broken = [f"{node}: events {first} to {last} are lost" for node, _, first, last in desk.record.lost()]
    for node in commune.nodes:
        numbers: dict[str, list[int]] = {}
        for event in desk.record.events(node):
            numbers.setdefault(event.journal, []).append(event.n)
        if len(numbers) != 1:
            broken.append(f"{node}: {len(numbers)} journals")
        state = desk.nodes.state(node)
        for journal, found in numbers.items():
            if sorted(found) != list(range(1, max(found) + 1)) or max(found) < state["n"]:
                broken.append(f"{node}: journal {journal} has {state['n']} events, the record {sorted(found)}")
    return broken


def _union(stretches: list[Segment]) -> int:
    total, reached = 0, 0
    for one in sorted(stretches, key=lambda one: one.from_ms):
        total += max(0, one.to_ms - max(one.from_ms, reached))
        reached = max(reached, one.to_ms)
    return total
