"""Only a heap of IDF that stays too small for a connection is told."""

from node.health.room import Room

ENOUGH = [(240, 4, 0, 4), (113_840, 40_000, 38_912, 9_000)]
TAKEN = [(240, 4, 0, 4), (113_840, 30_028, 25_600, 1_344)]


def test_five_failures_without_room_are_told():
    room = Room(lambda: TAKEN)
    assert [room.failed() for _ in range(6)] == [False] * 4 + [True, True]


def test_a_failure_with_room_is_the_networks():
    told = [TAKEN] * 4 + [ENOUGH] + [TAKEN] * 4 + [ENOUGH] * 9
    regions = iter(told)
    room = Room(lambda: next(regions))
    assert not any(room.failed() for _ in told)
