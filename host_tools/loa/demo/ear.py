"""An ear at a simulated node: what it emitted, which programmes that was, clicks and dropouts. It looks at no plan, order or report.

Also what the ear must know beforehand: programmes as nodes decode them, and the sounds that are built into the firmware.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

from loa.demo.clicks import STEP_MAX, Click, find_clicks
from loa.demo.evidence import Listener, Pcm, Programme, Recording, Segment, heard_share
from loa.firmware import chime
from loa.sim.node import OFF, SimulatedNode
from loa.station import forms
from loa.station.decode import decoded_file
from loa.station.station import Station

_OWN_STEP = 0.025  # of full scale: what programmes have of themselves where a piece of one is too short to be found
_DROPOUT_SAMPLES = 120  # exact zeros, 5 ms
_DROPOUT_EDGE_S = 0.2  # around a dropout the ear is not sure what sounds
_AHEAD_S = 0.05


class Ear:
    """Listens to what nodes emitted, and knows some programmes, all of one rate."""

    def __init__(self, programmes: Iterable[Programme]) -> None:
        self.programmes = {programme.name: programme for programme in programmes}
        self._listener = Listener(list(self.programmes.values()))

    def heard(self, node: SimulatedNode, programme: str | None = None, since: float = 0.0) -> list[Segment]:
        """The stretches of all programmes, or of one, that began at Unix seconds `since` or later."""
        found = []
        for recording, _ in recordings(node):
            if recording.end > since:
                found += self._listener.listen(_from(recording, since - _AHEAD_S))
        return [segment for segment in found if segment.start >= since and programme in (None, segment.programme)]

    def share(self, node: SimulatedNode, programme: str, since: float = 0.0) -> float:
        """How much of a programme's sounding length was heard, in however many stretches, 0 to 1."""
        return heard_share(self.heard(node, programme, since), self.programmes[programme])

    def clicks(self, node: SimulatedNode) -> list[Click]:
        """Every click of its whole life, but for those at dropouts, and none that a programme has of itself."""
        gaps = dropouts(node)
        return [
            click
            for recording, power_lost in recordings(node)
            for click in find_clicks(recording, self._listener.listen(recording), self.programmes, power_lost=power_lost)
            if click.step > _OWN_STEP and not any(abs(click.at - gap) < _DROPOUT_EDGE_S for gap in gaps)
        ]


def recordings(node: SimulatedNode) -> list[tuple[Recording, bool]]:
    """What the node emitted, and of each piece whether it ended with a power cut."""
    cut_boots = {boot.number for boot in node.boots if boot.why == OFF}
    parts = [part for part in node.segments() if part.frames]
    last_of_boot = {part.boot: part.path for part in parts}
    return [
        (
            Recording(node.node_id, part.started_ns / 1e9, part.rate, part.samples()),
            part.boot in cut_boots and last_of_boot[part.boot] == part.path,
        )
        for part in parts
    ]


def emitted_s(node: SimulatedNode) -> float:
    """Seconds of sound and silence that its amplifier got since it was installed."""
    return sum(part.frames / part.rate for part in node.segments())


def dropouts(node: SimulatedNode) -> list[float]:
    """When, Unix seconds, sound broke off from one sample to the next and nothing followed for a while: the ring ran dry.

    The emulated board shares its processor with everything else here, and stops for as long as the host lets it wait.
    """
    found: list[float] = []
    for recording, _ in recordings(node):
        samples = recording.samples.astype(np.int32)
        silent = np.concatenate(([0], np.cumsum(samples == 0)))
        ends = np.flatnonzero((np.abs(samples[: -_DROPOUT_SAMPLES - 1]) > STEP_MAX) & (samples[1:-_DROPOUT_SAMPLES] == 0))
        found += [
            recording.start + float(end) / recording.rate
            for end in ends
            if silent[end + 1 + _DROPOUT_SAMPLES] - silent[end + 1] == _DROPOUT_SAMPLES
        ]
    return found


def pcm(path: Path, rate: int) -> Pcm:
    """A file as the nodes would play it at full volume."""
    return np.clip(np.rint(decoded_file(path, rate) * 32767), -32768, 32767).astype(np.int16)


def as_coded(samples: Pcm, codec: str, rate: int) -> Pcm:
    """Samples as they come out of a codec: its noise is the programme's, not the node's."""
    with NamedTemporaryFile(suffix=forms.suffix(codec)) as file:
        file.write(forms.file(codec, samples, rate))
        file.flush()
        return pcm(Path(file.name), rate)


def as_streamed(desk: Station, name: str, path: Path) -> Programme:
    """A file as the station streams it to its area."""
    rate = desk.site.audio.rate
    return Programme(name, rate, as_coded(pcm(path, rate), desk.codec_of(desk.area), rate))


def as_played(desk: Station, name: str) -> Programme:
    """A recording of a station in the form that all its nodes play, as they decode it."""
    codec, rate = desk.codec_of(desk.area), desk.site.audio.rate
    variants = desk.audio.bulletin(name, "normal")["variants"]
    file = desk.audio.file(next(variant["sha256"] for variant in variants if variant["codec"] == codec))
    assert file is not None, "the station has every file that it names"
    return Programme(name, rate, pcm(file, rate))


def built_in(name: str, rate: int, seconds: float) -> Programme:
    """The first seconds of the node's own "chime" or "siren", at full volume."""
    source: Any = chime.Chime(rate) if name == "chime" else chime.Siren(rate, round(seconds * 1000))
    buffer = bytearray(2 * round(seconds * rate))

    async def render() -> None:
        await source.open(0)
        view = memoryview(buffer)
        while len(view) and (count := await source.readinto(view[:4096])):
            view = view[count:]

    try:
        render().send(None)  # it waits for nothing, and whoever asks may have a loop of their own
    except StopIteration:
        return Programme(name, rate, np.frombuffer(buffer, "<i2"))
    raise AssertionError(f"the {name} waits for something")


def _from(recording: Recording, unix: float) -> Recording:
    """What is left of a recording from some moment on."""
    first = max(0, round((unix - recording.start) * recording.rate))
    return Recording(recording.node, recording.start + first / recording.rate, recording.rate, recording.samples[first:])
