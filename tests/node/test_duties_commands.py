"""Commands: one chime however often it is asked for, and a reboot when the answer had time to leave."""

import asyncio

from support_time import VirtualClock

from node.duties.commands import Commands
from node.refusal import COMMAND_UNKNOWN, Refused


class Command:
    def __init__(self, do, **more):
        self.body = {"do": do} | more


class Stage:
    """Player, sounds and conductor in one; a chime sounds for 3 s."""

    source = "chime"

    def __init__(self):
        self.log = []
        self.commands = Commands(self, self, self, lambda: self.log.append("send-log"), lambda: self.log.append("reset"))

    async def play(self, source):
        self.log.append(source)
        await asyncio.sleep(3)

    def built_in(self, name):
        return self

    def counted(self, number):
        return number

    async def rest(self):
        self.log.append("rest")

    async def ask(self, *words):
        for word in words:
            await self.commands.handle(Command(word))


def _log_of(seconds, *words):
    async def life():
        stage = Stage()
        await stage.ask(*words)
        await asyncio.sleep(seconds)
        return stage.log

    return VirtualClock().run(life())


def test_a_node_that_sounds_its_chime_needs_no_second_one():
    assert _log_of(20, "identify", "identify", "identify") == ["chime"]


def test_it_chimes_again_when_it_is_asked_again_later():
    async def life():
        stage = Stage()
        await stage.ask("identify")
        await asyncio.sleep(4)
        await stage.ask("identify")
        await asyncio.sleep(4)
        return stage.log

    assert VirtualClock().run(life()) == ["chime", "chime"]


def test_a_number_is_counted_instead_of_the_chime():
    async def life():
        stage = Stage()
        for number in (13, 0):
            await stage.commands.handle(Command("identify", number=number))
            await asyncio.sleep(4)
        return stage.log

    assert VirtualClock().run(life()) == [13, 0]


def test_a_reboot_rests_first_and_leaves_time_for_the_answer():
    assert _log_of(2, "reboot") == ["rest"]
    assert _log_of(4, "reboot") == ["rest", "reset"]


def test_the_others():
    assert _log_of(1, "ping", "send-log") == ["send-log"]
    try:
        _log_of(1, "dance")
        raise AssertionError("not refused")
    except Refused as refused:
        assert refused.code == COMMAND_UNKNOWN
