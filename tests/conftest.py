"""What every test needs: MicroPython's extras on CPython, the packages of this folder, and the plugin that simulated communes come from."""

import sys
from pathlib import Path

import compat

sys.path.append(str(Path(__file__).resolve().parent.parent))

compat.install()

pytest_plugins = ["loa.testing.plugin", "tests.dealing", "tests.ending"]
