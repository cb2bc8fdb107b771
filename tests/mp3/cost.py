"""What decoding costs on the chip, from its own machine code: `python -m tests.mp3.cost [NAME...]` prints instructions per output sample, by kernel.

Kernels are counted exactly, see `tests.mp3.xtensa`. Between them runs bytecode; it is counted too, and an instruction count for it estimated.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tests.mp3 import catalogue, lame
from tests.mp3.chip import bytecodes, machine_code
from tests.mp3.judge import Difference, decode_stream, difference, mixed

from loa.demo import audio
from loa.station.decode import decoded_file

# docs/board.md: a loop body of five operations is 960 instructions of an emulated ESP32; such an operation is some two bytecodes.
INSTRUCTIONS_A_BYTECODE = 96
_WARM = 4  # granules before counting begins
_GRANULES = 120
_DEMO = Path(audio.__file__).parent
_SECONDS = 4
_PIECE = 512
_SAMPLES = 576


def speech() -> catalogue.Stream:
    """A voice as the station makes it for nodes: 24 kHz mono, 48 kbit/s."""
    sound = decoded_file(_DEMO / "nong-vu.mp3", 24000)[np.newaxis, : _SECONDS * 24000]
    content = lame.stream(0.7 * sound / np.max(np.abs(sound)), 24000, 48)
    return catalogue.Stream("speech-24000-mono-48", content, decode_stream(content))


def music() -> catalogue.Stream:
    """A tune in joint stereo, 44.1 kHz, 128 kbit/s; the second channel has a part of its own."""
    tune = decoded_file(_DEMO / "truc-tiep.mp3", 44100)[: _SECONDS * 44100]
    sound = np.array([tune, 0.8 * tune + 0.2 * np.roll(tune, 9973)])
    content = lame.stream(0.7 * sound / np.max(np.abs(sound)), 44100, 128)
    return catalogue.Stream("music-44100-joint-128", content, decode_stream(content))


OWN: dict[str, Callable[[], catalogue.Stream]] = {"speech-24000-mono-48": speech, "music-44100-joint-128": music}


def stream_of(name: str) -> catalogue.Stream:
    """One of `OWN`, or of the catalogue."""
    return OWN[name]() if name in OWN else catalogue.make(name)


@dataclass(frozen=True)
class Cost:
    """Of one stream to mono: `kernels` in instructions per output sample by kernel, `bytecodes` per granule of 576 samples by function,
    `worst` the dearest granule's instructions in kernels, `difference` of the sound that the machine code made."""

    name: str
    kernels: dict[str, float]
    bytecodes: dict[str, float]
    worst: int
    difference: Difference

    @property
    def kernel_instructions(self) -> float:
        """Per output sample."""
        return sum(self.kernels.values())

    @property
    def bytecode_instructions(self) -> float:
        """Per output sample, estimated."""
        return sum(self.bytecodes.values()) * INSTRUCTIONS_A_BYTECODE / _SAMPLES


def cost(name: str, granules: int = _GRANULES) -> Cost:
    """Decode so many granules of a stream of the catalogue, as int16 as a node does, behind a few that count for nothing; once more as machine code."""
    stream = stream_of(name)
    with machine_code() as memory:
        decoding = Decoding(stream.content)
        for _ in range(_WARM):
            decoding.granule()
        before, worst = dict(memory.instructions), 0
        for _ in range(granules):
            held = sum(memory.instructions.values())
            decoding.granule()
            worst = max(worst, sum(memory.instructions.values()) - held)
        samples = granules * _SAMPLES
        kernels = {kernel: (count - before.get(kernel, 0)) / samples for kernel, count in memory.instructions.items()}
        exact = Decoding(stream.content)
        heard = np.concatenate([exact.exactly() for _ in range(granules)])[np.newaxis, :]
    decoding = Decoding(stream.content)
    with machine_code(), bytecodes() as counts:
        for _ in range(granules):
            decoding.granule()
    wanted = mixed(stream.wanted)[:, : heard.shape[1]]
    ordered = dict(sorted(kernels.items(), key=lambda entry: -entry[1]))
    return Cost(name, ordered, {where: count / granules for where, count in counts.most_common()}, worst, difference(heard, wanted))


class Decoding:
    """A decoder, and bytes for it without end."""

    def __init__(self, content: bytes) -> None:
        from node.audio.mp3.decoder import Decoder

        self._decoder = Decoder(stereo=False, trim=False)
        self._content = bytearray(content)
        self._at = 0
        self._out = bytearray(2 * _SAMPLES)
        self._exact = bytearray(4 * _SAMPLES)

    def granule(self) -> None:
        """The next granule as int16."""
        self._make(lambda: self._decoder.decode_into(self._out, 0, _SAMPLES))

    def exactly(self) -> Any:
        """The next granule, full scale 1.0."""
        n = self._make(lambda: self._decoder.decode_granule(self._exact))
        return np.frombuffer(bytes(self._exact[: 4 * n]), np.int32) / float(1 << 24)

    def _make(self, decode: Any) -> int:
        while not (made := decode()):
            taken = self._decoder.feed(self._content, min(len(self._content), self._at + _PIECE), self._at)
            if not taken:
                raise RuntimeError("the stream is too short")
            self._at += taken
        return int(made)


def main(arguments: Sequence[str]) -> int:
    for name in arguments or OWN:
        found = cost(name)
        print(
            f"{name}: {found.kernel_instructions:.0f} instructions a sample in kernels, worst granule {found.worst / _SAMPLES:.0f} a sample"
        )
        for kernel, count in found.kernels.items():
            print(f"  {kernel:32} {count:8.1f}")
        print(f"  bytecodes {sum(found.bytecodes.values()):.0f} a granule, about {found.bytecode_instructions:.0f} instructions a sample")
        for where, count in list(found.bytecodes.items())[:12]:
            print(f"  {where:32} {count:8.1f}")
        print(f"  as the chip computes it: rms {found.difference.rms:.2e}, max {found.difference.max:.2e}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
