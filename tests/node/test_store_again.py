"""What flash refuses is tried again, not too soon, and nothing that is asked for meanwhile is lost."""

import asyncio

from support_time import VirtualClock

from node.store.again import whenever


class Flash:
    """Refuses the first `refusals` times with `error`."""

    def __init__(self, refusals, error):
        self.tries = 0
        self._refusals = refusals
        self._error = error

    async def write(self):
        self.tries += 1
        await asyncio.sleep_ms(0)
        if self.tries <= self._refusals:
            raise self._error


def _tries(flash, *pauses_s):
    """How often it was tried when something was asked for, and after each of the pauses."""

    async def life():
        asked = asyncio.Event()
        task = asyncio.create_task(whenever(asked, flash.write, "for the test:"))
        await asyncio.sleep(1)
        counts = [flash.tries]
        asked.set()
        for pause_s in pauses_s:
            await asyncio.sleep(pause_s)
            counts.append(flash.tries)
        task.cancel()
        return counts

    return VirtualClock().run(life())


def test_nothing_is_done_before_it_is_asked_for_and_then_once():
    assert _tries(Flash(0, None), 1, 600) == [0, 1, 1]


def test_what_flash_refuses_is_tried_again_every_minute_until_it_is_done():
    assert _tries(Flash(2, OSError(28)), 1, 50, 20, 50, 600) == [0, 1, 1, 2, 3, 3]


def test_what_is_asked_for_while_it_is_done_is_done_after_it():
    async def life():
        asked = asyncio.Event()
        done = []

        async def write():
            done.append(len(done))
            if len(done) < 3:
                asked.set()
            await asyncio.sleep(1)

        task = asyncio.create_task(whenever(asked, write, "for the test:"))
        asked.set()
        await asyncio.sleep(10)
        assert done == [0, 1, 2]
        task.cancel()

    VirtualClock().run(life())


def test_a_mistake_of_our_own_ends_the_task():
    async def life():
        asked = asyncio.Event()
        asked.set()
        try:
            await whenever(asked, Flash(1, ValueError("for the test")).write, "for the test:")
        except ValueError:
            return True

    assert VirtualClock().run(life())
