"""Writes the generated modules of firmware/node/audio/mp3. `--check` compares instead and ends with 1 where one differs."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
TARGET = HERE.parent.parent / "firmware" / "node" / "audio" / "mp3"

from hybrid import imdct_module
from synthesis import dct32_module, window_module
from tables import tables_module


def modules() -> dict[str, str]:
    """The text of each generated module by its file name."""
    return {"dct32.py": dct32_module(), "window.py": window_module(), "imdct.py": imdct_module(), "tables.py": tables_module()}


def main() -> int:
    stale = [name for name, text in modules().items() if not (TARGET / name).exists() or (TARGET / name).read_text() != text]
    if "--check" in sys.argv:
        print("\n".join(f"{name} is not what tools/mp3/make.py writes" for name in stale) or "mp3: generated modules are current")
        return 1 if stale else 0
    for name in stale:
        (TARGET / name).write_text(modules()[name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
