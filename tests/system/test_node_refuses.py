"""Bad input of every kind at a whole node: each is refused by its code and changes nothing, not even what is on the air meanwhile.

Documents are forged with the site's own keys and with foreign ones and published with a station's account, as somebody who owns the broker
could; files and streams come from servers of the tests.
"""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bad_servers import BadServer
from joserfc import jws

from loa.boards import load_board
from loa.demo.ear import pcm
from loa.demo.evidence import Programme
from loa.firmware import limits, refusal, topics
from loa.keys import SigningKey, base64url
from loa.keys.signing import new_rsa_key
from loa.site.model import Site, Station
from loa.station import wav
from loa.station.zone import zone_record
from loa.testing import Commune, default_site, eventually, voice
from loa.testing.plugin import shared

AREA = "son-la/moc-chau"
NODE = "ban-la-1"
SELF = topics.node_audience(NODE)
ABOVE = "son-la"
STATION = "moc-chau"
FORGER = "province"  # a station above, which may order no more than `priority`, and whose account the forger has
TLS = Path(__file__).parents[1] / "vectors" / "tls"
DAY_S = 86400


class Bench:
    """One node, its commune, an ear, and everything a forger needs."""

    def __init__(self, commune: Commune) -> None:
        self.commune = commune
        self.desk = commune.desk
        self.node = commune.node
        self.folder = commune.places.folder
        self.key = commune.keyring.station(STATION)
        self.limited = commune.keyring.station(FORGER)
        self.foreign = SigningKey(STATION, new_rsa_key())
        self.stranger = SigningKey("nobody", new_rsa_key())
        self.wire = commune.client(FORGER)
        for name, seconds in (("honest", 1.5), ("long", 30)):
            commune.station.voice(name, seconds)
        self.evil = wav_of(voice("evil", 4, self.folder), wav.IMA_ADPCM)
        commune.learn(Programme("evil", 24_000, pcm(self.file("evil-as-played.wav", self.evil), 24_000)))

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def forged(self, kind: str, audience: str, body: dict[str, Any], **header: Any) -> dict[str, Any]:
        """The payload of a document that would be good but for `header`."""
        now = int(time.time())
        return self.desk.documents.payload(kind, audience, body, now, now + 600, now) | header

    def publish(self, topic: str, raw: str | bytes) -> None:
        self.wire.publish(topic, raw.encode() if isinstance(raw, str) else raw)

    def code_of(self, subject: str, name: str = "") -> str | None:
        """The code by which the node refused a document or command, "" if it accepted it; waits for it."""
        eventually(lambda: self.desk.nodes.acks(subject), f"an answer to {name} {subject}")
        return str(self.desk.nodes.acks(subject)[-1]["code"] or "")

    def refusals(self, key: str | None = None) -> list[str]:
        """Codes of the refusals in the record that an item could not be played for; without a key, of those that were nobody's."""
        events = self.desk.record.events(NODE)
        return [event.body["code"] for event in events if event.kind == "refused" and event.body.get("key") == key]

    def memory(self) -> tuple[Any, ...]:
        """What the node holds and does, by its last word: revisions but of what it was told of events, key on the air, volume, starts."""
        state = self.node.state
        revisions = {name: held for name, held in state["revisions"].items() if not name.startswith(topics.SEEN)}
        return revisions, state["playing"], state["volume"], len(self.node.boots)

    def order(self, name: str) -> str:
        """Order an honest bulletin and return its key."""
        return f"{AREA}|{self.desk.urgent(AREA, name, 'normal', fallback='none')}"

    def play(self, name: str) -> str:
        """Order an honest bulletin, which must be a long one, and return its key once it is on the air."""
        key = self.order(name)
        self.node.wait_for_state(playing=key)
        return key

    def still_honest(self) -> None:
        """It plays a bulletin, whole, as if nothing had been: by its proof, since a state that lasts a second may never be sent."""
        begun = time.time()
        key = self.order("honest")
        eventually(lambda: self.node.ends(key), "the honest bulletin played")
        assert self.node.ends(key) == ["end"]
        self.node.wait_for_state(playing=None)
        assert [segment.to_ms - segment.from_ms > 1400 for segment in self.node.heard("honest", begun)] == [True]


