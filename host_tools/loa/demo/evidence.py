"""Recognises by ear what a loudspeaker played: which programme, which part of it, from when to when, how well it matches.

The only inputs are what the node emitted and what the programmes sound like; no plan, order or report is looked at. A stretch
shorter than about a quarter of a second is not found, and of two programmes sounding at once only the louder.

How: half-second windows of the recording are looked up in all programmes by normalised cross-correlation, at a low rate and with the
first difference taken, so that a held tone or a hum matches nothing. A window found gives the exact shift between recording
and programme; from there both are compared frame by frame in both directions until they part.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
Floats = NDArray[np.float64]

FRAME_S = 0.020
HOP_S = 0.005

_WINDOW_S = 0.5
_WINDOW_HOP_S = 0.25
_COARSE_RATE = 6_000
_BLOCK = 1 << 14  # samples at the low rate in one transform, several windows long
_WINDOW_MATCH = 0.75  # of half a second; a synthetic voice saying the same words elsewhere comes to 0.7
_NEARLY = 0.85  # of the best match at the low rate: which places are looked at closely
_PLACES_MAX = 8
_FRAME_MATCH = 0.5  # of 20 ms at a known shift
_SILENCE_RMS = 20.0  # -64 dBFS
_QUIET_SHARE = 0.01  # a programme's frame this far below its loudest one says nothing about the match
_LOUD_SHARE = 0.1  # the gain is taken from frames no further below the loudest one
_PART_S = 0.060  # recording and programme have parted when they differ for so long
_SHORTEST_S = 0.3


@dataclass(frozen=True)
class Recording:
    """What one node emitted without a break. `start` is the Unix time in seconds of the first sample."""

    node: str
    start: float
    rate: int
    samples: Pcm

    @property
    def end(self) -> float:
        """Unix time after the last sample."""
        return self.start + len(self.samples) / self.rate


@dataclass(frozen=True)
class Programme:
    """What may have been played, as the node's codec decodes it, at the node's rate and full volume."""

    name: str
    rate: int
    samples: Pcm

    @property
    def ms(self) -> int:
        """Length in milliseconds."""
        return len(self.samples) * 1000 // self.rate


@dataclass(frozen=True)
class Segment:
    """One stretch of one programme as it was heard.

    `start` and `end` are Unix seconds, `from_ms` and `to_ms` the part of the programme, `match` the correlation (0 to 1), `gain` the
    loudest gain against the programme's full volume, `shift` the sample of the programme at sample 0 of the recording.
    """

    node: str
    programme: str
    start: float
    end: float
    from_ms: int
    to_ms: int
    match: float
    gain: float
    shift: int


class Frames(NamedTuple):
    """Recording against programme at one shift, a value for each frame of 20 ms, one frame each 5 ms."""

    match: Floats  # correlation, 0 where either is silent
    gain: Floats  # least-squares gain, 0 where the programme is quiet
    played: Floats  # RMS of the recording
    wanted: Floats  # RMS of the programme


class Listener:
    """Knows some programmes, all of one rate, and finds them in recordings."""

    def __init__(self, programmes: Sequence[Programme]) -> None:
        rates = {programme.rate for programme in programmes}
        if len(rates) != 1:
            raise ValueError(f"programmes need one rate, not {sorted(rates)}")
        self.rate = rates.pop()
        self.programmes = {programme.name: programme for programme in programmes}
        self._factor = max(1, self.rate // _COARSE_RATE)
        self._window = int(_WINDOW_S * self.rate) // self._factor * self._factor
        self._index = _Index(programmes, self._factor, self._window // self._factor)

    def listen(self, recording: Recording) -> list[Segment]:
        """All stretches of known programmes in `recording`, by time, none overlapping another."""
        if recording.rate != self.rate:
            raise ValueError(f"recording of {recording.node} has rate {recording.rate}, programmes {self.rate}")
        samples = recording.samples.astype(np.float64)
        parts: list[_Part] = []
        free, position = 0, 0
        while position + self._window // 2 <= len(samples):
            part = self._part_at(samples, position, free)
            if part is None:
                position += int(_WINDOW_HOP_S * self.rate)
            else:
                parts.append(part)
                free = position = part.end
        return [self._segment(recording, part) for part in parts]

    def _part_at(self, samples: Floats, position: int, free: int) -> "_Part | None":
        """The stretch that begins in the window at `position`; nothing before sample `free` belongs to it.

        A window that is silent to half may be mistaken for another place; the windows after it know better where the sound comes from.
        """
        found = self._part_through(samples, position, free)
        if found is not None:
            for later in (1, 2):
                other = self._part_through(samples, position + later * int(_WINDOW_HOP_S * self.rate), free)
                if other is not None and other.begin < found.end and other.agreed > found.agreed:
                    found = other
        return found

    def _part_through(self, samples: Floats, position: int, free: int) -> "_Part | None":
        """The stretch of a programme that runs through the window at `position` and agrees most."""
        window = samples[position : position + self._window]
        if len(window) < self._window // 2 or _rms(window) < _SILENCE_RMS:
            return None
        places = [_exactly(window, programme, coarse, self._factor) for programme, coarse in self._index.look_up(window)]
        parts = [self._follow(samples, place.programme, place.start - position, position, free) for place in places]
        return max((part for part in parts if part is not None), key=lambda part: part.agreed, default=None)

    def _follow(self, samples: Floats, programme: Programme, shift: int, position: int, free: int) -> "_Part | None":
        """How far recording and programme agree at `shift`, in both directions from the window at `position`."""
        wanted = programme.samples.astype(np.float64)
        first, last = max(free, -shift), min(len(samples), len(wanted) - shift)
        if last - first < _SHORTEST_S * self.rate:
            return None
        frames = compare(samples[first:last], wanted[first + shift : last + shift], self.rate)
        hop = int(HOP_S * self.rate)
        reach = _reach_through(frames, (position - first) // hop, (position + self._window - first) // hop)
        if reach is None:
            return None
        within = slice(reach[0], reach[1] + 1)
        matched = frames.match[within] * frames.played[within]
        loud = frames.match[within] > 0
        return _Part(
            programme=programme,
            shift=shift,
            begin=first + reach[0] * hop,
            end=min(last, first + reach[1] * hop + int(FRAME_S * self.rate)),
            match=float(matched[loud].sum() / frames.played[within][loud].sum()),
            gain=float(frames.gain[within].max()),
            agreed=float(matched.sum()),
        )

    def _segment(self, recording: Recording, part: "_Part") -> Segment:
        return Segment(
            node=recording.node,
            programme=part.programme.name,
            start=recording.start + part.begin / self.rate,
            end=recording.start + part.end / self.rate,
            from_ms=(part.begin + part.shift) * 1000 // self.rate,
            to_ms=(part.end + part.shift) * 1000 // self.rate,
            match=round(part.match, 4),
            gain=round(part.gain, 4),
            shift=part.shift,
        )


class _Part(NamedTuple):
    """A stretch in samples of the recording; `agreed` grows with its length, loudness and match."""

    programme: Programme
    shift: int
    begin: int
    end: int
    match: float
    gain: float
    agreed: float


class _Index:
    """All programmes in a row at a low rate, ready for look-ups of one window length."""

    def __init__(self, programmes: Sequence[Programme], factor: int, window: int) -> None:
        self._factor = factor
        self._window = window
        self._starts: list[tuple[int, Programme]] = []
        pieces = [np.zeros(window)]
        length = window
        for programme in programmes:
            coarse = _coarse(programme.samples.astype(np.float64), factor)
            self._starts.append((length, programme))
            pieces += [coarse, np.zeros(window)]
            length += len(coarse) + window
        row = np.concatenate(pieces)
        self._places = length - window
        # The row is cut into blocks that overlap by a window: many short transforms stay in the cache, one long would not.
        self._step = _BLOCK - window
        blocks = -(-self._places // self._step)
        padded = np.pad(row, (0, blocks * self._step + window - len(row)))
        cut = np.lib.stride_tricks.sliding_window_view(padded, _BLOCK)[:: self._step]
        self._spectra = np.fft.rfft(cut.astype(np.float32))
        energy = np.concatenate(([0.0], np.cumsum(row * row)))
        self._energy = energy[window:][: self._places] - energy[: self._places]

    def look_up(self, window: Floats) -> list[tuple[Programme, int]]:
        """Programmes that may hold `window`, and where in samples, to within the low rate's step (may be negative). None if none does.

        Several: a tone matches a period aside too, and at the low rate even better if the right place lies between two samples.
        """
        piece = _coarse(window, self._factor)[: self._window]
        energy = float((piece * piece).sum())
        if energy == 0.0:
            return []
        products = np.fft.irfft(np.conj(np.fft.rfft(piece.astype(np.float32), _BLOCK)) * self._spectra, _BLOCK)
        product = products[:, : self._step].reshape(-1)[: self._places]
        # A nearly silent place of a programme must not win by rounding errors.
        floor = 1e-4 * float(self._energy.max())
        match = product / np.sqrt(energy * np.maximum(self._energy, floor))
        limit = max(_WINDOW_MATCH, _NEARLY * float(match.max()))
        peaks = np.flatnonzero((match[1:-1] >= limit) & (match[1:-1] >= match[:-2]) & (match[1:-1] >= match[2:])) + 1
        likely = peaks[np.argsort(match[peaks])[-_PLACES_MAX:]].tolist()
        return [self._place(peak) for peak in likely]

    def _place(self, peak: int) -> tuple[Programme, int]:
        start, programme = min(self._starts, key=lambda known: _distance(peak, known[0], self._factor, known[1]))
        return programme, (peak - start) * self._factor


def _distance(place: int, start: int, factor: int, programme: Programme) -> int:
    end = start + len(programme.samples) // factor
    return max(start - place, place - end, 0)


def compare(played: Floats, wanted: Floats, rate: int) -> Frames:
    """Frame by frame, how `played` follows `wanted`; both have the same length, at least one frame."""
    frame, hop = int(FRAME_S * rate), int(HOP_S * rate)

    def sums(values: Floats) -> Floats:
        total = np.concatenate(([0.0], np.cumsum(values)))
        return (total[frame:] - total[:-frame])[::hop]

    played_energy, wanted_energy, product = sums(played * played), sums(wanted * wanted), sums(played * wanted)
    quiet = max(_SILENCE_RMS, _QUIET_SHARE * float(np.sqrt(max(wanted_energy.max(), 0.0) / frame)))
    played_rms, wanted_rms = np.sqrt(np.maximum(played_energy, 0) / frame), np.sqrt(np.maximum(wanted_energy, 0) / frame)
    both = (played_rms > 1.0) & (wanted_rms > quiet)
    loud = both & (wanted_rms > _LOUD_SHARE * wanted_rms.max())
    match, gain = np.zeros(len(product)), np.zeros(len(product))
    match[both] = product[both] / np.sqrt(played_energy[both] * wanted_energy[both])
    gain[loud] = product[loud] / wanted_energy[loud]
    return Frames(match, np.maximum(gain, 0.0), played_rms, wanted_rms)


def _reach_through(frames: Frames, first: int, last: int) -> tuple[int, int] | None:
    """First and last frame of the agreeing stretch through the best frame of `first` to `last`; None if it is too short."""
    agree = frames.match > _FRAME_MATCH
    gains = frames.gain[agree & (frames.gain > 0)]
    usual = float(np.median(gains)) if len(gains) else 0.0
    quiet = max(_SILENCE_RMS, usual * _QUIET_SHARE * frames.wanted.max())
    # Where the programme itself is quiet a frame proves nothing, unless the recording is loud there.
    differ = ~agree & ~((frames.wanted <= _QUIET_SHARE * frames.wanted.max()) & (frames.played <= 4 * quiet))
    first, last = max(first, 0), min(last, len(agree))
    if first >= last or not agree[first:last].any():
        return None
    seed = first + int(np.argmax(np.where(agree[first:last], frames.played[first:last], -1.0)))
    begin = seed - _reach(agree[seed::-1], differ[seed::-1])
    end = seed + _reach(agree[seed:], differ[seed:])
    if (end - begin) * HOP_S < _SHORTEST_S:
        return None
    return begin, end


def _reach(agree: NDArray[np.bool_], differ: NDArray[np.bool_]) -> int:
    """How many frames on from the first the last agreeing one lies, before the two part for good."""
    patience = round(_PART_S / HOP_S)
    furthest = apart = 0
    for index in range(len(agree)):
        if agree[index]:
            furthest, apart = index, 0
        elif differ[index]:
            apart += 1
            if apart > patience:
                break
    return furthest


class _Place(NamedTuple):
    match: float
    programme: Programme
    start: int


def _exactly(window: Floats, programme: Programme, coarse: int, factor: int) -> _Place:
    """Where in the programme the window begins, to the sample, near `coarse`, and how well it matches there (not normalised by the window)."""
    wanted = programme.samples
    best = _Place(-np.inf, programme, coarse)
    for start in range(coarse - 2 * factor, coarse + 2 * factor + 1):
        first, last = max(start, 0), min(start + len(window), len(wanted))
        if last > first:
            there = wanted[first:last].astype(np.float64)
            # Sums, not np.dot: for so few numbers its threads cost more than they bring.
            product = float((window[first - start : last - start] * there).sum()) / np.sqrt(max(float((there * there).sum()), 1.0))
            if product > best.match:
                best = _Place(product, programme, start)
    return best


def _coarse(samples: Floats, factor: int) -> Floats:
    """`samples` low-passed, thinned by `factor`, and differenced so that its spectrum is flatter."""
    if factor > 1:
        taps = np.arange(-4 * factor, 4 * factor + 1)
        kernel = np.sinc(0.8 * taps / factor) * np.hanning(len(taps) + 2)[1:-1]
        samples = np.convolve(samples, kernel / kernel.sum(), mode="same")[::factor]
    return np.diff(samples, prepend=0.0)


def _rms(samples: Floats) -> float:
    return float(np.sqrt(np.mean(samples * samples)))


def heard_share(segments: Iterable[Segment], programme: Programme) -> float:
    """How much of the programme's sounding length the segments cover together, 0 to 1; its own silences are not asked for."""
    frame = int(FRAME_S * programme.rate)
    whole = programme.samples[: len(programme.samples) // frame * frame].astype(np.float64).reshape(-1, frame)
    loudness = np.sqrt(np.mean(whole * whole, axis=1))
    sounding = loudness > max(_SILENCE_RMS, _QUIET_SHARE * float(loudness.max(initial=0.0)))
    if not sounding.any():
        return 0.0
    middle_ms = (np.arange(len(whole)) + 0.5) * FRAME_S * 1000
    heard = np.zeros(len(whole), dtype=bool)
    for segment in segments:
        if segment.programme == programme.name:
            heard |= (segment.from_ms <= middle_ms) & (middle_ms < segment.to_ms)
    return float((heard & sounding).sum() / sounding.sum())


def delay_ms(segments: Iterable[Segment], programme: str, published: float) -> int | None:
    """Milliseconds from `published` (Unix seconds) to the first sample of `programme` heard after it; None if it never was."""
    starts = [segment.start for segment in segments if segment.programme == programme and segment.end > published]
    return round((min(starts) - published) * 1000) if starts else None
