"""A lock on an open file that vanishes with the process which holds it, however that ends; on Windows too."""

from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    def locked(file: IO[bytes], *, alone: bool) -> bool:
        """Take the lock of a file, without waiting; False if somebody has it. Here everybody who has it is `alone`."""
        del alone
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True

else:

    def locked(file: IO[bytes], *, alone: bool) -> bool:
        """Take the lock of a file, without waiting; False if somebody has it. Those who are not `alone` have it together."""
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
