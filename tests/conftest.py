"""What every test needs: MicroPython's extras on CPython, and the plugin that simulated communes come from."""

import compat

compat.install()

pytest_plugins = ["loa.testing.plugin"]
