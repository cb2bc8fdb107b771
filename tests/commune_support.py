"""A commune as tests and benches live it: voices that an ear can tell apart, what each node emitted of them, and waiting with a deadline.

Nothing here knows what should have happened. The voices are soft noise below two hundred hertz, each another: half a second of one is like no
other, and their own steps are so small that a click in the middle of them is one.
"""

import asyncio
import time
import wave
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

import loa.demo
import loa.firmware  # the firmware's modules can be imported from here on
from loa.demo.clicks import STEP_MAX, Click, find_clicks
from loa.demo.evidence import Listener, Programme, Segment
from loa.demo.verdict import pcm, recordings
from loa.sim.commune import Commune
from loa.sim.node import SimulatedNode
from loa.site.load import load_site
from loa.site.model import Site
from node.audio.sources import chime

AREA = "son-la/moc-chau"
NODE = "ban-la-1"
_VOICE_RATE = 24_000
_OWN_STEP = 0.025  # of full scale, in a voice at full loudness
_DROPOUT_SAMPLES = 120  # exact zeros, 5 ms
_DROPOUT_EDGE_S = 0.2  # around a dropout the ear is not sure what sounds
_SMOOTH = 128  # samples: what is left of the noise lies below some 200 Hz


def waking_site() -> Site:
    """The demo's site without quiet hours, so that it sounds at any time of day."""
    return load_site(Path(loa.demo.__file__).parent / "site.toml").model_copy(update={"quiet": []})


def voice(name: str, seconds: float, folder: Path) -> Path:
    """A WAV file like no other name's, the same each time."""
    noise = np.random.default_rng(zlib.crc32(name.encode())).normal(0, 1, round(seconds * _VOICE_RATE) + 2 * _SMOOTH)
    kernel = np.hanning(_SMOOTH + 2)[1:-1]
    samples = np.convolve(noise, kernel, mode="same")[_SMOOTH:-_SMOOTH]
    path = folder / f"{name}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_VOICE_RATE)
        file.writeframes((samples / np.abs(samples).max() * 20_000).astype("<i2").tobytes())
    return path


def plan_text(zone: str, slots: Mapping[str, float], late_s: int) -> str:
    """A plan file with one slot for each bulletin, named as it is, at a Unix second of today."""
    lines = [f"[bulletins.{name}]" for name in slots]
    for name, unix in slots.items():
        start = datetime.fromtimestamp(unix, ZoneInfo(zone))
        lines += ["[[slots]]", f'id = "{name}"', f'bulletin = "{name}"', f'at = ["{start:%H:%M:%S}"]']
        lines += [f"dates = [{start:%Y-%m-%d}]", f"late = {late_s}"]
    return "\n".join(lines)


def eventually(condition: Callable[[], object], what: str, within_s: float = 20.0) -> None:
    """Wait until something is true; fail with its name if it is not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(0.02)


def as_played(commune: Commune, name: str) -> Programme:
    """A recording of the station as its nodes decode it."""
    codec, rate = commune.site.audio.codecs[0], commune.site.audio.rate
    variants = commune.desk.audio.bulletin(name, "normal")["variants"]
    file = commune.desk.audio.file(next(variant["sha256"] for variant in variants if variant["codec"] == codec))
    assert file is not None
    return Programme(name, rate, pcm(file, rate))


def built_in(name: str, rate: int, seconds: float) -> Programme:
    """The first seconds of the node's own "chime" or "siren", at full volume."""
    source = chime.Chime(rate) if name == "chime" else chime.Siren(rate, round(seconds * 1000))
    buffer = bytearray(2 * round(seconds * rate))

    async def render() -> None:
        await source.open(0)
        view = memoryview(buffer)
        while len(view) and (count := await source.readinto(view[:4096])):
            view = view[count:]

    asyncio.run(render())
    return Programme(name, rate, np.frombuffer(buffer, "<i2"))


class Ear:
    """Listens to what nodes emitted, and knows some programmes."""

    def __init__(self, programmes: Iterable[Programme]) -> None:
        self.programmes = {programme.name: programme for programme in programmes}
        self._listener = Listener(list(self.programmes.values()))

    def heard(self, node: SimulatedNode, programme: str | None = None, since: float = 0.0) -> list[Segment]:
        """The stretches of all programmes, or of one, that began at Unix seconds `since` or later."""
        found = [segment for recording, _ in recordings(node) if recording.end > since for segment in self._listener.listen(recording)]
        return [segment for segment in found if segment.start >= since and programme in (None, segment.programme)]

    def clicks(self, node: SimulatedNode) -> list[Click]:
        """Every click of its whole life, but for those at dropouts, and no larger than steps that the voices have themselves.

        In a piece of a voice that is too short for the ear, the voice's own steps are explained by nothing.
        """
        gaps = dropouts(node)
        return [
            click
            for recording, power_lost in recordings(node)
            for click in find_clicks(recording, self._listener.listen(recording), self.programmes, power_lost=power_lost)
            if click.step > _OWN_STEP and not any(abs(click.at - gap) < _DROPOUT_EDGE_S for gap in gaps)
        ]


def dropouts(node: SimulatedNode) -> list[float]:
    """When, Unix seconds, sound broke off from one sample to the next and nothing followed for a while: the ring ran dry.

    The emulated board shares its processor with everything else here, and stops for as long as the host lets it wait.
    """
    found = []
    for recording, _ in recordings(node):
        samples = recording.samples.astype(np.int32)
        silent = np.concatenate(([0], np.cumsum(samples == 0)))
        ends = np.flatnonzero((np.abs(samples[: -_DROPOUT_SAMPLES - 1]) > STEP_MAX) & (samples[1:-_DROPOUT_SAMPLES] == 0))
        found += [
            recording.start + end / recording.rate
            for end in ends
            if silent[end + 1 + _DROPOUT_SAMPLES] - silent[end + 1] == _DROPOUT_SAMPLES
        ]
    return found


def emitted_s(node: SimulatedNode) -> float:
    """Seconds of sound and silence that its amplifier got since it was installed."""
    return sum(part.frames / part.rate for part in node.segments())
