"""The failure catalogue of docs/mqtt.md, a test for each line: what a broker, the network or the node itself may do to a session."""

import asyncio

from support_broker import CONNACK, CONNECT, DISCONNECT, PUBACK, PUBLISH, SUBACK, SUBSCRIBE, text
from support_session import WILL, told

from node.refusal import MALFORMED, OVERSIZED, TIMEOUT, UNREACHABLE, Refused

EVENT = "loa/v1/from/loa-01/event"
TELEMETRY = "loa/v1/from/loa-01/telemetry"
OTHER = "loa/v1/from/loa-01/other"
STATE = "loa/v1/from/loa-01/state"
PLAN = "loa/v1/to/son-la/plan"
COMMAND = "loa/v1/to/node/loa-01/cmd"


def code(why):
    return why and why.code


# Connecting.


def test_comes_up_once_subscriptions_are_granted():
    async def scenario(node):
        peer = await node.broker.accept()
        _, connect = await peer.expect(CONNECT)
        assert connect == b"\x00\x04MQTT\x04\xee\x00\x3c" + text("loa-01") + text(WILL[0]) + text(WILL[1].decode()) + text("loa-01") + text(
            "secret"
        )
        peer.send(CONNACK, b"\x00\x00")
        _, subscribe = await peer.expect(SUBSCRIBE)
        assert subscribe[2:] == text("loa/v1/to/son-la/+") + b"\x00" + text("loa/v1/to/node/loa-01/+") + b"\x01"
        assert not node.session.connected
        peer.publish(PLAN, b"retained, before the SUBACK")
        peer.send(SUBACK, subscribe[:2] + b"\x00\x01")
        await node.until(lambda: node.ups and node.messages)
        assert node.session.connected and node.session.denied == []

    told(scenario)


def test_no_connection():
    async def scenario(node):
        for error, wanted in (
            (OSError(111, "refused"), UNREACHABLE),
            (Refused(TIMEOUT, "slow"), TIMEOUT),
            (asyncio.TimeoutError(), TIMEOUT),
        ):
            node.broker.error = error
            tries = node.broker.tries
            while node.broker.tries < tries + 2:
                await asyncio.sleep_ms(1000)
            assert code(node.session.why) == wanted
        assert node.backoff.waits == sorted(node.backoff.waits) and len(node.backoff.waits) >= 6
        node.broker.error = None
        await node.is_up()
        assert node.downs == []

    told(scenario)


def test_connecting_hangs():
    async def scenario(node):
        async def never():
            node.broker.tries += 1
            await asyncio.Event().wait()

        node.session._connect = never
        while node.broker.tries < 3:
            await asyncio.sleep_ms(1000)
        assert code(node.session.why) == TIMEOUT
        assert 60 <= node.seconds <= 70

    told(scenario)


def test_broker_silent_after_the_connection():
    async def scenario(node):
        peer = await node.broker.accept()
        await peer.expect(CONNECT)
        assert await peer.until_closed() == []
        assert node.seconds == 10
        await node.is_up()

    told(scenario)


def test_broker_silent_after_connack():
    async def scenario(node):
        peer = await node.broker.accept()
        peer.answers_pings = False
        await peer.expect(CONNECT)
        peer.send(CONNACK, b"\x00\x00")
        await peer.expect(SUBSCRIBE)
        assert await peer.until_closed() == []
        assert node.seconds == 60 and code(node.session.why) == TIMEOUT
        await node.is_up()

    told(scenario)


def test_suback_never_comes():
    async def scenario(node):
        peer = await node.broker.accept()
        await peer.expect(CONNECT)
        peer.send(CONNACK, b"\x00\x00")
        await peer.expect(SUBSCRIBE)
        assert await peer.until_closed() == []
        assert node.seconds == 60 and code(node.session.why) == TIMEOUT and not node.ups

    told(scenario)


def test_connack_refuses():
    async def scenario(node):
        for refusal in (1, 2, 3, 4, 5, 200):
            peer = await node.broker.accept()
            await peer.expect(CONNECT)
            peer.send(CONNACK, bytes((0, refusal)))
            assert await peer.until_closed() == []
            assert peer.stream.is_closed
            assert code(node.session.why) == UNREACHABLE and "({})".format(refusal) in str(node.session.why)
        assert node.backoff.waits == [1000, 2000, 3000, 4000, 5000, 6000]
        assert not node.ups and not node.downs

    told(scenario)


def test_first_packet_is_no_connack():
    async def scenario(node):
        peer = await node.broker.accept()
        peer.publish(PLAN, b"x")
        await peer.until_closed()
        assert code(node.session.why) == MALFORMED and node.messages == []

    told(scenario)


def test_all_subscriptions_denied():
    async def scenario(node):
        peer = await node.broker.accept()
        await peer.welcome(b"\x80\x80")
        await peer.until_closed()
        assert code(node.session.why) == UNREACHABLE and not node.ups
        await node.is_up()

    told(scenario)


def test_one_subscription_denied():
    async def scenario(node):
        peer = await node.is_up(b"\x80\x01")
        assert node.session.connected and node.session.denied == ["loa/v1/to/son-la/+"]
        peer.close()
        await node.is_up(b"\x00\x01")
        assert node.session.denied == []

    told(scenario)


# While connected.


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


# Sending.


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


# Leaving.


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
