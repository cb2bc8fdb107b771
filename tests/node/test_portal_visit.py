"""When a visit to the node's own page ends, in virtual time: after ten minutes whatever is done there, sooner when all is done or the code was guessed at."""

import asyncio

from support_time import VirtualClock

from node.portal.visit import Visit

CODE = "01234567"
MINUTE = 60
OPEN_S = 10 * MINUTE
STEP_S = 0.25  # as often as the page looks whether the visit is over


class Radio:
    """Lets a node in after two seconds if the password is right."""

    state = "password"

    async def join(self, ssid, password):
        await asyncio.sleep(2)
        return password == "mat-khau"


def lived(script):
    """Seconds after which the visit is over, 700 at most. `script`: {second: act(visit)}."""
    clock = VirtualClock()

    async def play(volume):
        await asyncio.sleep(4)

    async def save(ssid, password):
        pass

    async def life():
        visit = Visit("ban-la-1", CODE, Radio(), play, save, "http://192.168.4.1/", clock)
        acts = dict(script)
        for step in range(int(700 / STEP_S)):
            second = step * STEP_S
            if visit.is_over:
                return second, visit
            if second in acts:
                acts.pop(second)(visit)
            await asyncio.sleep(STEP_S)
        raise AssertionError("it stays open")

    return clock.run(life())


def test_nobody_came():
    assert lived({})[0] == OPEN_S


def test_whatever_is_done_there_does_not_make_it_longer():
    busy = {minute * MINUTE: (lambda visit: (visit.enter(CODE), visit.sound(50), visit.join(b"xa", "sai"))) for minute in range(10)}
    busy[599] = lambda visit: visit.join(b"xa", "mat-khau")  # it would end 15 s after that
    over, visit = lived(busy)
    assert over == OPEN_S and visit.problem is None


def test_a_wrong_password_leaves_it_open_and_says_so():
    over, visit = lived({60: lambda visit: visit.join(b"xa", "sai")})
    assert over == OPEN_S and visit.problem == "password" and not visit.saved


def test_a_network_that_lets_the_node_in_ends_it_when_that_was_read():
    over, visit = lived({60: lambda visit: visit.join(b"xa", "mat-khau")})
    assert visit.saved and 60 + 2 + 15 <= over <= 60 + 2 + 15 + 2 * STEP_S


def test_who_leaves_still_gets_the_last_page():
    assert 34 <= lived({30: lambda visit: visit.leave()})[0] <= 34 + STEP_S


def test_five_wrong_codes_end_it_and_four_do_not():
    guesses = {second: (lambda visit: visit.enter("99999999")) for second in range(5)}
    over, visit = lived(guesses)
    assert visit.lock.closed and 8 <= over <= 8 + STEP_S
    guesses[4] = lambda visit: visit.enter(CODE)
    over, visit = lived(guesses)
    assert not visit.lock.closed and over == OPEN_S
