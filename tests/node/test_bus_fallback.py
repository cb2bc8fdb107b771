"""While the broker is away the documents come by HTTP: once each, however the server behaves, and no longer when the broker is back."""

import asyncio

from support_broker import Backoff
from support_time import VirtualClock

from node.bus.fallback import Fallback, places
from node.refusal import HTTP_STATUS, OVERSIZED, TIMEOUT, UNREACHABLE, Refused

ORIGIN = "http://station.example:8080"
WANTED = (("son-la/moc-chau", "trust"), ("son-la/moc-chau", "plan"), ("node/loa-01", "air"))
PLAN_URL = ORIGIN + "/v1/to/son-la/moc-chau/plan"
PLAN_TOPIC = "loa/v1/to/son-la/moc-chau/plan"


class Response:
    def __init__(self, status, body=b"", etag=None):
        self.status = status
        self.headers = {"etag": etag} if etag else {}
        self.is_closed = False
        self._body = body

    async def readinto(self, view):
        piece = self._body[: min(len(view), 1000)]
        self._body = self._body[len(piece) :]
        view[: len(piece)] = piece
        return len(piece)

    def close(self):
        self.is_closed = True


class Server:
    """Answers by URL: (body, ETag), a status, or an error to raise; 404 for everything else."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.responses = []

    async def get(self, url, headers):
        self.asked.append((url, headers))
        answer = self.answers.get(url, 404)
        if isinstance(answer, Exception):
            raise answer
        if answer == "silence":
            await asyncio.Event().wait()
        if isinstance(answer, int):
            response = Response(answer)
        elif answer[1] and headers.get("If-None-Match") == answer[1]:
            response = Response(304)
        else:
            response = Response(200, *answer)
        self.responses.append(response)
        return response


def told(scenario):
    """Run `async scenario(fallback, server, taken, clock)` in virtual time; `taken` lists what the handler was given, and `taken.believes` is its answer."""
    clock = VirtualClock()

    class Taken(list):
        believes = True

    async def run():
        server, taken = Server(), Taken()

        async def on_document(topic, raw):
            taken.append((topic, raw))
            return taken.believes

        fallback = Fallback(server.get, ORIGIN, lambda: WANTED, on_document, Backoff())
        task = asyncio.create_task(fallback.run())
        await scenario(fallback, server, taken)
        task.cancel()
        assert all(response.is_closed for response in server.responses)

    clock.run(run())


def test_places_are_the_chain_and_the_node_with_trust_first():
    assert places("a/b", "loa-01") == [
        ("a", "trust"),
        ("a/b", "trust"),
        ("a", "plan"),
        ("a/b", "plan"),
        ("a", "air"),
        ("a/b", "air"),
        ("node/loa-01", "air"),
        ("node/loa-01", "seen"),
    ]


def test_polls_only_after_the_broker_was_away_for_long():
    async def scenario(fallback, server, taken):
        server.answers[PLAN_URL] = (b"plan 1", '"1"')
        await asyncio.sleep(59)
        assert server.asked == []
        fallback.broker_up()
        await asyncio.sleep(300)
        assert server.asked == []
        fallback.broker_down()
        await asyncio.sleep(59)
        assert server.asked == []
        await asyncio.sleep(2)
        assert [url for url, _ in server.asked] == [ORIGIN + "/v1/to/{}/{}".format(*place) for place in WANTED]
        assert taken == [(PLAN_TOPIC, b"plan 1")]

    told(scenario)


def test_each_version_comes_once():
    async def scenario(fallback, server, taken):
        server.answers[PLAN_URL] = (b"plan 1", '"1"')
        await asyncio.sleep(60 * 5 + 1)
        assert taken == [(PLAN_TOPIC, b"plan 1")]
        assert server.asked[1] == (PLAN_URL, {}) and server.asked[4] == (PLAN_URL, {"If-None-Match": '"1"'})
        server.answers[PLAN_URL] = (b"plan 2", '"2"')
        await asyncio.sleep(60)
        assert taken[1:] == [(PLAN_TOPIC, b"plan 2")] and fallback.why is None

    told(scenario)


def test_what_was_not_believed_is_fetched_again():
    async def scenario(fallback, server, taken):
        server.answers[PLAN_URL] = (b"plan 1", '"1"')
        taken.believes = False
        await asyncio.sleep(121)
        assert len(taken) == 2
        taken.believes = True
        await asyncio.sleep(300)
        assert len(taken) == 3

    told(scenario)


def test_a_server_without_etags_is_asked_in_full():
    async def scenario(fallback, server, taken):
        server.answers[PLAN_URL] = (b"plan 1", None)
        await asyncio.sleep(121)
        assert len(taken) == 2 and server.asked[4] == (PLAN_URL, {})

    told(scenario)


def test_ends_when_the_broker_is_back_in_the_middle_of_a_round():
    async def scenario(fallback, server, taken):
        async def get(url, headers):
            fallback.broker_up()
            return await server.get(url, headers)

        fallback._get = get
        await asyncio.sleep(600)
        assert len(server.asked) == 1

    told(scenario)


def test_one_bad_document_does_not_hide_the_others():
    async def scenario(fallback, server, taken):
        server.answers[ORIGIN + "/v1/to/son-la/moc-chau/trust"] = 500
        server.answers[PLAN_URL] = (b"x" * 8193, '"1"')
        server.answers[ORIGIN + "/v1/to/node/loa-01/air"] = (b"x" * 8192, '"1"')
        await asyncio.sleep(61)
        assert [topic for topic, _ in taken] == ["loa/v1/to/node/loa-01/air"] and fallback.why.code == OVERSIZED
        server.answers[PLAN_URL] = 404
        await asyncio.sleep(60)
        assert fallback.why.code == HTTP_STATUS

    told(scenario)


def test_a_server_that_is_not_there_is_asked_less_and_less_often():
    async def scenario(fallback, server, taken):
        server.answers[ORIGIN + "/v1/to/son-la/moc-chau/trust"] = Refused(UNREACHABLE, "no route")
        await asyncio.sleep(60 + 1 + 2 + 3 + 4 + 1)
        assert fallback.why.code == UNREACHABLE and len(server.asked) == 5
        server.answers.clear()
        await asyncio.sleep(5)
        assert fallback.why is None
        server.answers[ORIGIN + "/v1/to/son-la/moc-chau/trust"] = Refused(UNREACHABLE, "no route")
        await asyncio.sleep(60 + 1 + 1)
        assert fallback._backoff.waits[-2:] == [1000, 2000]

    told(scenario)


def test_a_server_that_never_answers():
    async def scenario(fallback, server, taken):
        server.answers[ORIGIN + "/v1/to/son-la/moc-chau/trust"] = "silence"
        await asyncio.sleep(91)
        assert fallback.why.code == TIMEOUT and len(server.asked) == 1
        server.answers.clear()
        await asyncio.sleep(1)
        assert fallback.why is None

    told(scenario)
