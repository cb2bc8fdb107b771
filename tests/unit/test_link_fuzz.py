"""Whatever bytes the network brings, the parsers answer or refuse; nothing else escapes and nothing runs on."""

import asyncio
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from node.link import body, dns, http, ntp, url
from node.link.stream import Stream
from node.refusal import Refused

ASKED = dns.question(7, "broker.example")
names = st.one_of(
    st.just(b"\xc0\x0c"),
    st.integers(0, 0x3FFF).map(lambda target: struct.pack(">H", 0xC000 | target)),
    st.lists(st.binary(min_size=1, max_size=63).map(lambda label: bytes([len(label)]) + label), max_size=5).map(
        lambda labels: b"".join(labels) + b"\0"
    ),
    st.binary(max_size=6),
)
records = st.builds(
    lambda name, kind, family, ttl, data, lie: name + struct.pack(">HHIH", kind, family, ttl, (len(data) + lie) & 0xFFFF) + data,
    names,
    st.sampled_from([1, 5, 28, 41]),
    st.sampled_from([1, 1, 1, 255]),
    st.integers(0, 0xFFFFFFFF),
    st.one_of(st.binary(min_size=4, max_size=4), names),
    st.sampled_from([0, 0, 0, 0, 1, -1, 5000]),
)


def _check_dns(message):
    try:
        found = dns.answer(message, ASKED)
    except dns.Malformed:
        return
    if found is not None:
        addresses, ttl = found
        assert len(addresses) <= 4 and 0 <= ttl < 1 << 31
        assert all(text.count(".") == 3 for text in addresses)


@given(st.binary(max_size=600))
def test_dns_takes_random_bytes(data):
    _check_dns(data)
    _check_dns(ASKED[:2] + data)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.lists(records, max_size=12), st.binary(max_size=4))
def test_dns_takes_nearly_right_answers(flags, count, answers, tail):
    for chosen_flags, chosen_count in ((0x8180, len(answers)), (flags | 0x8000, count)):
        _check_dns(ASKED[:2] + struct.pack(">HHHHH", chosen_flags, 1, chosen_count, 0, 0) + ASKED[12:] + b"".join(answers) + tail)


@given(st.text(max_size=300))
@example("a" * 63 + "." + "b" * 63 + "." + "c" * 63 + "." + "d" * 63)
def test_dns_questions_are_bounded(name):
    try:
        assert len(dns.question(1, name)) <= 12 + 255 + 4
    except ValueError:
        pass


@given(st.binary(max_size=80), st.integers(0, 5000))
def test_ntp_takes_random_bytes(data, round_trip_ms):
    nonce = b"12345678"
    _check_ntp(data, nonce, round_trip_ms)
    _check_ntp(b"\x24" + data[1:24].ljust(23, b"\1") + nonce + data[32:48].ljust(16, b"\xe9"), nonce, round_trip_ms)


def _check_ntp(packet, nonce, round_trip_ms):
    if ntp.answers(packet, nonce):
        try:
            assert -61505152000 * 1000 < ntp.unix_ms(packet, round_trip_ms) < 4294967296 * 1000
        except ntp.Unfit:
            pass


class _Source:
    """A StreamReader and StreamWriter that brings bytes in pieces and then the end."""

    def __init__(self, data, piece):
        self._data = data
        self._piece = piece
        self.transport = self

    async def readinto(self, view):
        part = self._data[: min(len(view), self._piece)]
        self._data = self._data[len(part) :]
        view[: len(part)] = part
        return len(part)

    def close(self):
        pass


def _read_answer(data, piece):
    """(status, body) or the code of the refusal."""

    async def read():
        source = _Source(data, piece)
        stream = Stream(source, source, 1000, False)
        try:
            status, fields = await http._head(stream)
            response = body.Response(stream, status, fields)
            view, got = memoryview(bytearray(50)), b""
            while count := await response.readinto(view):
                got += bytes(view[:count])
            return status, got
        except Refused as refused:
            return refused.code
        finally:
            stream.close()

    return asyncio.run(read())


HTTP_PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"ICY 200 OK\r\n",
        b"HTTP/1.1 100 C\r\n",
        b"\r\n",
        b"\n",
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
    ]
    + [b"5\r\n", b"0\r\n", b"hello", b": ", b"A: b\r\n", b"ffffff\r\n", b";x\r\n", b"\xff\x00"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(HTTP_PIECES, st.binary(max_size=20)), max_size=25).map(b"".join), st.integers(1, 64))
def test_http_takes_anything(data, piece):
    outcome = _read_answer(data, piece)
    assert outcome in ("malformed", "unreachable") or 200 <= outcome[0] <= 999


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=200), max_size=8), st.integers(1, 64), st.data())
def test_chunks_join_however_they_arrive_and_no_cut_goes_unnoticed(chunks, piece, data):
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed
    assert _read_answer(answer, piece) == (200, b"".join(chunks))
    cut = data.draw(st.integers(0, len(answer) - 1))
    assert _read_answer(answer[:cut], piece) == "unreachable"


@given(st.text(max_size=100))
@example("http://")
@example("http://:80/")
@example("https://user@host/")
@example("http://[::1]/")
@example("http://host:0/")
@example("http://host:65536/")
@example("ftp://host/")
def test_urls_are_taken_apart_or_refused(text):
    for candidate in (text, "http://" + text):
        try:
            found = url.Url(candidate)
        except Refused as refused:
            assert refused.code == "malformed"
        else:
            assert found.host and 0 < found.port < 65536 and found.target.startswith("/")
            assert not set(found.host) & set("/?#@: \r\n") and not set(found.target) & set(" \r\n#")


@pytest.mark.parametrize(
    ("reference", "meaning"),
    [
        ("http://other/x", "http://other/x"),
        ("//other/x", "https://other/x"),
        ("/x?y", "https://host:8443/x?y"),
        ("x", "https://host:8443/a/x"),
        ("?q=http://z", "https://host:8443/a/b?q=http://z"),
        ("x?u=http://z", "https://host:8443/a/x?u=http://z"),
    ],
)
def test_references_are_resolved(reference, meaning):
    assert url.join(url.Url("https://host:8443/a/b?c/d#e"), reference) == meaning
