"""Documents made once (tests/vectors/jws.json) and a node's admission that stands where and when they were made for."""

import json

from node.bus.admission import Admission
from node.bus.trust import TrustStore
from node.refusal import Refused

HERE = __file__.rsplit("/", 1)[0]


class StoppedClock:
    """`now()` is what the test says; None: unset."""

    def __init__(self, now, floor=0):
        self.time = now
        self.floor = floor

    def now(self):
        return self.time

    def raise_floor(self, unix):
        self.floor = max(self.floor, unix)


class Vectors:
    """The cases of jws.json by name."""

    def __init__(self):
        with open(HERE + "/../vectors/jws.json") as file:
            data = json.load(file)
        self.now, self.area, self.node, self.root = data["now"], data["area"], data["node"], data["root"]
        self.trust = data["trust"]["topic"], data["trust"]["raw"].encode()
        self.cases = data["cases"]
        self._by_name = {case["name"]: case for case in self.cases}

    def document(self, name):
        """(topic, raw) of one case."""
        case = self._by_name[name]
        return case["topic"], case["raw"].encode()

    async def admission(self, now=None, floor=0, nonce=None, done=()):
        """An Admission that holds the trust document, and its clock, which stands at `now` (0: the vectors' time, None: unset)."""
        clock = StoppedClock(self.now, floor)
        admission = Admission(TrustStore(self.root, self.area), clock, self.area, self.node, lambda: nonce, done)
        admission.commit(await admission.admit(*self.trust))
        clock.time, clock.floor = self.now if now == 0 else now, floor
        return admission, clock


async def refusal_of(awaitable):
    """The Refused that `awaitable` ends in, None if it does not."""
    try:
        await awaitable
    except Refused as refused:
        return refused
    return None
