"""Type-checks firmware/ against the stubs of MicroPython for ESP32, not CPython's: a name, module, attribute or argument that the chip lacks fails.

mypy wants stubs as a folder of its own, so they are first copied from where pip put them into build/typings.
"""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TYPINGS = ROOT / "build" / "typings"
STUBS = ("micropython-esp32-stubs", "micropython-stdlib-stubs")
# What MicroPython 1.23 for ESP32 has and its stubs do not know. An entry that is no longer needed fails too.
STUBS_LACK = (
    ("node/link/tls.py", '"SSLContext" has no attribute "verify_mode"'),
    ("node/link/tcp.py", 'Module has no attribute "core"'),
    ("node/bell.py", 'Module has no attribute "core"'),
)


def lay_out() -> None:
    """Copy the stubs to build/typings, anew each time."""
    shutil.rmtree(TYPINGS, ignore_errors=True)
    for distribution in STUBS:
        for file in metadata.files(distribution) or ():
            if file.suffix == ".pyi" or file.name == "VERSIONS":
                target = TYPINGS / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target)


def main() -> int:
    """0 if mypy finds nothing but what the stubs are known to lack."""
    lay_out()
    command = [sys.executable, "-m", "mypy", f"--config-file={ROOT / 'tools' / 'firmware_mypy.ini'}", "--no-error-summary", "."]
    run = subprocess.run(command, cwd=ROOT / "firmware", capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        print(run.stdout + run.stderr)
        return run.returncode
    # The stubs have blemishes of their own.
    found = [line for line in run.stdout.splitlines() if ": error: " in line and not line.startswith(str(TYPINGS))]
    excused = {lack for lack in STUBS_LACK if any(line.startswith(lack[0]) and lack[1] in line for line in found)}
    problems = [f"firmware/{line}" for line in found if not any(line.startswith(file) and text in line for file, text in excused)]
    problems += [f"tools/check_firmware_types.py: no longer needed: {lack}" for lack in STUBS_LACK if lack not in excused]
    print("\n".join(problems) or "firmware types: no unknown name, module, attribute or argument")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
