"""The import contracts in pyproject.toml really see what they forbid: each is broken once, in a copy."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
VIOLATIONS = {
    "Logic never imports machine, network or esp32": (
        "firmware/node/store/violation.py",
        "def late():\n    import machine\n    machine.reset()\n",
    ),
    "The plan is pure": ("firmware/node/plan/violation.py", "import time\n"),
    "Only duties and app know several parts": ("firmware/node/link/violation.py", "from node.store import files\n"),
    "The host takes firmware modules from loa.firmware alone": ("host_tools/loa/site/violation.py", "from node.bus import topics\n"),
    "Firmware knows neither the host nor the simulator": ("firmware/node/link/other.py", "import emulation\n"),
}


def broken(root):
    """Which contracts a run in `root` finds broken."""
    environment = os.environ | {"PYTHONPATH": f"{root / 'firmware'}{os.pathsep}{root / 'host_tools'}"}
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "pyproject.toml"]
    lines = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False).stdout.splitlines()
    return {name for name in VIOLATIONS if any(line.startswith(name) and "BROKEN" in line for line in lines)}


@pytest.fixture
def copy(tmp_path):
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for folder in ("firmware", "host_tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_contract_can_be_broken(copy):
    for path, text in VIOLATIONS.values():
        (copy / path).write_text(text)
    assert broken(copy) == set(VIOLATIONS)
