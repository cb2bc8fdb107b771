"""The failure catalogue of docs/mqtt.md, a test for each line: what may happen on a connection that stands."""

import asyncio

from support_broker import PUBACK, PUBLISH, text
from support_session import told

from node.refusal import MALFORMED, TIMEOUT, UNREACHABLE

PLAN = "loa/v1/to/son-la/plan"
COMMAND = "loa/v1/to/node/loa-01/cmd"


def test_pings_four_times_in_a_keepalive():
    async def scenario(node):
        peer = await node.is_up()
        receiving = asyncio.create_task(peer.until_closed())
        await asyncio.sleep(601)
        assert node.session.connected and 40 <= peer.pings <= 42
        receiving.cancel()

    told(scenario)


def test_half_open_connection():
    async def scenario(node):
        peer = await node.is_up()
        peer.answers_pings = False
        receiving = asyncio.create_task(peer.until_closed())
        assert await node.is_down() == TIMEOUT
        assert 60 <= node.seconds <= 75
        receiving.cancel()
        await node.is_up()

    told(scenario)


def test_connection_closed_by_the_broker():
    async def scenario(node):
        for error in (None, OSError(104, "reset")):
            peer = await node.is_up()
            peer.close(error)
            assert await node.is_down() == UNREACHABLE
        peer = await node.is_up()
        peer.publish(PLAN, b"again")
        await node.until(lambda: node.messages == [(PLAN, b"again")])

    told(scenario)


def test_broker_lets_in_and_drops_at_once():
    async def scenario(node):
        for _ in range(5):
            (await node.is_up()).close()
            await node.is_down()
        assert node.backoff.waits == [1000, 2000, 3000, 4000, 5000]
        peer = await node.is_up()
        receiving = asyncio.create_task(peer.until_closed())
        await asyncio.sleep(16)
        receiving.cancel()
        peer.close()
        await node.is_down()
        await node.is_up()
        assert node.backoff.waits[5:] == [1000]

    told(scenario)


def test_packet_cut_in_the_middle():
    async def scenario(node):
        peer = await node.is_up()
        peer.send_bytes(b"\x30\x40" + text(PLAN) + b"only the begin")
        peer.close()
        assert await node.is_down() == UNREACHABLE
        peer = await node.is_up()
        peer.publish(PLAN, b"whole")
        await node.until(lambda: node.messages)
        assert node.messages == [(PLAN, b"whole")]

    told(scenario)


def test_packet_that_never_ends():
    async def scenario(node):
        peer = await node.is_up()
        peer.answers_pings = False  # an answer would be taken for the missing bytes
        peer.send_bytes(b"\x30\x40" + text(PLAN))
        receiving = asyncio.create_task(peer.until_closed())
        assert await node.is_down() == TIMEOUT
        receiving.cancel()
        assert node.messages == []

    told(scenario)


def test_bytes_come_one_by_one():
    async def scenario(node):
        peer = await node.is_up()
        peer.publish(PLAN, b"x" * 3000)
        peer.publish(PLAN, b"y")
        await node.until(lambda: len(node.messages) == 2)
        assert node.messages == [(PLAN, b"x" * 3000), (PLAN, b"y")]

    told(scenario, most=1)


def test_oversized_packet():
    async def scenario(node):
        peer = await node.is_up()
        peer.publish(PLAN, b"x" * 50_000)
        peer.publish(COMMAND, b"x" * 20_000, qos=1, packet_id=9)
        peer.publish(PLAN, b"small")
        assert await peer.expect(PUBACK) == (0, b"\x00\x09")
        await node.until(lambda: node.messages)
        assert node.messages == [(PLAN, b"small")]
        assert [topic for topic, _ in node.oversized] == [PLAN, COMMAND]
        assert node.oversized[0][1] == 50_000 + 2 + len(PLAN)
        assert node.session.connected

    told(scenario)


def test_a_topic_beyond_all_that_were_subscribed_to():
    async def scenario(node):
        peer = await node.is_up()
        peer.publish(PLAN + "x" * 5_000, b"x")
        peer.publish(PLAN, b"x" * 5_000)
        await node.until(lambda: node.messages)
        assert node.messages == [(PLAN, b"x" * 5_000)]
        assert node.session.connected

    told(scenario)


def test_oversized_answer():
    async def scenario(node):
        peer = await node.is_up()
        peer.send(PUBACK, b"x" * 20_000)
        assert await node.is_down() == MALFORMED

    told(scenario)


def test_packets_a_client_never_gets():
    async def scenario(node):
        for packet in (
            b"\x00\x00",
            b"\xf0\x00",
            b"\x10\x00",
            b"\x50\x02\x00\x01",
            b"\x20\x02\x00\x00",
            b"\x90\x04\x00\x01\x00\x00",
            b"\xe0\x00",
        ):
            peer = await node.is_up()
            peer.send_bytes(packet)
            assert await node.is_down() == MALFORMED, packet

    told(scenario)


def test_malformed_packets():
    async def scenario(node):
        for packet in (b"\x30\xff\xff\xff\xff\x01", b"\x34\x05\x00\x01a\x00\x01", b"\xd0\x01\x00", b"\x40\x01\x00", b"\x30\x01\x00"):
            peer = await node.is_up()
            peer.send_bytes(packet)
            assert await node.is_down() == MALFORMED, packet
        assert node.messages == []

    told(scenario)


def test_bad_topic():
    async def scenario(node):
        for topic in (b"\x00\x01+", b"\x00\x05a/#/b", b"\x00\x02\xff\xfe", b"\x00\x00", b"\x00\x02a\x00"):
            peer = await node.is_up()
            peer.send(PUBLISH, topic + b"payload")
            assert await node.is_down() == MALFORMED, topic
        assert node.messages == []

    told(scenario)


def test_delivered_twice():
    async def scenario(node):
        peer = await node.is_up()
        peer.publish(COMMAND, b"reboot", qos=1, packet_id=5)
        peer.publish(COMMAND, b"reboot", qos=1, packet_id=5, flags=8)
        assert await peer.expect(PUBACK) == (0, b"\x00\x05")
        assert await peer.expect(PUBACK) == (0, b"\x00\x05")
        await node.until(lambda: len(node.messages) == 2)

    told(scenario)


def test_flood_of_retained_messages():
    async def scenario(node):
        peer = await node.is_up()
        node.may_act.clear()
        flood = [b"%05d" % number + b"x" * 4000 for number in range(50)]
        for payload in flood:
            peer.publish(PLAN, payload, qos=1)
        unread = len(peer.stream.to_client.data)
        receiving = asyncio.create_task(peer.until_closed())
        await asyncio.sleep(300)
        # One being acted on, four queued, one waiting for room; the rest is the broker's to keep.
        assert unread - len(peer.stream.to_client.data) <= 6 * 4100 + 8448
        assert node.session.connected and not node.downs
        node.may_act.set()
        await node.until(lambda: len(node.messages) == 50)
        assert [payload for _, payload in node.messages] == flood
        receiving.cancel()

    told(scenario)


def test_message_that_nobody_can_act_on():
    async def scenario(node):
        peer = await node.is_up()

        async def fail(topic, payload):
            raise ZeroDivisionError

        node.session._on_message = fail
        peer.publish(PLAN, b"x")
        try:
            await node.task
            raise AssertionError("the error was swallowed")
        except ZeroDivisionError:
            assert peer.stream.is_closed and node.downs == [None]

    told(scenario)
