"""Puts models of chips on the emulated board: codecs, clocks and sensors on I2C, modems on a UART.

`soldered.json` names a module of the host and the folder it lies in; its `fit(chip)` gets the emulated chip and returns a dict with `("i2c", unit)`: list of
chips as `loa.sim.esp32.i2c` wants them, and `("uart", unit)`: a peer as `loa.sim.esp32.uart` wants it. Both may be missing.
"""

import sys

from chip import CHIP

_FITTED = {}


def fit():
    """Load the module and let it fit its models. Once, while the host's files can be found."""
    module = CHIP.soldered.get("models")
    if module:
        sys.path.append(module["folder"])
        _FITTED.update(__import__(module["name"]).fit(CHIP))
        sys.path.remove(module["folder"])


def put(models):
    """Fit models by hand, on a bench."""
    _FITTED.update(models)


def chips(unit):
    """What is on an I2C bus."""
    return _FITTED.get(("i2c", unit), [])


def peer(unit):
    """Who is at the other end of a UART, None if nobody is."""
    return _FITTED.get(("uart", unit))
