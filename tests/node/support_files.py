"""A file server without a network: what `http.get` would give, in all the ways a server can be wrong."""

import asyncio
import binascii
import hashlib

from node.refusal import UNREACHABLE, Refused

ADDRESS = "http://station/files"


def sha256_text(content):
    """base64url of the SHA-256 of some bytes, without padding."""
    return binascii.b2a_base64(hashlib.sha256(content).digest()).decode().strip("=\n").replace("+", "-").replace("/", "_")


def variant(content):
    """The members of a VARIANT that a cache reads."""
    return {"sha256": sha256_text(content), "bytes": len(content)}


class Response:
    """`breaks`: bytes after which the connection breaks, None: it does not. `before(response)` is called at each read."""

    def __init__(self, status, body, headers, length, breaks, before):
        self.status = status
        self.headers = headers
        self.length = length
        self.closed = False
        self.given = 0
        self._body = body
        self._breaks = breaks
        self._before = before

    async def readinto(self, view):
        assert not self.closed and len(view) > 0
        self._before(self)
        await asyncio.sleep_ms(0)
        count = min(len(view), len(self._body) - self.given, 1500)
        if self._breaks is not None:
            count = min(count, self._breaks - self.given)
            if count <= 0:
                raise Refused(UNREACHABLE, "closed before the end of the body")
        view[:count] = self._body[self.given : self.given + count]
        self.given += count
        return count

    def close(self):
        self.closed = True


class Server:
    """Serves `contents` (list of bytes) by hash. Each request takes the next of `manners`, then "honest":

    "honest"; "whole": 200 whatever was asked; "shifted": a 206 from elsewhere; "nowhere": a 206 without position; "other total"; 404, 416, 500, 302;
    ("breaks", n): the connection breaks after n bytes; ("short", n): a shorter file, told so; ("silent short", n): without a length, ended early;
    ("long", n): n more bytes, told so; ("silent long", n); "lies": right length, wrong bytes; "silent": honest, no length told; "part": 206 for no question;
    "down": no connection.
    """

    def __init__(self, *contents):
        self.contents = {sha256_text(content): content for content in contents}
        self.manners = []
        self.requests = []  # (hash, first byte asked for)
        self.responses = []
        self.before = lambda response: None

    async def get(self, url, headers):
        assert url.startswith(ADDRESS + "/")
        name = url[len(ADDRESS) + 1 :]
        asked = headers.get("Range", "bytes=0-")
        assert asked.startswith("bytes=") and asked.endswith("-")
        start = int(asked[6:-1])
        assert ("Range" in headers) == (start > 0)
        self.requests.append((name, start))
        response = self._answer(self.manners.pop(0) if self.manners else "honest", name, start)
        self.responses.append(response)
        return response

    def _answer(self, manner, name, start):
        manner, number = manner if isinstance(manner, tuple) else (manner, 0)
        content = self.contents.get(name, b"")
        if manner == "down":
            raise Refused(UNREACHABLE, "no connection")
        if isinstance(manner, int) or name not in self.contents:
            return Response(manner if isinstance(manner, int) else 404, b"sorry", {}, 5, None, self.before)
        if manner in ("short", "silent short"):
            content = content[:number]
        elif manner in ("long", "silent long"):
            content = content + b"z" * number
        elif manner == "lies":
            content = bytes(octet ^ 0x20 for octet in content)
        if start >= len(content) and start:
            return Response(416, b"", {"content-range": "bytes */{}".format(len(content))}, 0, None, self.before)
        if manner == "whole":
            start = 0
        status, headers = 200, {}
        if start or manner == "part":
            told = start + (7 if manner == "shifted" else 0)
            total = len(content) + (1 if manner == "other total" else 0)
            status, headers = 206, {"content-range": "bytes {}-{}/{}".format(told, len(content) - 1, total)}
            if manner == "nowhere":
                headers = {"content-range": "bytes"}
        body = content[start:]
        length = None if manner.startswith("silent") else len(body)
        return Response(status, body, headers, length, number if manner == "breaks" else None, self.before)
