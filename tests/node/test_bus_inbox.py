"""The MQTT inbox keeps to its bytes: of what waits and what is being acted on together, whatever its messages weigh."""

import asyncio

from node.bus.mqtt.inbox import Inbox
from node.bus.mqtt.packets import Message

LIMIT = 100


def message(size):
    return Message("topic", bytes(size), 0, None, False, False)


def test_a_message_has_its_bytes_until_it_was_acted_on():
    async def scenario():
        inbox = Inbox(LIMIT)
        order = []

        async def receive():
            for size in (60, 40, 30, 300):
                await inbox.wait_room(size)
                inbox.put(message(size))
                order.append(("came", size))

        receiving = asyncio.create_task(receive())
        for _ in range(4):
            one = await inbox.get()
            for _ in range(5):
                await asyncio.sleep(0)
            order.append(("acted on", len(one.payload), inbox.is_full))
            inbox.done(one)
            assert one.payload is None
        await receiving
        assert order == [
            ("came", 60),
            ("came", 40),
            ("acted on", 60, True),
            ("came", 30),
            ("acted on", 40, True),
            ("acted on", 30, True),
            ("came", 300),
            ("acted on", 300, False),
        ]

    asyncio.run(scenario())
