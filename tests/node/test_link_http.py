"""HTTP client against servers that answer by script, well and badly."""

import asyncio

from support_link import answering, body_of, close, network, refusal_of, request_of, serve

from node import refusal
from node.link import body, http

HEAD = b"HTTP/1.1 200 OK\r\n"


async def _get_from(handler, **options):
    server, port = await serve(handler)
    try:
        response = await http.get(network(), "http://localhost:{}/a?b".format(port), **options)
        return response, await body_of(response)
    finally:
        server.close()


async def _refused(handler, **options):
    return (await refusal_of(_get_from(handler, **options))).code


async def test_request_is_as_told():
    asked = []

    async def handler(reader, writer):
        asked.append(await request_of(reader))
        writer.write(HEAD + b"Content-Length: 0\r\n\r\n")
        await writer.drain()

    await _get_from(handler, headers={"Range": "bytes=7-"})
    lines = asked[0].split("\r\n")
    assert lines[0] == "GET /a?b HTTP/1.1"
    assert lines[1].startswith("Host: localhost:")
    assert "Range: bytes=7-" in lines and "Connection: close" in lines


async def test_body_of_known_length_in_pieces():
    response, got = await _get_from(answering(HEAD + b"Content-Length: 200\r\nX-A: 1\r\nx-a: 2\r\n\r\n" + b"a" * 50, b"b" * 150))
    assert (response.status, response.length, response.headers["x-a"]) == (200, 200, "1, 2")
    assert got == b"a" * 50 + b"b" * 150


async def test_body_behind_the_announced_length_is_not_read():
    assert (await _get_from(answering(HEAD + b"Content-Length: 3\r\n\r\nabcdef")))[1] == b"abc"


async def test_body_without_length_ends_with_the_connection():
    response, got = await _get_from(answering(HEAD + b"\r\n" + b"x" * 300))
    assert response.length is None and got == b"x" * 300


async def test_chunks_are_joined_and_trailers_skipped():
    chunks = b"3\r\nabc\r\n64;note=1\r\n" + b"d" * 100 + b"\r\n0\r\nX: y\r\n\r\n"
    response, got = await _get_from(answering(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks))
    assert response.length is None and got == b"abc" + b"d" * 100


