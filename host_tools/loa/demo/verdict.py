"""Judges a run: what each hamlet heard, by ear, against what was planned and against what its node reported. Makes no picture.

Every figure comes from the recordings and the record of events. What was asked for is only the yardstick.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loa.demo.clicks import Click, find_clicks
from loa.demo.ear import as_played, as_streamed, recordings
from loa.demo.evidence import Listener, Programme, Segment, delay_ms, heard_share
from loa.demo.story import AUDIO, BULLETINS, FILES, INTERRUPTED, LIVE, POWER_CUT, URGENT, WITHOUT_BROKER, Told
from loa.demo.timeline import Kind
from loa.sim.commune import Commune
from loa.station.proof import Proof

HEARD_WHOLE = 0.97  # of a bulletin's sounding length: less than its last word
_LIVE_SHARE = 0.5  # of the time between joining and leaving
_AGREE_MS = 600  # heard and reported may differ by this much over all stretches


@dataclass(frozen=True)
class Wanted:
    """One thing that every node was to play: its programme, class, Unix times by plan or order, and its key in the record."""

    programme: str
    kind: Kind
    start: float
    end: float


@dataclass(frozen=True)
class Line:
    """One thing at one node. `share`: of its sounding length that was heard; `stretches`: heard; `proof`: reported, None if it is not in the record."""

    node: str
    wanted: Wanted
    stretches: Sequence[Segment]
    share: float
    proof: Proof | None

    @property
    def is_whole(self) -> bool:
        """All of it was heard; of live, that it was heard for most of its time."""
        if self.wanted.kind == "live":
            return sum(one.end - one.start for one in self.stretches) >= _LIVE_SHARE * (self.wanted.end - self.wanted.start)
        return self.share >= HEARD_WHOLE

    @property
    def is_proved(self) -> bool:
        """The report says what the ear says."""
        if self.proof is None or self.proof.result != "complete":
            return False
        heard_ms = sum(one.to_ms - one.from_ms for one in self.stretches)
        return self.wanted.kind == "live" or self.proof.heard_ms <= heard_ms + _AGREE_MS * len(self.stretches)


@dataclass(frozen=True)
class Verdict:
    """Everything found: the lines, all clicks, and the recordings by node."""

    lines: Sequence[Line]
    clicks: Sequence[Click]
    lost_events: int
    urgent_ms: dict[str, int | None]
    live_ms: dict[str, int | None]

    def line(self, node: str, programme: str) -> Line:
        """The line of one node and programme."""
        return next(line for line in self.lines if (line.node, line.wanted.programme) == (node, programme))

    def stretches(self, node: str, programme: str) -> int:
        """In how many stretches it was heard there."""
        return len(self.line(node, programme).stretches)


def judge(commune: Commune, told: Told, victim: str) -> Verdict:
    """Listen to everything and compare."""
    programmes = _programmes(commune)
    listener = Listener(programmes)
    known = {programme.name: programme for programme in programmes}
    wanted = _wanted(programmes, told)
    proofs = commune.desk.proofs(int(told.begun) - 60, int(told.ended) + 60)
    lines: list[Line] = []
    clicks: list[Click] = []
    heard: dict[str, list[Segment]] = {}
    for name, node in commune.nodes.items():
        heard[name] = []
        for one, cut in recordings(node):
            segments = listener.listen(one)
            heard[name] += segments
            clicks += find_clicks(one, segments, known, power_lost=cut)
        for thing in wanted:
            stretches = [segment for segment in heard[name] if segment.programme == thing.programme]
            share = heard_share(stretches, known[thing.programme])
            lines.append(Line(name, thing, stretches, share, _proof_of(proofs, name, thing, told)))
    lost = sum(last - first + 1 for _, _, first, last in commune.desk.record.lost())
    return Verdict(
        lines,
        clicks,
        lost,
        {name: delay_ms(heard[name], URGENT, told.urgent_issued) for name in commune.nodes},
        {name: delay_ms(heard[name], LIVE, told.live_issued) for name in commune.nodes},
    )


def figures(verdict: Verdict, told: Told, victim: str) -> dict[str, object]:
    """The run in numbers; `ok` is true if nothing that was promised is missing."""
    nodes = sorted({line.node for line in verdict.lines})
    whole = [line for line in verdict.lines if line.is_whole]
    unproved = [line for line in verdict.lines if not line.is_proved]
    resumed = sum(verdict.stretches(node, INTERRUPTED) == 2 for node in nodes)
    delays = [delay for delay in verdict.urgent_ms.values() if delay is not None]
    joins = [delay for delay in verdict.live_ms.values() if delay is not None]
    ok = (
        len(whole) == len(verdict.lines)
        and not unproved
        and not verdict.clicks
        and not verdict.lost_events
        and resumed == len(nodes)
        and verdict.stretches(victim, POWER_CUT) == 2
    )
    return {
        "ok": ok,
        "nodes": len(nodes),
        "planned": len(verdict.lines),
        "played": len(whole),
        "proved": len(verdict.lines) - len(unproved),
        "urgent_ms": max(delays) if len(delays) == len(nodes) else None,
        "live_join_ms": max(joins) if len(joins) == len(nodes) else None,
        "preempted_and_resumed": resumed,
        "played_without_broker": sum(verdict.line(node, WITHOUT_BROKER).is_whole for node in nodes),
        "resumed_after_power_loss": verdict.stretches(victim, POWER_CUT) == 2,
        "late_ms": max(
            (round((line.stretches[0].start - line.wanted.start) * 1000) for line in verdict.lines if line.stretches and _is_slot(line)),
            default=None,
        ),
        "clicks": len(verdict.clicks),
        "events_lost": verdict.lost_events,
        "seconds": round(told.ended - told.begun, 1),
    }


def _is_slot(line: Line) -> bool:
    return line.wanted.programme in {name for name, _, _ in BULLETINS}


def _programmes(commune: Commune) -> list[Programme]:
    live = as_streamed(commune.desk, LIVE, AUDIO / f"{LIVE}.mp3")
    return [live, *(as_played(commune.desk, name) for name in FILES)]


def _wanted(programmes: Iterable[Programme], told: Told) -> list[Wanted]:
    seconds = {programme.name: programme.ms / 1000 for programme in programmes}
    slots = [Wanted(name, kind, told.begun + second, told.begun + second + seconds[name]) for name, kind, second in BULLETINS]
    urgent = Wanted(URGENT, "urgent", told.urgent_issued, told.urgent_issued + seconds[URGENT])
    return sorted([*slots, urgent, Wanted(LIVE, "live", told.live_issued, told.live_left)], key=lambda one: one.start)


def _proof_of(proofs: Iterable[Proof], node: str, wanted: Wanted, told: Told) -> Proof | None:
    order = {URGENT: told.urgent_order, LIVE: told.live_order}.get(wanted.programme)
    for proof in proofs:
        parts = proof.key.split("|")
        if proof.node == node and parts[1] == (order or wanted.programme):
            return proof
    return None
