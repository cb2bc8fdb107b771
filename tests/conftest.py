"""What every test needs: MicroPython's extras on CPython."""

import compat

compat.install()
