"""A file system that the power can leave at any write: littlefs on the NOR model where VfsLfs2 is, a temporary folder elsewhere."""

import asyncio
import os
import sys

from loa.sim.hardware.flash import NorFlash, Power, blank

ON_FLASH = sys.implementation.name == "micropython"
_POINT = "/store"
_BLOCKS = 64


class Disk:
    """`path`: the folder to use while mounted. `cells`: the flash, None on POSIX, where no cut is injected."""

    def __init__(self, blocks=_BLOCKS):
        self.path = None
        self.cells = None
        if ON_FLASH:
            self.cells = blank(blocks)
            vfs.VfsLfs2.mkfs(NorFlash(self.cells))
            self.path = _POINT
        else:
            self.path = tempfile.mkdtemp()
        self.flash = None

    def boot(self, power=None):
        """Mount as after power-on; what was open before is dead."""
        self.close()
        if ON_FLASH:
            self.flash = NorFlash(self.cells, power or Power())
            vfs.mount(vfs.VfsLfs2(self.flash), _POINT)

    def close(self):
        """Unmount whatever is mounted, also what a test that failed has left."""
        if ON_FLASH:
            try:
                vfs.umount(_POINT)
            except OSError:
                pass


def run(coroutine):
    """asyncio.run that leaves nothing behind when the power fails in it."""
    try:
        return asyncio.run(coroutine)
    finally:
        if ON_FLASH:
            asyncio.new_event_loop()


def names(folder):
    return sorted(os.listdir(folder))


if ON_FLASH:
    import vfs
else:
    import tempfile
