"""Lots, network paths, crystals and the queue of callbacks of the simulator: the same seed gives the same, and figures come out as the profile says."""

from loa.sim.hardware.callbacks import Callbacks
from loa.sim.hardware.crystal import PERFECT, Crystal
from loa.sim.hardware.lot import Lot
from loa.sim.hardware.path import BARE, DOWN, UP, Path

_4G = {
    "delay_median": 28,
    "delay_sigma": 0.5,
    "asymmetry": 8,
    "loss": 0.1,
    "stalls_per_hour": 12,
    "stall": [500, 6000],
    "rate_kbit": 2000,
}
_HOUR_US = 3_600_000_000


def _with(**changed):
    figures = dict(_4G)
    figures.update(changed)
    return figures


def _sorted_delays(figures, direction, count=400):
    path = Path(figures, "n", 0)
    found = []
    for number in range(count):
        now = number * 1_000_000
        due = path.datagram(direction, 48, now)
        if due is not None:
            found.append(due - now)
    return sorted(found)


def test_a_lot_repeats_and_differs_by_seed():
    draws = [[Lot("storm", seed).fraction() for _ in range(1)] + [Lot("storm", seed).below(1000)] for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    lot = Lot("mean")
    values = [lot.exponential(10) for _ in range(2000)]
    assert all(value >= 0 for value in values) and 9 < sum(values) / len(values) < 11
    normal = [lot.normal() for _ in range(2000)]
    assert -0.1 < sum(normal) / len(normal) < 0.1


def test_a_lot_gives_the_same_numbers_on_every_runtime():
    lot = Lot("loa", 7)
    assert [lot.below(1_000_000) for _ in range(4)] == _FIRST_OF_LOA_7


_FIRST_OF_LOA_7 = [952705, 349274, 493873, 296170]


def test_a_bare_path_delivers_at_once():
    path = Path(BARE, "n", 0)
    assert path.bare and not Path(_4G, "n", 0).bare
    flow = path.flow()
    assert path.datagram(UP, 1200, 5) == 5 and flow.due(DOWN, 100_000, 7) == 7 and flow.opened(9) == 9


def test_delays_have_the_median_and_asymmetry_of_the_profile():
    calm = _with(loss=0.0, stalls_per_hour=0, rate_kbit=0)
    up, down = _sorted_delays(calm, UP), _sorted_delays(calm, DOWN)
    assert 26_000 < up[len(up) // 2] < 30_000
    assert 34_000 < down[len(down) // 2] < 38_000
    assert up[-1] > 2 * up[len(up) // 2]  # the tail of the lognormal


def test_datagrams_are_lost_as_often_as_the_profile_says_and_segments_come_late_instead():
    lost = 1_000 - len(_sorted_delays(_with(stalls_per_hour=0), UP, 1_000))
    assert 70 < lost < 130
    flow = Path(_with(stalls_per_hour=0), "n", 0).flow()
    late = [flow.due(UP, 1_000, second * 10_000_000) - second * 10_000_000 for second in range(500)]
    assert 30 < sum([delay > 200_000 for delay in late]) < 80


def test_a_connection_keeps_its_order():
    flow = Path(_4G, "n", 0).flow()
    dues = [flow.due(DOWN, 600, number * 1_000) for number in range(500)]
    assert dues == sorted(dues)


def test_all_connections_share_the_rate():
    path = Path(_with(loss=0.0, delay_median=0, asymmetry=0, stalls_per_hour=0, rate_kbit=160), "n", 0)
    one, other = path.flow(), path.flow()
    assert one.due(DOWN, 20_000, 0) == 1_000_000
    assert other.due(DOWN, 20_000, 0) == 2_000_000
    assert other.due(UP, 20_000, 0) == 1_000_000  # the other direction is free
    assert path.datagram(DOWN, 48, 0) == 2_002_400
    one.due(DOWN, 20_000, 0)
    assert path.datagram(DOWN, 48, 0) is None  # its queue is full


def test_nothing_arrives_in_a_stall_and_stalls_are_as_many_as_the_profile_says():
    path = Path(_with(loss=0.0, delay_median=0, asymmetry=0, rate_kbit=0), "n", 0)
    stalls = set()
    for millisecond in range(0, 10 * 3_600_000, 200):
        due = path.unstalled(millisecond * 1_000)
        if due != millisecond * 1_000:
            stalls.add(due)
    assert 80 < len(stalls) < 160  # in ten hours


def test_crystal_runs_off_as_far_as_its_figures_allow_and_repeats():
    figures = {"offset_ppm": [-20, 20], "temperature_ppm": 8, "wander_ppm_per_sqrt_hour": 0.5}
    ends = []
    for seed in ("a", "a", "b", "c"):
        crystal = Crystal(figures, seed, 1_000)
        for step in range(0, _HOUR_US, 60_000_000):
            crystal.turn(1_000 + step)
        ends.append(crystal.us(1_000 + _HOUR_US) - 1_000 - _HOUR_US)
    assert ends[0] == ends[1] and len(set(ends)) == 3
    assert all(0 < abs(end) < 32 * 3_600 for end in ends)


def test_crystal_never_goes_back_and_can_be_asked_the_other_way():
    figures = {"offset_ppm": [20, 20], "temperature_ppm": 8, "wander_ppm_per_sqrt_hour": 0.5}
    crystal = Crystal(figures, "n", 0)
    before = -1
    for host_us in range(0, 60_000_000, 333_333):
        crystal.turn(host_us)
        now = crystal.us(host_us)
        assert now > before and abs(crystal.host_us(now) - host_us) <= 2
        before = now
    assert 18 < crystal.ppm < 30
    for host_us in range(60_000_000, _HOUR_US, 30_000_000):  # seldom looked at: what was told of the time until then stays true
        before = crystal.us(host_us)
        crystal.turn(host_us)
        assert 0 <= crystal.us(host_us) - before <= 4
    late = before + 3 * 86_400_000_000
    assert abs(crystal.us(crystal.host_us(late)) - late) <= 2
    perfect = Crystal(PERFECT, "n", 5)
    perfect.turn(_HOUR_US)
    assert perfect.us(_HOUR_US) == _HOUR_US


class _Interpreter:
    """Runs what is scheduled when the test says so."""

    def __init__(self):
        self.asked = []

    def schedule(self, function, argument):
        self.asked.append((function, argument))

    def step(self):
        while self.asked:
            function, argument = self.asked.pop(0)
            function(argument)


def test_the_ninth_callback_is_lost():
    interpreter = _Interpreter()
    callbacks = Callbacks(interpreter.schedule)
    came = []
    assert [callbacks.put(came.append, number) for number in range(10)] == [True] * 8 + [False] * 2
    interpreter.step()
    assert came == list(range(8)) and callbacks.lost == 2
    assert callbacks.put(came.append, 10)
    interpreter.step()
    assert came[-1] == 10


def test_callbacks_wait_while_the_program_is_in_a_call_that_cannot_be_split():
    interpreter = _Interpreter()
    callbacks = Callbacks(interpreter.schedule)
    came = []
    callbacks.put(came.append, 1)
    callbacks.hold()
    callbacks.put(came.append, 2)
    interpreter.step()
    assert came == []
    callbacks.release()
    interpreter.step()
    assert came == [1, 2]


def test_a_callback_that_raises_does_not_stop_those_behind_it():
    interpreter = _Interpreter()
    callbacks = Callbacks(interpreter.schedule)
    came = []
    callbacks.put(int, "no number")
    callbacks.put(came.append, 2)
    try:
        interpreter.step()
    except ValueError:
        pass
    interpreter.step()
    assert came == [2]