def site_with_a_station_above() -> Site:
    site = default_site()
    above = Station.model_validate({"area": ABOVE, "class": "priority"})
    return site.model_copy(update={"stations": {**site.stations, FORGER: above}})


loa_commune = shared(site=site_with_a_station_above(), nodes=[NODE], station=STATION)


@pytest.fixture(scope="module")
def bench(loa_commune: Commune) -> Iterator[Bench]:
    loa_commune.start_node(NODE)
    made = Bench(loa_commune)
    loa_commune.wait_online()
    eventually(lambda: not made.desk.lags(), "the node holds what there is")
    yield made
    made.wire.close()


@contextmanager
def nothing_changes(bench: Bench) -> Iterator[None]:
    """While a bulletin sounds: it is heard in one stretch until a stop order ends it, all that the node holds stays as it is; then it plays another."""
    begun = time.time()
    key = bench.play("long")
    before = bench.memory()
    yield
    assert bench.memory() == before
    bench.node.wait_for_sound("long", since=begun)  # however fast it all went
    bench.desk.stop(AREA)
    eventually(lambda: bench.node.ends(key), "the bulletin stopped")
    (played,) = [event.body for event in bench.desk.record.events(NODE) if event.body.get("key") == key and event.kind == "played"]
    (stretch,) = bench.node.heard("long", begun)
    assert stretch.from_ms < 100 and abs(stretch.to_ms - played["to_ms"]) < 300
    bench.still_honest()


def test_what_nobody_signed_is_nobodys_and_gets_no_answer(bench: Bench) -> None:
    plan = plan_body(bench)
    topic = topics.to(AREA, topics.PLAN)
    signature = bench.key.sign(bench.forged(topics.PLAN, AREA, plan)).rpartition(".")[2]
    payload = base64url.encode(json.dumps(bench.forged(topics.PLAN, AREA, plan)).encode())
    attacks = {
        "wrong key": (bench.foreign.sign(bench.forged(topics.PLAN, AREA, plan)), refusal.SIGNATURE),
        "unknown key": (bench.stranger.sign(bench.forged(topics.PLAN, AREA, plan, iss="nobody")), refusal.KEY_UNKNOWN),
        "another payload": (f"{head('RS256', STATION)}.{payload}.{signature}", refusal.SIGNATURE),
        "no algorithm": (f"{head('none', STATION)}.{payload}.", refusal.ALGORITHM),
        "no JWS": ("{}", refusal.MALFORMED),
        "nothing": (b"", refusal.MALFORMED),
        "not text": (bytes(range(256)), refusal.MALFORMED),
        "no JSON, though signed": (signed_text(bench.key, b'{"typ":"plan",'), refusal.MALFORMED),
        "no object, though signed": (signed_text(bench.key, b"[1]"), refusal.MALFORMED),
        "larger than a document": (b"a" * (limits.DOCUMENT_BYTES_MAX + 1), refusal.OVERSIZED),
        "larger than a packet may be": (b"a" * 100_000, refusal.OVERSIZED),
    }
    answers = len(bench.wire.got(topics.from_node(NODE, topics.ACK)))
    with nothing_changes(bench):
        for name, (raw, code) in attacks.items():
            before = len(bench.refusals())
            bench.publish(topic, raw)
            eventually(lambda: len(bench.refusals()) > before, f"a refusal of: {name}")
            assert bench.refusals()[before:] == [code], name
    assert len(bench.wire.got(topics.from_node(NODE, topics.ACK))) == answers


