"""The cache after a power cut at any write of a download, and after a write that flash refuses."""

from support_cache import QUOTA, A, B, Bench, C
from support_files import variant
from support_store import ON_FLASH, Disk, run

from loa.sim.hardware.flash import Power, PowerCut
from node.refusal import DAMAGED, Refused
from node.store.cache import Cache
from node.store.gate import EraseGate


def test_power_cut_at_every_write_of_a_download():
    if not ON_FLASH:
        return
    for tear in (0, 2, 4):
        cut_at = 1
        while _cut_fetch(cut_at, tear):
            cut_at += 1
        assert cut_at > 15


def _cut_fetch(cut_at, tear):
    bench = Bench(disk=Disk(32))
    run(bench.fetch(C))
    bench.disk.boot(Power(cut_at, tear))
    bench.gate = EraseGate()
    bench.cache = Cache(bench.disk.path + "/cache", QUOTA, bench.gate)
    try:
        run(bench.cache.load())
        run(bench.fetch(A))
        return False
    except PowerCut:
        bench.boot()
        bench.holds(A)
        assert bench.holds(C)
        run(bench.fetch(A))
        assert bench.holds(A) and bench.holds(C) and len(bench.files()) == 2
    finally:
        bench.done()
    return True


class Worn(Power):
    """Flash that refuses one write, as `esp32.Partition` does with a chip that reports an error."""

    def spend(self):
        failing = super().spend()
        if failing:
            self.on = True
            raise OSError(5)
        return False


def test_a_file_that_flash_does_not_give_back_is_fetched_anew_and_counted_once():
    bench = Bench()
    sha256 = variant(A)["sha256"]
    path = run(bench.fetch(A))
    used = bench.cache.used
    with open(path, "wb") as file:
        file.write(b"spoilt")
    bench.cache.doubt(sha256)
    bench.cache.doubt(sha256)
    assert bench.cache.path(sha256) is None and bench.cache.stored() == []
    bench.cache.doubt(variant(B)["sha256"])  # not here: nothing to doubt
    assert run(bench.fetch(A)) == path and bench.holds(A)
    assert bench.offsets() == [0, 0] and bench.cache.used == used
    bench.boot()
    assert bench.holds(A) and bench.files() == [sha256]
    bench.done()


def test_a_write_that_flash_refuses_is_a_refusal_and_the_next_try_succeeds():
    if not ON_FLASH:
        return
    failed = 0
    for number in range(1, 60):
        bench = Bench(disk=Disk(32))
        run(bench.fetch(C))
        bench.boot(Worn(number))
        try:
            run(bench.fetch(A))
        except Refused as refused:
            assert refused.code == DAMAGED
            failed += 1
        bench.boot()
        run(bench.fetch(A))
        assert bench.holds(A) and bench.holds(C)
        bench.done()
    assert failed > 10
