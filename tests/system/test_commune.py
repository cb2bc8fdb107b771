"""A short life of one whole node with its broker and station, judged by what its loudspeaker emitted and by what the record says.

The life is lived once, at the speed at which the node answers; every test looks at one thing that was promised.
"""

import math
import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

from loa.demo.clicks import find_clicks
from loa.demo.ear import recordings
from loa.demo.evidence import Recording, Segment
from loa.testing import Commune, Node, eventually
from loa.testing.plugin import shared
from node.audio import gain

AREA = "son-la/moc-chau"
NODE = "ban-la-1"
VOICES = {"sang": 2.5, "chieu": 4.0, "dai": 30.0}
QUIETER = 40  # per cent


@dataclass
class Lived:
    """What was done when (Unix seconds), and everything that is left of it."""

    commune: Commune
    node: Node
    slots: dict[str, float]
    order: str = ""
    siren: str = ""
    quieter: float = 0.0
    stopped: float = 0.0
    link_cut: float = 0.0
    link_back: float = 0.0

    def whole(self, name: str) -> Segment:
        """The one stretch in which a bulletin was heard, which must be all of it; but where the host kept the emulated board from running it is two."""
        first, *others = self.node.heard(name)
        last = others[-1] if others else first
        assert len(others) == sum(first.start < gap < last.end for gap in self.node.dropouts())
        assert self.node.heard_share(name) > 0.99
        return replace(first, end=last.end, to_ms=last.to_ms)

    def of(self, name: str) -> str:
        """Key of a slot."""
        return f"{AREA}|{name}|{self.slots[name]:.0f}"


loa_commune = shared(nodes=[NODE])


@pytest.fixture(scope="module")
def lived(loa_commune: Commune) -> Lived:
    loa_commune.start_station()
    for name, seconds in VOICES.items():
        loa_commune.station.voice(name, seconds)
    loa_commune.start_node(NODE)
    loa_commune.wait_online()
    begun = math.ceil(time.time() + 2.5)
    lived = Lived(loa_commune, loa_commune.node, {"sang": begun, "chieu": begun + 4})
    loa_commune.station.plan(lived.slots)
    two_slots(lived)
    orders(lived)
    a_reboot(lived)
    return lived


def two_slots(lived: Lived) -> None:
    """Nobody is at the station; the second slot is on the air when the link is cut, and over when it is back."""
    node = lived.node
    eventually(lambda: lived.node.ends(lived.of("sang")), "the first slot played")
    node.wait_for_sound("chieu")
    node.link(False)
    lived.link_cut = time.time()
    over = lived.slots["chieu"] + VOICES["chieu"] + 1
    eventually(lambda: time.time() > over, "the second slot over")
    assert lived.node.ends(lived.of("chieu")) == [], "nothing came through the cut link"
    lived.link_back = time.time()
    node.link(True)
    eventually(lambda: lived.node.ends(lived.of("chieu")), "the second slot reported", 40)


def orders(lived: Lived) -> None:
    """Urgent, quieter, silence; then the siren, and silence again."""
    desk, node = lived.commune.desk, lived.node
    ping = desk.command(NODE, "ping")
    lived.order = desk.urgent(AREA, "dai", "normal", fallback="none")
    node.wait_for_sound("dai")
    node.wait_for_more(2)
    lived.quieter = time.time()
    desk.volume(AREA, QUIETER)
    eventually(lambda: node.state["volume"] == QUIETER, "the volume taken")
    node.wait_for_more(2)
    lived.stopped = time.time()
    desk.stop(AREA)
    eventually(lambda: lived.node.ends(f"{AREA}|{lived.order}"), "the bulletin stopped")
    desk.volume(AREA, 100)
    eventually(lambda: node.state["volume"] == 100, "the volume taken back")
    lived.siren = desk.sound(AREA, "siren")
    eventually(lambda: node.state["playing"] == f"{AREA}|{lived.siren}", "the siren on the air")
    node.wait_for_more(3)
    desk.stop(AREA)
    eventually(lambda: lived.node.ends(f"{AREA}|{lived.siren}"), "the siren stopped")
    eventually(lambda: desk.commands.get(ping.id).result, "an answer to the ping")
    assert desk.commands.get(ping.id).result == "ok"