def test_what_was_signed_and_does_not_count_is_answered_by_its_code(bench: Bench) -> None:
    plan = plan_body(bench)
    bench.desk.volume(AREA, 100)
    eventually(lambda: not bench.desk.lags(), "an air document to be older than")
    done = bench.desk.command(NODE, "ping")
    eventually(lambda: bench.desk.commands.get(done.id).result, "the ping answered")
    now = int(time.time())  # as late as this: what is forged below must be of this second or the next
    twice = {"id": "s", "bulletin": "b", "at": [0]}
    urgent = order(now, "urgent", do="siren")
    attacks: list[tuple[str, str, SigningKey, dict[str, Any], str]] = [
        ("expired", topics.PLAN, bench.key, bench.forged(topics.PLAN, AREA, plan, iat=now - 900, exp=now - 1), refusal.EXPIRED),
        ("far future", topics.PLAN, bench.key, bench.forged(topics.PLAN, AREA, plan, rev=now + 2 * DAY_S), refusal.REVISION_FUTURE),
        ("older", topics.AIR, bench.key, bench.forged(topics.AIR, AREA, {"orders": []}, rev=now - DAY_S), refusal.REVISION_OLD),
        ("wrong typ", topics.PLAN, bench.key, bench.forged(topics.AIR, AREA, {"orders": []}), refusal.TYPE_WRONG),
        ("unknown typ", topics.RELEASE, bench.key, bench.forged(topics.RELEASE, AREA, {}), refusal.TYPE_UNKNOWN),
        ("for others", topics.PLAN, bench.key, bench.forged(topics.PLAN, "son-la/thuan-chau", plan), refusal.AUDIENCE),
        ("out of its area", topics.AIR, bench.key, bench.forged(topics.AIR, ABOVE, {"orders": []}), refusal.SCOPE),
        ("trust", topics.TRUST, bench.key, bench.forged(topics.TRUST, AREA, {"keys": []}), refusal.SCOPE),
        ("over class", topics.AIR, bench.limited, bench.forged(topics.AIR, ABOVE, {"orders": [urgent]}, iss=FORGER), refusal.SCOPE),
        ("no member", topics.PLAN, bench.key, bench.forged(topics.PLAN, AREA, {"slots": []}), refusal.MALFORMED),
        (
            "no time",
            topics.PLAN,
            bench.key,
            bench.forged(topics.PLAN, AREA, plan | {"slots": [twice | {"at": [90_000]}]}),
            refusal.MALFORMED,
        ),
        (
            "no bulletin",
            topics.PLAN,
            bench.key,
            bench.forged(topics.PLAN, AREA, plan | {"slots": [twice | {"bulletin": "x"}]}),
            refusal.SLOT,
        ),
        ("two of a name", topics.PLAN, bench.key, bench.forged(topics.PLAN, AREA, plan | {"slots": [twice, twice]}), refusal.SLOT),
        (
            "no such day",
            topics.PLAN,
            bench.key,
            bench.forged(topics.PLAN, AREA, plan | {"slots": [twice | {"dates": [20260230]}]}),
            refusal.SLOT,
        ),
        ("over before", topics.AIR, bench.key, bench.forged(topics.AIR, AREA, {"orders": [urgent | {"until": now - 5}]}), refusal.SLOT),
        ("clear", topics.AIR, bench.key, bench.forged(topics.AIR, AREA, {"orders": [clear_live(now, "urgent")]}), refusal.LIVE_REFUSED),
    ]
    with nothing_changes(bench):
        for number, (name, kind, key, payload, code) in enumerate(attacks):
            payload = payload | ({"rev": now + 100 + number} if payload["rev"] in (now, now + 1) else {})
            audience = payload["aud"] if payload["aud"] in (AREA, ABOVE) else AREA
            bench.publish(topics.to(audience, kind), key.sign(payload))
            assert bench.code_of(limits.document_id(kind, audience, payload["rev"]), name) == code, name
        config = bench.forged(topics.CONFIG, SELF, {})
        bench.publish(topics.to(SELF, topics.CONFIG), bench.key.sign(config))
        assert bench.code_of(limits.document_id(topics.CONFIG, SELF, config["rev"])) == refusal.TYPE_UNKNOWN
        bench.publish(topics.to(SELF, topics.COMMAND), done.raw)
        eventually(lambda: len(bench.desk.nodes.acks(done.id)) > 1, "an answer to the replayed ping")
        assert bench.desk.nodes.acks(done.id)[-1]["code"] == refusal.REPLAYED
        unheard_of = bench.forged(topics.COMMAND, SELF, {"id": "dance-1", "do": "dance"})
        bench.publish(topics.to(SELF, topics.COMMAND), bench.key.sign(unheard_of))
        assert bench.code_of("dance-1") == refusal.COMMAND_UNKNOWN


