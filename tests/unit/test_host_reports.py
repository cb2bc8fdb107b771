"""Whatever arrives from the bus, signed or not: what is no report changes nothing and stops nothing."""

import pytest
from host_support import STATION, keyring, site
from hypothesis import given, settings
from hypothesis import strategies as st

from loa.firmware import topics
from loa.station.service import Service
from loa.station.station import Station
from loa.testing.wire import signed

NODE = "ban-la-1"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["online", "nonce", "revisions", "codecs", "journal", "n", "kind", "t", "id", "result", "key", "uptime", "playing"])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    return Service(Station(site(), STATION, keyring(), tmp_path_factory.mktemp("station")), "mqtts://localhost:1")


def recorded(service: Service) -> tuple[object, ...]:
    station = service._station
    return station.record.events(), station.status(), station.nodes.acks("x"), station.commands.waiting()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(topics.REPORTS), st.dictionaries(NAMES, VALUES, min_size=1, max_size=5))
def test_signed_nonsense(service: Service, kind: str, fields: dict[str, object]) -> None:
    if kind == topics.ACK and {"id", "result"} <= set(fields):
        fields.pop("id")
    before = recorded(service)
    topic = topics.from_node(NODE, kind)
    service._heard(topic, signed(keyring().node(NODE).report_key, topic, fields), False)
    assert recorded(service) == before


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.sampled_from([topics.from_node(NODE, kind) for kind in topics.REPORTS]), st.binary(max_size=200))
def test_any_bytes_on_any_topic(service: Service, topic: str, payload: bytes) -> None:
    before = recorded(service)
    service._heard(topic, payload, False)
    assert recorded(service) == before


@pytest.mark.parametrize("payload", [b"[" * 8000, b'{"online":' * 800, b"\xff" * 9000, b'{"online":false}x', b'{"online":true}'])
def test_what_only_looks_like_a_will(service: Service, payload: bytes) -> None:
    before = recorded(service)
    service._heard(topics.from_node(NODE, topics.STATE), payload, False)
    assert recorded(service) == before


def test_a_report_of_a_stranger_or_with_another_nodes_key(service: Service) -> None:
    before = recorded(service)
    for node_id, key in (("ban-la-2", keyring().node(NODE).report_key), (NODE, keyring().node("ban-hin-1").report_key)):
        topic = topics.from_node(node_id, topics.ACK)
        service._heard(topic, signed(key, topic, {"id": "x", "result": "ok"}), False)
    assert recorded(service) == before
    topic = topics.from_node(NODE, topics.ACK)
    service._heard(topic, signed(keyring().node(NODE).report_key, topic, {"id": "x", "result": "ok"}), False)
    assert [ack["node"] for ack in service._station.nodes.acks("x")] == [NODE]
