"""Makes the MP3 files of this folder with LAME (through PyAV). `vectors.json` holds, for each, the frames and rate of what FFmpeg plays of it, or of what
is the same sound in frames that it knows; `free`: bytes of a frame of free format without padding."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent.parent))

from tests.mp3 import lame, tags
from tests.mp3.header import FREE, frames, parse
from tests.mp3.judge import decode_file
from tests.mp3.pack import pack, unpack

FREE_BYTES = {24000: 150, 44100: 330}


def main() -> None:
    voice, pair = lame.sounds(24000, 1.3, 1, 24), lame.sounds(44100, 0.7, 2, 44)
    constant = lame.file(voice, 24000, 48, id3v2_version="0")
    files = {
        "constant-24000.mp3": constant,
        "variable-24000.mp3": tags.id3v2(b"title", 40)
        + lame.file(voice, 24000, 48, 4.0, id3v2_version="0")
        + tags.ape(b"title")
        + tags.id3v1(b"title"),
        "untold-24000.mp3": without_tag(constant),
        "padded-44100.mp3": lame.file(pair, 44100, 96, id3v2_version="0"),
    }
    vectors = {}
    for name, content in files.items():
        sound = decode_file(content)
        header = parse(next(iter(frames(constant if name.startswith("variable") else content)))[1])
        assert header is not None
        vectors[name] = {"frames": sound.shape[1], "rate": header.rate, "told": not name.startswith("untold")}
    for name, origin in (("free-24000.mp3", "constant-24000.mp3"), ("free-44100.mp3", "padded-44100.mp3")):
        vectors[name] = vectors[origin] | {"free": FREE_BYTES[int(vectors[origin]["rate"])]}
        files[name] = free_format(files[origin], int(vectors[name]["free"]))
    for name, content in files.items():
        (HERE / name).write_bytes(content)
    (HERE / "vectors.json").write_text(json.dumps(vectors, indent=1) + "\n")


def free_format(content: bytes, size: int) -> bytes:
    """The same sound in frames of so many bytes, each third with one of padding, behind the tag of `content`, whose frame stays as it is."""
    (_, tag), *sound = frames(content)
    pieces = enumerate(unpack(sound))
    free = [(header.with_(kbits=FREE, free_bytes=size, padding=int(n % 3 == 0)), side, main) for n, (header, side, main) in pieces]
    return tag + pack(free)


def without_tag(content: bytes) -> bytes:
    """Frames of sound only."""
    return b"".join(frame for _, frame in list(frames(content))[1:])


if __name__ == "__main__":
    main()