def test_files_that_are_not_what_was_signed_and_a_server_that_drips(bench: Bench) -> None:
    good = wav_of(voice("good", 1, bench.folder), wav.IMA_ADPCM)
    noise = np.random.default_rng(3).bytes(3000)
    quota = load_board(bench.commune.site.nodes[NODE].board).storage.bulletin_seconds * 24_000 * 512 // 1017
    files = {  # what is signed, what is served, how, and the code; the first two while most of the cache is promised to the slow one
        "too-large": (bulletin(b"g", size=quota + 1), b"", "404", refusal.TOO_LARGE),
        "no-room": (bulletin(b"l", size=quota // 2), b"", "404", refusal.FULL),
        "wrong-hash": (bulletin(good), bytes(len(good)), "whole", refusal.HASH),
        "truncated": (bulletin(good), good[: len(good) // 2], "whole", refusal.LENGTH),
        "too-long": (bulletin(good), good + bytes(512), "whole", refusal.LENGTH),
        "without-end": (bulletin(good), good + bytes(512), "unmeasured", refusal.LENGTH),
        "broken-off": (bulletin(good), good, "half", refusal.UNREACHABLE),
        "no-audio": (bulletin(noise), noise, "whole", refusal.NOT_AUDIO),
        "half-a-wav": (bulletin(good[:-100]), good[:-100], "whole", refusal.LENGTH),
        "stereo": (bulletin(stereo(good)), stereo(good), "whole", refusal.NOT_AUDIO),
        "other-rate": (bulletin(at_rate(good, 16_000)), at_rate(good, 16_000), "whole", refusal.RATE),
        "status-404": (bulletin(good), b"", "404", refusal.HTTP_STATUS),
        "status-500": (bulletin(good), b"", "500", refusal.HTTP_STATUS),
        "redirect-loop": (bulletin(good), b"", "loop", refusal.REDIRECTS),
        "no-http": (bulletin(good), b"SSH-2.0-OpenSSH_9.6\r\n", "raw", refusal.MALFORMED),
    }
    before = bench.memory()
    with BadServer() as server:
        later = {"id": "slow", "bulletin": "slow", "at": [seconds_of_day(int(time.time()) + 3600)]}
        plan = plan_body(bench, {"slow": bulletin(b"s", size=quota * 3 // 4)}, [later])
        bench.desk.documents.issue(topics.PLAN, AREA, plan | {"files": server.serve("slow", b"RIFF", "drip")})
        eventually(lambda: server.asked("slow"), "the slow file asked for")
        for name, (promised, served, how, code) in files.items():
            record = order(int(time.time()), "normal", do="bulletin", id=name, bulletin=promised, fallback="none")
            bench.desk.documents.issue(topics.AIR, SELF, {"orders": [record], "files": server.serve(name, served, how)})
            eventually(lambda: bench.refusals(f"{SELF}|{name}"), f"a refusal of the file {name}")
            assert bench.refusals(f"{SELF}|{name}") == [code], name
        bench.still_honest()
        bench.node.wait_for(r"bulletin slow timeout: ", 40)
        bench.desk.documents.issue(topics.AIR, SELF, {"orders": []})
        bench.desk.documents.issue(topics.PLAN, AREA, plan_body(bench))
        eventually(lambda: not bench.desk.lags(), "plan and orders taken back")
    assert bench.memory()[1:] == before[1:]


def test_not_a_sample_comes_from_an_origin_that_is_not_trusted_or_in_the_clear(bench: Bench) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "server.pem", TLS / "server-key.pem")
    begun = time.time()
    endless = wav.header(wav.IMA_ADPCM, 24_000, None) + bench.evil[len(wav.header(wav.IMA_ADPCM, 24_000, 0)) :]
    with BadServer(context) as untrusted, BadServer() as clear:
        now = int(time.time())
        for name, server, code in (("pirate", untrusted, refusal.ORIGIN), ("shout", clear, refusal.LIVE_REFUSED)):
            live = {"url": server.serve(name, endless, "unmeasured"), "codec": wav.IMA_ADPCM, "rate": 24_000}
            record = order(now, "priority", do="live", id=name, live=live, fallback="none")
            bench.desk.documents.issue(topics.AIR, SELF, {"orders": [record]})
            eventually(lambda: bench.refusals(f"{SELF}|{name}"), f"a refusal of {name}")
            assert bench.refusals(f"{SELF}|{name}") == [code]
            bench.desk.documents.issue(topics.AIR, SELF, {"orders": []})
            eventually(lambda: not bench.desk.lags(), "the order taken back")
        assert untrusted.shaken > 0, "the node did come that far"
        assert not clear.asked("shout")
    bench.still_honest()
    assert bench.node.heard("evil", begun) == []


# What is forged.


def head(algorithm: str, kid: str) -> str:
    return base64url.encode(json.dumps({"alg": algorithm, "kid": kid}).encode())


def signed_text(key: SigningKey, text: bytes) -> str:
    """Any text under a good signature."""
    return jws.serialize_compact({"alg": "RS256", "kid": key.kid}, text, key._key)


def plan_body(bench: Bench, bulletins: dict[str, Any] | None = None, slots: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    known = {"b": bench.desk.audio.bulletin("honest", "normal")} | (bulletins or {})
    return {
        "zone": zone_record("Asia/Ho_Chi_Minh", int(time.time())),
        "files": bench.desk.files_url,
        "bulletins": known,
        "slots": slots or [],
    }


def order(now: int, importance: str, **members: Any) -> dict[str, Any]:
    return {"id": "forged", "class": importance, "from": now, "until": now + 120, **members}


def clear_live(now: int, importance: str) -> dict[str, Any]:
    return order(now, importance, do="live", live={"url": "http://localhost/live", "codec": "pcm16", "rate": 24_000})


def bulletin(content: bytes, size: int | None = None) -> dict[str, Any]:
    """A bulletin whose one file would be `content`."""
    digest = base64url.encode(sha256(content).digest())
    variant = {"codec": wav.IMA_ADPCM, "rate": 24_000, "ms": 1000, "bytes": size or len(content), "sha256": digest}
    return {"class": "normal", "variants": [variant]}


def seconds_of_day(unix: int) -> int:
    return (unix + 7 * 3600) % DAY_S


def wav_of(path: Path, codec: str) -> bytes:
    samples = wav.padded(pcm(path, 24_000))
    return wav.header(codec, 24_000, len(samples)) + b"".join(wav.Encoder(codec, 24_000).blocks(samples))


def at_rate(content: bytes, rate: int) -> bytes:
    """The same file with another sample rate in its header."""
    return content[:24] + rate.to_bytes(4, "little") + content[28:]


def stereo(content: bytes) -> bytes:
    return content[:22] + (2).to_bytes(2, "little") + content[24:]
