"""What the decoder holds: bytes of its buffers, of its tables and of its machine code."""

from array import array
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.mp3.chip import compiled, sources


def state_bytes(stereo: bool) -> int:
    """Bytes of all buffers that a Decoder makes; views of them, tables and the few objects around them do not count."""
    from node.audio.mp3.decoder import Decoder

    return sum(_buffers(Decoder(stereo=stereo), set()))


def _buffers(held: Any, seen: set[int]) -> list[int]:
    if id(held) in seen:
        return []
    seen.add(id(held))
    if isinstance(held, bytearray):
        return [len(held)]
    if isinstance(held, array):
        return [len(held) * held.itemsize]
    if isinstance(held, tuple | list):
        return [size for part in held for size in _buffers(part, seen)]
    if type(held).__module__.startswith("node.audio.mp3"):
        return [size for part in vars(held).values() for size in _buffers(part, seen)]
    return []


def code_bytes() -> dict[str, dict[str, int]]:
    """Of each module as it goes onto the chip: `native`, and `constants`, which are tables and texts."""
    with TemporaryDirectory() as folder:
        modules = {path.stem: compiled(path, Path(folder)) for path in sources()}
    return {name: {"native": module.native_bytes, "constants": module.constants_bytes} for name, module in modules.items()}