async def test_reading_on_behind_the_end_stays_at_the_end():
    server, port = await serve(answering(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"))
    response = await http.get(network(), "http://127.0.0.1:{}/".format(port))
    view = memoryview(bytearray(8))
    counts = []
    for _ in range(3):
        counts.append(await response.readinto(view))
    assert counts == [1, 0, 0]
    response.close()
    server.close()


async def test_icy_answer():
    response, got = await _get_from(answering(b"ICY 200 OK\r\nicy-metaint:16000\r\n\r\nsound"))
    assert response.status == 200 and response.headers["icy-metaint"] == "16000" and got == b"sound"


async def test_interim_answers_are_passed_over():
    response, _ = await _get_from(answering(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + HEAD + b"Content-Length: 0\r\n\r\n"))
    assert response.status == 200
    assert await _refused(answering(b"HTTP/1.1 100 Continue\r\n\r\n" * 9)) == refusal.MALFORMED


async def test_status_is_the_callers_business():
    for status in (404, 500):
        response, got = await _get_from(answering("HTTP/1.1 {} No\r\nContent-Length: 2\r\n\r\nno".format(status).encode()))
        assert response.status == status and got == b"no"


async def test_not_modified_has_no_body():
    response, got = await _get_from(answering(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"))
    assert (response.status, response.length, got) == (304, 0, b"")


async def test_redirects_are_followed_and_bounded():
    asked = []

    async def handler(reader, writer):
        request = await request_of(reader)
        target = request.split(" ")[1]
        asked.append(target)
        if target == "/b/d":
            writer.write(HEAD + b"Content-Length: 2\r\n\r\nok")
        else:
            place = {"/a?b": "/b/c?x", "/b/c?x": "d"}.get(target, "/loop")
            writer.write("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n".format(place).encode())
        await writer.drain()

    assert (await _get_from(handler))[1] == b"ok"
    assert asked == ["/a?b", "/b/c?x", "/b/d"]
    server, port = await serve(handler)
    refused = await refusal_of(http.get(network(), "http://localhost:{}/loop".format(port)))
    server.close()
    assert refused.code == refusal.REDIRECTS and len(asked) == 3 + 6


async def test_truncated_bodies_are_broken_connections():
    assert await _refused(answering(HEAD + b"Content-Length: 10\r\n\r\nabc")) == refusal.UNREACHABLE
    for chunks in (b"", b"5", b"5\r\nab", b"2\r\nab", b"2\r\nab\r\n", b"2\r\nab\r\n0\r\n"):
        code = await _refused(answering(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks))
        assert code == refusal.UNREACHABLE, chunks


async def test_garbage_is_malformed():
    heads = (
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        HEAD + b"no colon\r\n\r\n",
        HEAD + b"A : 1\r\n\r\n",
        HEAD + b" folded: 1\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        HEAD + b"A: " + b"x" * 3000 + b"\r\n\r\n",
        HEAD + b"A: 1\r\n" * 70 + b"\r\n",
        HEAD + (b"A: " + b"x" * 1500 + b"\r\n") * 8 + b"\r\n",
    )
    for head in heads:
        assert await _refused(answering(head)) == refusal.MALFORMED, head[:60]
    for chunks in (b"\r\n", b"zz\r\n", b"-1\r\n", b"+1\r\na\r\n", b"ffffffffff\r\n", b"2\r\nabc\r\n", b"1" + b"0" * 300):
        code = await _refused(answering(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks))
        assert code == refusal.MALFORMED, chunks[:20]


async def test_nobody_and_nothing_are_unreachable():
    assert await _refused(answering()) == refusal.UNREACHABLE
    assert await _refused(answering(HEAD + b"A: 1\r\n")) == refusal.UNREACHABLE
    server, port = await serve(answering())
    server.close()
    await server.wait_closed()
    assert (await refusal_of(http.get(network(), "http://127.0.0.1:{}/".format(port)))).code == refusal.UNREACHABLE


def _dripping(first, drop, pause_ms):
    async def handler(reader, writer):
        await request_of(reader)
        writer.write(first)
        for _ in range(200):
            await writer.drain()
            await asyncio.sleep_ms(pause_ms)
            writer.write(drop)

    return handler


async def test_silence_and_slow_loris_in_the_head_time_out():
    assert await _refused(_dripping(HEAD, b"", 100), timeout_ms=300) == refusal.TIMEOUT
    assert await _refused(_dripping(HEAD, b"A: 1\r\n", 50), head_ms=500) == refusal.TIMEOUT


async def test_a_body_that_stops_or_lasts_times_out():
    head = HEAD + b"Content-Length: 9000\r\n\r\n"
    assert await _refused(_dripping(head, b"", 100), timeout_ms=300) == refusal.TIMEOUT
    assert await _refused(_dripping(head, b"x", 50), total_ms=500) == refusal.TIMEOUT


def test_a_body_that_comes_too_slowly_times_out():
    patience = body._Patience(100)
    for _ in range(10):
        patience.spend(2000, 200)
    patience = body._Patience(100)
    try:
        for _ in range(10):
            patience.spend(2000, 187)
        raise AssertionError("not refused")
    except refusal.Refused as refused:
        assert refused.code == refusal.TIMEOUT


async def test_request_splitting_is_impossible():
    for name, value in (("A", "1\r\nB: 2"), ("A\r\nB", "1")):
        try:
            await _get_from(answering(HEAD + b"\r\n"), headers={name: value})
            raise AssertionError("not refused")
        except ValueError:
            pass
    assert (await refusal_of(http.get(network(), "http://localhost/a b"))).code == refusal.MALFORMED
    assert (await refusal_of(http.get(network(), "http://localhost/a\r\nX: y"))).code == refusal.MALFORMED


async def test_closing_twice_and_reading_a_closed_response():
    server, port = await serve(answering(HEAD + b"Content-Length: 5\r\n\r\nabc"))
    response = await http.get(network(), "http://127.0.0.1:{}/".format(port))
    response.close()
    response.close()
    assert (await refusal_of(response.readinto(memoryview(bytearray(8))))).code == refusal.UNREACHABLE
    server.close()


async def test_server_sees_the_connection_close():
    closed = asyncio.Event()

    async def handler(reader, writer):
        await request_of(reader)
        writer.write(HEAD + b"\r\n")
        await writer.drain()
        await reader.readline()
        closed.set()
        await close(writer)

    server, port = await serve(handler)
    response = await http.get(network(), "http://127.0.0.1:{}/".format(port))
    response.close()
    await asyncio.wait_for_ms(closed.wait(), 2000)
    server.close()
