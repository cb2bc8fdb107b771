"""What `machine.I2S` may be asked for, as far as it is emulated: one check for the ring that is heard and the one that counts."""

RX, TX = 0x01, 0x02
MONO, STEREO = 0, 1
_UNITS = 2


def channels_of(unit, mode, bits, format):
    """Channels of a transmitter. ValueError for what the hardware or the emulation cannot do."""
    if not 0 <= unit < _UNITS:
        raise ValueError("invalid id")
    if mode != TX:
        raise ValueError("only TX is emulated")
    if bits not in (16, 32) or format not in (MONO, STEREO):
        raise ValueError("invalid bits or format")
    return 2 if format == STEREO else 1
