"""The wire between a node's process and its supervisor, who is the watchdog circuit, the reset line and the access point.

Up go lines: `watchdog <ms>`, `fed`, `reset hard`, `reset soft`, `interrupt <character>`. Down comes what has changed around the board, as JSON
with its length before it.
"""

import json

FED = b"fed\n"
RESET_HARD = b"reset hard\n"
RESET_SOFT = b"reset soft\n"
INTERRUPT = b"interrupt "
PRESSED = "pressed"  # a member of what is told of the world, not kept there: somebody pressed that character
_LENGTH_DIGITS = 4


def watchdog(milliseconds):
    """The line that starts the watchdog or gives it another time-out."""
    return b"watchdog %d\n" % milliseconds


def interrupt(character):
    """The line that says which character interrupts the program, -1 for none."""
    return INTERRUPT + b"%d\n" % character


def surroundings(changed):
    """What goes down: a dict of `loa.sim.hardware.surroundings`, or those of its members that are new."""
    text = json.dumps(changed).encode()
    return b"%0*x" % (_LENGTH_DIGITS, len(text)) + text


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
        """What has changed around the board, as a dict; None if nothing has. EOFError if the supervisor has gone."""
        if self._stream is None or not self._readable():
            return None
        return json.loads(self._read(int(self._read(_LENGTH_DIGITS), 16)))

    def _read(self, count):
        data = b""
        while len(data) < count:
            try:
                piece = self._stream.read(count - len(data))
            except OSError:  # it went with words of ours unread
                piece = b""
            if not piece:
                raise EOFError
            data += piece
        return data