def a_reboot(lived: Lived) -> None:
    """It comes back by itself, and then lets the chime sound, so that it is known to have been able to play."""
    desk, node = lived.commune.desk, lived.node
    nonce = node.state["nonce"]
    reboot = desk.command(NODE, "reboot")
    eventually(lambda: len(node.boots) == 2 and node.state["nonce"] != nonce, "the node back after its reboot", 40)
    assert desk.commands.get(reboot.id).result == "ok"
    eventually(lambda: node.state["clock"] != "unset", "the time known again")
    identify = desk.command(NODE, "identify")
    node.wait_for_more(5)
    eventually(lambda: desk.commands.get(identify.id).result == "ok", "an answer to identify")
    node.power_off()


def test_a_bulletin_is_heard_whole_at_its_slot(lived: Lived) -> None:
    stretch = lived.whole("sang")
    assert 0 <= stretch.start - lived.slots["sang"] < 1.5
    assert lived.node.ends(lived.of("sang")) == ["end"]


def test_a_cut_link_is_not_heard(lived: Lived) -> None:
    stretch = lived.whole("chieu")
    assert stretch.start < lived.link_cut < stretch.end < lived.link_back
    assert lived.node.ends(lived.of("chieu")) == ["end"]


def test_a_volume_order_is_heard(lived: Lived) -> None:
    loud, soft = gains(lived, 0.7, 1.5), gains(lived, -0.9, -0.5)
    ceiling = gain.factor(lived.commune.site.audio.volume_ceiling)
    assert abs(loud / gain.factor(100, ceiling) * gain.FACTOR_ONE - 1) < 0.05
    assert abs(soft / loud - gain.factor(QUIETER) / gain.factor(100)) < 0.02


def test_a_stop_order_silences_with_a_fade(lived: Lived) -> None:
    (stretch,) = lived.node.heard("dai")
    assert 0 <= stretch.end - lived.stopped < 1.5
    assert lived.node.ends(f"{AREA}|{lived.order}") == ["pre-empted"]
    assert lived.node.clicks() == []
    (recording,) = [one for one, _ in recordings(lived.node) if one.start <= stretch.start < one.end]
    last = int((stretch.end - 0.5 - recording.start) * recording.rate)
    loudest = last - recording.rate + int(np.argmax(np.abs(recording.samples[last - recording.rate : last].astype(np.int32))))
    broken_off = Recording(NODE, recording.start, recording.rate, recording.samples[: loudest + 1])
    assert find_clicks(broken_off, [stretch], lived.commune.ear.programmes), "without its fade it would have clicked"


def test_the_siren_sounds(lived: Lived) -> None:
    (stretch,) = lived.node.heard("siren")
    assert stretch.end - stretch.start > 2 and stretch.from_ms < 100


def test_after_the_reboot_nothing_sounds_but_the_chime(lived: Lived) -> None:
    back = lived.node.boots[1].started_ns / 1e9
    heard = lived.node.heard(since=back)
    assert {one.programme for one in heard} == {"chime"}
    assert heard[0].from_ms < 200


def test_bulletins_are_played_as_mp3_where_machine_code_runs(lived: Lived) -> None:
    """The best codec that the node plays; the siren has none."""
    wanted = "mp3" if lived.node.runtime.is_micropython else "ima-adpcm"
    assert lived.node.state["codecs"][0] == wanted
    played = [event.body for event in lived.commune.desk.record.events(NODE) if event.kind == "played"]
    codecs = {(body["key"], body["codec"]) for body in played}
    assert {(lived.of("sang"), wanted), (f"{AREA}|{lived.order}", wanted), (f"{AREA}|{lived.siren}", None)} <= codecs


def test_every_event_is_recorded_once(lived: Lived) -> None:
    events = lived.commune.desk.record.events(NODE)
    assert len({event.journal for event in events}) == 1
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert lived.commune.desk.record.lost() == []
    played = [event.body["key"] for event in events if event.kind == "played"]
    assert played == [lived.of("sang"), lived.of("chieu"), f"{AREA}|{lived.order}", f"{AREA}|{lived.siren}"]
    assert [event.body["cause"] for event in events if event.kind == "boot"] == ["power", "reset"]


def gains(lived: Lived, first_s: float, last_s: float) -> float:
    """Gain at which the order was heard, from and to seconds after it began or, negative, before it ended."""
    (stretch,) = lived.node.heard("dai")
    recording = next(one for one, _ in recordings(lived.node) if one.start <= stretch.start < one.end)
    origin = (stretch.start if first_s > 0 else stretch.end) - recording.start
    part = slice(int((origin + first_s) * recording.rate), int((origin + last_s) * recording.rate))
    heard = recording.samples[part].astype(np.float64)
    wanted = lived.commune.ear.programmes["dai"].samples[part.start + stretch.shift : part.stop + stretch.shift].astype(np.float64)
    return float((heard * wanted).sum() / (wanted * wanted).sum())
