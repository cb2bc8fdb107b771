"""Makes the MP3 files of this folder with LAME (through PyAV). `vectors.json` holds, for each, the frames and rate of what FFmpeg plays of it."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent.parent))

from tests.mp3 import lame, tags
from tests.mp3.header import frames, parse
from tests.mp3.judge import decode_file


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
        (HERE / name).write_bytes(content)
        sound = decode_file(content)
        header = parse(next(iter(frames(constant if name.startswith("variable") else content)))[1])
        assert header is not None
        vectors[name] = {"frames": sound.shape[1], "rate": header.rate, "told": not name.startswith("untold")}
    (HERE / "vectors.json").write_text(json.dumps(vectors, indent=1) + "\n")


def without_tag(content: bytes) -> bytes:
    """Frames of sound only."""
    return b"".join(frame for _, frame in list(frames(content))[1:])


if __name__ == "__main__":
    main()
