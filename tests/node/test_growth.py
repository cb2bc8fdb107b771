"""How the heap is made to grow before the application is loaded, on a stand-in for IDF's memory: its largest block, and a heap that takes a block when full."""

import growth

AREA = 45_056
STACK = 65_536
PIECES = 40  # that the heap has room for before it grows


class Idf:
    """`esp32`, `_thread` and `time` in one, for `growth`. `largest`: bytes of its largest block; another has `other`."""

    HEAP_DATA = 4

    def __init__(self, largest, other=14_336, returns=3):
        self.largest = self.whole = largest
        self.other = other
        self.asked = 0  # since the thread waits: as often as there were pieces
        self.stack = None  # of the thread
        self.sizes = []
        self.grew = None  # by how much
        self.returns = returns  # turns after which a stack comes back
        self.slept = 0
        self.locked = False

    def idf_heap_info(self, kind):
        assert kind == self.HEAP_DATA
        if self.stack:
            self.asked += 1
            if self.asked > PIECES and not self.grew:
                self.grew, self.largest = self.largest, 0
        return [(300_000, 0, size, 0) for size in (self.other, self.largest)]

    # `_thread`

    def stack_size(self, size):
        self.sizes.append(size)

    def start_new_thread(self, function, arguments):
        assert self.locked and arguments == (), "it would not wait"
        self.stack = self.sizes[-1]
        self.largest -= self.stack

    def allocate_lock(self):
        return self

    def acquire(self):
        self.locked = True

    def release(self):
        self.locked = False
        assert self.grew, "let go before the heap had grown"

    # `time`

    def sleep_ms(self, ms):
        assert ms >= 10, "the idle task has no turn"
        self.slept += 1
        if self.slept == self.returns:
            self.largest += self.stack


def grown(idf):
    """What keeps the area while `with` lasts."""
    kept = growth._thread, growth.esp32, growth.time
    growth._thread = growth.esp32 = growth.time = idf
    try:
        with growth.Growth() as held:
            return held
    finally:
        growth._thread, growth.esp32, growth.time = kept


def test_the_heap_grows_by_what_the_stack_of_a_thread_leaves_of_the_largest_block():
    idf = Idf(AREA + STACK)
    held = grown(idf)
    assert idf.grew == AREA and idf.stack == STACK and not idf.locked
    assert len(held) > 16, "one block alone does not keep an area"
    assert idf.largest == STACK, "the stack has come back"
    assert idf.sizes[-1] == 0, "threads have the stack that they had"


def test_a_stack_that_does_not_come_back_is_not_waited_for_without_end():
    idf = Idf(AREA + STACK, returns=100_000)
    grown(idf)
    assert idf.slept <= 100


def test_where_idf_has_more_or_too_little_the_heap_is_left_to_itself():
    for largest in (4_000_000, 131_073, AREA + 4_095, 38_912):
        idf = Idf(largest)
        assert grown(idf) is None and not idf.sizes
