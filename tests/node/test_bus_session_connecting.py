"""The failure catalogue of docs/mqtt.md, a test for each line: what may happen while it connects."""

import asyncio

from support_broker import CONNACK, CONNECT, SUBACK, SUBSCRIBE, text
from support_session import WILL, told

from node.refusal import MALFORMED, TIMEOUT, UNREACHABLE, Refused

PLAN = "loa/v1/to/son-la/plan"


def code(why):
    return why and why.code


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
            (MemoryError(), UNREACHABLE),
        ):
            node.broker.error = error
            tries = node.broker.tries
            while node.broker.tries < tries + 2:
                await asyncio.sleep_ms(1000)
            assert code(node.session.why) == wanted
        assert node.backoff.waits == sorted(node.backoff.waits) and node.failures == len(node.backoff.waits) >= 8
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
