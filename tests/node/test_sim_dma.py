"""The ring behind I2S: whole buffers come out as they went in; what does not keep the rules is lost as on the chip."""

from loa.sim.hardware.dma import BUFFER_FRAMES, DmaRing, Transmitter

_RATE = 25_600  # a buffer lasts exactly 10 ms
_BUFFER_US = 10_000
_BUFFER_BYTES = 2 * BUFFER_FRAMES


def _pattern(first, buffers=1):
    """Different buffers, none of them zero."""
    return b"".join([bytes([first + number]) * _BUFFER_BYTES for number in range(buffers)])


class _Board:
    """A ring of so many buffers with a transmitter, and what was heard as a string: the first byte of each buffer, `.` for silence."""

    def __init__(self, buffers, late=()):
        self.now = 0
        self.done = 0
        self._sound = b""
        ring = DmaRing(buffers, 2, _RATE, self._emit, 0)
        self._late = list(late)
        self.transmitter = Transmitter(ring, self._done, 0, _BUFFER_US, lambda: bool(self._late) and self._late.pop(0))

    def pass_buffers(self, count):
        self.now += count * _BUFFER_US
        self.transmitter.run(self.now)

    def deaf(self, count):
        self.now += count * _BUFFER_US
        self.transmitter.deaf(self.now)

    def heard(self):
        starts = range(0, len(self._sound), _BUFFER_BYTES)
        return "".join([chr(self._sound[start]) if self._sound[start] else "." for start in starts])

    def sound(self):
        return self._sound

    def _emit(self, buffer):
        self._sound += bytes(buffer)

    def _done(self):
        self.done += 1


def test_whole_buffers_come_out_bit_exact_and_without_a_gap():
    board = _Board(4)
    sent = b""
    for letter in range(ord("a"), ord("y"), 2):
        piece = _pattern(letter, 2)
        sent += piece
        board.transmitter.write(piece)
        board.pass_buffers(2)
    board.pass_buffers(4)
    assert board.done == 12
    assert sent in board.sound()
    assert "abcdefghijklmnopqrstuvwx" in board.heard()


def test_silence_follows_the_last_buffer_and_nothing_is_repeated():
    board = _Board(4)
    board.pass_buffers(1)
    board.transmitter.write(_pattern(ord("a"), 2))
    board.pass_buffers(12)
    assert board.heard().strip(".") == "ab"
    assert board.heard().endswith("." * 6)


def test_after_an_underrun_the_next_write_is_heard_within_the_ring():
    board = _Board(4)
    board.pass_buffers(21)
    board.transmitter.write(_pattern(ord("a")))
    board.pass_buffers(5)
    assert "a" in board.heard()[21:]


def test_a_write_is_copied_on_the_tick_and_only_then_done():
    board = _Board(4)
    board.pass_buffers(2)
    board.transmitter.write(_pattern(ord("a")))
    board.transmitter.run(board.now + _BUFFER_US - 1)
    assert board.done == 0
    board.pass_buffers(1)
    assert board.done == 1


def test_a_second_write_before_the_first_is_done_is_lost():
    board = _Board(4)
    board.pass_buffers(1)
    board.transmitter.write(_pattern(ord("a")))
    board.transmitter.write(_pattern(ord("b")))
    board.pass_buffers(8)
    assert board.done == 1 and board.heard().strip(".") == "a"


def test_a_write_longer_than_the_ring_takes_as_long_as_it_plays():
    board = _Board(2)
    board.transmitter.write(_pattern(ord("a"), 6))
    board.pass_buffers(4)
    assert board.done == 0
    board.pass_buffers(6)
    assert board.done == 1 and "abcdef" in board.heard()


def test_odd_writes_lose_samples_after_an_underrun():
    assert [_lost_after(_BUFFER_BYTES, pause) for pause in range(5, 10)] == [0] * 5
    assert max([_lost_after(_BUFFER_BYTES - 128, pause) for pause in range(5, 10)]) > 0


def _lost_after(length, pause):
    """Bytes missing of a write of three buffers that follows one of `length` bytes after a pause of so many buffers."""
    board = _Board(4)
    board.pass_buffers(3)
    board.transmitter.write(b"a" * length)
    board.pass_buffers(pause)
    board.transmitter.write(b"b" * 3 * _BUFFER_BYTES)
    board.pass_buffers(12)
    return 3 * _BUFFER_BYTES - board.sound().count(b"b")


def test_a_busy_program_does_not_stop_the_copying():
    board = _Board(4)
    board.transmitter.write(_pattern(ord("a"), 8))
    board.pass_buffers(20)  # as one: nobody ran the ticks in between
    assert board.done == 1 and "abcdefgh" in board.heard()


def test_while_flash_is_erased_the_ring_replays_what_is_in_it():
    board = _Board(4)
    board.transmitter.write(_pattern(ord("a"), 9))
    board.pass_buffers(8)
    before = len(board.heard())
    board.deaf(8)
    replayed = board.heard()[before:]
    assert replayed[:4] == replayed[4:] and replayed.strip(".") and "." not in replayed.strip(".")
    board.pass_buffers(14)
    assert board.heard().endswith("....")


def test_a_write_during_an_erase_is_copied_when_the_task_runs_again():
    board = _Board(4)
    board.pass_buffers(6)
    board.transmitter.write(_pattern(ord("a")))
    board.deaf(4)
    assert board.done == 0
    board.pass_buffers(2)
    assert board.done == 1


def test_a_late_copy_task_copies_on_the_next_tick():
    board = _Board(4, late=[True, True, False])
    board.transmitter.write(_pattern(ord("a")))
    board.pass_buffers(2)
    assert board.done == 0
    board.pass_buffers(1)
    assert board.done == 1


def test_after_an_erase_writes_are_out_of_step_until_the_ring_has_gone_round_in_silence():
    assert not _is_whole_after(laps=0)
    assert _is_whole_after(laps=1)


def _is_whole_after(laps):
    """Whether sixteen buffers come out as they went in, written so many silent laps of the ring after an erase."""
    board = _Board(8)
    board.pass_buffers(20)
    board.deaf(3)
    board.pass_buffers(8 * laps)
    sent = b""
    for letter in range(ord("a"), ord("q"), 2):
        sent += _pattern(letter, 2)
        board.transmitter.write(_pattern(letter, 2))
        board.pass_buffers(2)
    board.pass_buffers(30)
    return sent in board.sound()
