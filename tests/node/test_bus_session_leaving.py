"""The failure catalogue of docs/mqtt.md, a test for each line: how it ends."""

import asyncio

from support_broker import DISCONNECT
from support_session import told

EVENT = "loa/v1/from/loa-01/event"
STATE = "loa/v1/from/loa-01/state"


def test_stop_sends_what_waits_and_says_goodbye():
    async def scenario(node):
        peer = await node.is_up()
        assert node.session.publish(STATE, b"leaving", qos=1, retain=True)
        node.session.stop()
        packet_id = (await peer.expect_publish())[3]
        peer.acknowledge(packet_id)
        await peer.expect(DISCONNECT)
        await node.task
        assert peer.stream.is_closed and node.downs == [None] and node.session.why is None
        assert node.broker.tries == 1

    told(scenario)


def test_stop_with_a_broker_that_acknowledges_nothing():
    async def scenario(node):
        peer = await node.is_up()
        assert node.session.publish(EVENT, b"1", qos=1)
        node.session.stop()
        await peer.expect_publish()
        await peer.expect(DISCONNECT)
        await node.task
        assert node.seconds == 10

    told(scenario)


def test_stop_without_a_broker():
    async def scenario(node):
        node.broker.error = OSError(111, "refused")
        await asyncio.sleep(2)
        tries = node.broker.tries
        node.session.stop()
        await node.task
        assert node.broker.tries == tries and node.downs == []

    told(scenario)
