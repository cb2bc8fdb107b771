"""A cache on a disk that the power can leave, and a server of three files that it may fetch."""

from support_files import ADDRESS, Server, variant
from support_store import Disk, names, run

from node.refusal import Refused
from node.store.cache import Cache
from node.store.gate import EraseGate

QUOTA = 160_000


def content(seed, size):
    return bytes((seed * 31 + place * 7 + (place >> 8)) & 0xFF for place in range(size))


A = content(1, 30_000)
B = content(2, 9_000)
C = content(3, 4_096)


class Bench:
    """A cache on a disk, and a server that has A, B and C."""

    def __init__(self, quota=QUOTA, disk=None):
        self.disk = disk or Disk()
        self.server = Server(A, B, C)
        self.quota = quota
        self.boot()

    def boot(self, power=None):
        self.disk.boot(power)
        self.gate = EraseGate()
        self.cache = Cache(self.disk.path + "/cache", self.quota, self.gate)
        run(self.cache.load())

    def fetch(self, what):
        return self.cache.fetch(self.server.get, ADDRESS, variant(what))

    def refused(self, what, code):
        try:
            run(self.fetch(what))
        except Refused as refused:
            assert refused.code == code, refused
            assert self.cache.path(variant(what)["sha256"]) is None
            assert all(response.closed for response in self.server.responses)
            return
        raise AssertionError("not refused")

    def holds(self, what):
        path = self.cache.path(variant(what)["sha256"])
        if path is None:
            return False
        with open(path, "rb") as file:
            assert file.read() == what
        return True

    def files(self):
        return names(self.disk.path + "/cache")

    def offsets(self):
        return [start for _, start in self.server.requests]

    def done(self):
        self.disk.close()
