"""The failure catalogue of docs/mqtt.md, a test for each line: what becomes of what is to be sent."""

import asyncio

from support_session import told

from node.refusal import OVERSIZED, TIMEOUT, UNREACHABLE, Refused

EVENT = "loa/v1/from/loa-01/event"
TELEMETRY = "loa/v1/from/loa-01/telemetry"
OTHER = "loa/v1/from/loa-01/other"
STATE = "loa/v1/from/loa-01/state"


def test_published_before_there_is_a_connection():
    async def scenario(node):
        assert node.session.publish(EVENT, b"1", qos=1)
        assert node.session.publish(TELEMETRY, b"2")
        assert node.session.publish(STATE, b"3", qos=1, retain=True)
        assert node.session.publish(OTHER, b"4", qos=1, retain=True)
        peer = await node.is_up()
        assert (await peer.expect_publish())[:3] == (EVENT, b"1", 2)
        assert await peer.expect_publish() == (TELEMETRY, b"2", 0, None)
        topic, payload, flags, _ = await peer.expect_publish()
        assert (topic, payload, flags) == (STATE, b"3", 3)
        assert (await peer.expect_publish())[:3] == (OTHER, b"4", 3)

    told(scenario)


def test_connection_breaks_before_puback():
    async def scenario(node):
        peer = await node.is_up()
        for number in range(10):
            assert node.session.publish(EVENT, b"%d" % number, qos=1)
        ids = await peer.expect_ids(8)
        peer.acknowledge(ids[1])
        ids += await peer.expect_ids(1)
        peer.close()
        assert await node.is_down() == UNREACHABLE
        peer = await node.is_up()
        for number in (0, 2, 3, 4, 5, 6, 7, 8):
            assert await peer.expect_publish() == (EVENT, b"%d" % number, 2 | 8, ids[number])
            peer.acknowledge(ids[number])
        topic, payload, flags, packet_id = await peer.expect_publish()
        assert (topic, payload, flags) == (EVENT, b"9", 2) and packet_id not in ids
        peer.acknowledge(packet_id)
        await node.session.wait_sent()

    told(scenario)


def test_puback_lost_on_a_living_connection():
    async def scenario(node):
        peer = await node.is_up()
        assert node.session.publish(EVENT, b"1", qos=1)
        packet_id = (await peer.expect_publish())[3]
        receiving = asyncio.create_task(peer.until_closed())  # answers pings
        assert await node.is_down() == TIMEOUT
        assert 60 <= node.seconds <= 90
        receiving.cancel()
        peer = await node.is_up()
        assert await peer.expect_publish() == (EVENT, b"1", 2 | 8, packet_id)

    told(scenario)


def test_puback_twice_or_for_nothing():
    async def scenario(node):
        peer = await node.is_up()
        peer.acknowledge(77)
        assert node.session.publish(EVENT, b"1", qos=1)
        packet_id = (await peer.expect_publish())[3]
        peer.acknowledge(packet_id)
        peer.acknowledge(packet_id)
        await node.session.wait_sent()
        assert node.session.connected

    told(scenario)


def test_broker_acknowledges_slowly():
    async def scenario(node):
        peer = await node.is_up()
        for number in range(12):
            assert node.session.publish(EVENT, bytes((number,)), qos=1)
        ids = await peer.expect_ids(8)
        assert len(set(ids)) == 8
        await asyncio.sleep(5)
        assert not peer.stream.to_broker.data.startswith(b"\x32"), "a ninth was sent"
        peer.acknowledge(ids[0])
        assert (await peer.expect_publish())[1] == b"\x08"

    told(scenario)


def test_broker_takes_no_more_bytes():
    async def scenario(node):
        peer = await node.is_up()
        await asyncio.sleep(1)
        before = node.seconds
        peer.stream.accepts.clear()
        assert node.session.publish(EVENT, b"1", qos=1)
        assert await node.is_down() == TIMEOUT
        assert node.seconds - before <= 11
        peer = await node.is_up()
        assert (await peer.expect_publish())[:3] == (EVENT, b"1", 2 | 8)

    told(scenario)


def test_full_outbox():
    async def scenario(node):
        publish = node.session.publish
        assert publish(STATE, b"old", qos=1, retain=True)
        for number in range(6):
            assert publish(TELEMETRY, b"t%d" % number + b"x" * 1000)
        for number in range(8):
            assert publish(EVENT, b"e%d" % number + b"x" * 1000, qos=1)
        assert node.session.dropped == 0
        assert publish(STATE, b"new", qos=1, retain=True)  # in place of the old one, and then telemetry gives way, the oldest first
        assert publish(EVENT, b"e8" + b"x" * 1900, qos=1)
        assert node.session.dropped == 1
        assert publish(TELEMETRY, b"t6" + b"x" * 1000)
        assert node.session.dropped == 2
        for number in range(9, 12):
            assert publish(EVENT, b"e%d" % number + b"x" * 1000, qos=1)
        taken = publish(EVENT, b"too much" + b"x" * 6000, qos=1)
        assert not taken and node.session.dropped == 5, (taken, node.session.dropped)
        peer = await node.is_up()
        got = []
        while len(got) < 15:
            _, payload, _, packet_id = await peer.expect_publish()
            got.append(payload[:3].strip(b"x"))
            if packet_id:
                peer.acknowledge(packet_id)
        assert got == [b"t5"] + [b"e%d" % number for number in range(8)] + [b"new", b"e8", b"t6", b"e9", b"e10", b"e11"]
        await node.session.wait_sent()
        assert publish(EVENT, b"too much" + b"x" * 6000, qos=1)

    told(scenario)


def test_room_comes_back():
    async def scenario(node):
        while node.session.publish(EVENT, b"x" * 1000, qos=1):
            pass
        assert not node.session.publish(TELEMETRY, b"y" * 1000)
        waiting = asyncio.create_task(node.session.wait_room())
        peer = await node.is_up()
        peer.acknowledge((await peer.expect_publish())[3])
        await waiting
        assert node.session.publish(EVENT, b"x" * 1000, qos=1)

    told(scenario)


def test_message_larger_than_the_outbox():
    async def scenario(node):
        for size, wanted in ((16_500, OVERSIZED), (16_000, None)):
            try:
                assert node.session.publish(EVENT, b"x" * size, qos=1)
                assert wanted is None
            except Refused as refused:
                assert refused.code == wanted
        peer = await node.is_up()
        assert len((await peer.expect_publish())[1]) == 16_000

    told(scenario)
