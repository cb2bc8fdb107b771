"""The wire between a node's process and its supervisor, who is the watchdog circuit, the reset line and the access point.

Up go lines: `watchdog <ms>`, `fed`, `reset hard`, `reset soft`, `interrupt <character>`. Down come single bytes: `0` the link is cut, `1` it is back.
"""

CUT = b"0"
RESTORED = b"1"
FED = b"fed\n"
RESET_HARD = b"reset hard\n"
RESET_SOFT = b"reset soft\n"
INTERRUPT = b"interrupt "


def watchdog(milliseconds):
    """The line that starts the watchdog or gives it another time-out."""
    return b"watchdog %d\n" % milliseconds


def interrupt(character):
    """The line that says which character interrupts the program, -1 for none."""
    return INTERRUPT + b"%d\n" % character


class Lifeline:
    """`stream`: unbuffered binary file, or None for a process without a supervisor; `readable()`: whether it has a byte."""

    def __init__(self, stream, readable):
        self._stream = stream
        self._readable = readable

    def __bool__(self):
        return self._stream is not None

    def say(self, line):
        """Tell the supervisor; without one nobody listens, as on a board whose watchdog is out of order."""
        if self._stream is not None:
            self._stream.write(line)

    def heard(self):
        """The next byte from the supervisor, None if there is none, empty if the supervisor has gone."""
        if self._stream is None or not self._readable():
            return None
        try:
            return self._stream.read(1)
        except OSError:  # it went with words of ours unread
            return b""
