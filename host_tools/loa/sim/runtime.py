"""Which Python runs the nodes here: MicroPython if there is one that executes viper code, otherwise CPython."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from loa.language import _
from loa.provision.slot import ARCHITECTURES

_PROBE = "import sys, json; print(json.dumps([sys.implementation.version[:3], sys.implementation._mpy >> 10]))"
_OLDEST = (1, 23, 0)


@dataclass(frozen=True)
class Runtime:
    """`command`: the interpreter; `march`: for mpy-cross, None where modules stay source; `says`: one line for people."""

    name: str
    command: Path
    march: str | None
    says: str

    @property
    def is_micropython(self) -> bool:
        """True if it is the real MicroPython."""
        return self.march is not None


def find_runtime() -> Runtime:
    """MicroPython beside this Python (from PyPI), else on PATH, else this CPython, with the reason."""
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        return cpython(_("there is no micropython on this machine"))
    return _probe(Path(found))


def cpython(why: str) -> Runtime:
    """The runtime that is always there; `why` it is used."""
    return Runtime(
        "cpython", Path(sys.executable), None, _("nodes run on CPython {version}: {why}", version=sys.version.split()[0], why=why)
    )


def _probe(command: Path) -> Runtime:
    try:
        answer = subprocess.run([command, "-c", _PROBE], capture_output=True, text=True, timeout=30, check=True).stdout
        version, architecture = json.loads(answer)
    except (OSError, subprocess.SubprocessError, ValueError) as failure:
        return cpython(_("{command} does not answer ({failure})", command=command, failure=failure))
    text = ".".join(map(str, version))
    if tuple(version) < _OLDEST:
        return cpython(_("{command} is {version}, older than 1.23", command=command, version=text))
    march = ARCHITECTURES.get(architecture)
    if march is None:
        return cpython(_("{command} {version} cannot run native code on this processor", command=command, version=text))
    return Runtime(
        "micropython",
        command,
        march,
        _("nodes run on MicroPython {version} ({march}): {command}", version=text, march=march, command=command),
    )
