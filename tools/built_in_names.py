"""Writes `built_in_names.txt` of the linker anew: names of constants and classes that the stubs of MicroPython's modules know, in C and frozen, and an image
of its runtime has. Run it as `python tools/built_in_names.py IMAGE`."""

import ast
import builtins
import sys
from importlib.metadata import files
from pathlib import Path

TARGET = Path(__file__).parent.parent / "host_tools" / "loa" / "provision" / "link" / "built_in_names.txt"
_STUBS = "micropython-esp32-stubs"
_MODULES = [
    "aioespnow",
    "bluetooth",
    "core",
    "deflate",
    "dht",
    "ds18x20",
    "errno",
    "esp",
    "esp32",
    "espnow",
    "event",
    "framebuf",
    "io",
    "lock",
    "machine",
    "neopixel",
    "network",
    "onewire",
    "select",
    "simple",
    "socket",
    "ssl",
    "stream",
    "tls",
    "uctypes",
    "vfs",
]


def names_in(image: bytes) -> set[str]:
    """Capitals alone: no method has one, so nothing asks an object for it by its letters."""
    found: set[str] = set()
    for file in files(_STUBS) or ():
        if file.suffix == ".pyi" and file.stem in _MODULES:
            for node in ast.walk(ast.parse(Path(str(file.locate())).read_text(encoding="utf-8"))):
                name = getattr(node, "name", None) or getattr(node, "id", None)
                found |= {name} if isinstance(name, str) else set()
    capitals = {name for name in found if name[0].isupper() and len(name) > 1 and not hasattr(builtins, name)}
    return {name for name in capitals if b"\0" + name.encode() + b"\0" in image}


def main() -> None:
    names = names_in(Path(sys.argv[1]).read_bytes())
    TARGET.write_text("".join(f"{name}\n" for name in sorted(names, key=lambda name: (len(name), name))), encoding="utf-8")


if __name__ == "__main__":
    main()
