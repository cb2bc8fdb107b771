"""A short life of one whole node with its broker and station, judged by what its loudspeaker emitted and by what the record says.

The life is lived once, at the speed at which the node answers; every test looks at one thing that was promised.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from commune_support import AREA, NODE, Ear, as_played, built_in, emitted_s, eventually, plan_text, voice, waking_site

from loa.demo.clicks import find_clicks
from loa.demo.evidence import Recording, Segment, heard_share
from loa.demo.verdict import recordings
from loa.sim.commune import Commune
from loa.sim.node import SimulatedNode
from loa.sim.runtime import cpython
from node.audio import gain

VOICES = {"sang": 3.0, "chieu": 5.0, "dai": 30.0}
QUIETER = 40  # per cent


@dataclass
class Lived:
    """What was done when (Unix seconds), and everything that is left of it."""

    commune: Commune
    node: SimulatedNode
    ear: Ear
    slots: dict[str, float]
    order: str = ""
    siren: str = ""
    quieter: float = 0.0
    stopped: float = 0.0
    link_cut: float = 0.0
    link_back: float = 0.0

    def whole(self, name: str) -> Segment:
        """The one stretch in which a bulletin was heard, which must be all of it."""
        (stretch,) = self.ear.heard(self.node, name)
        assert heard_share([stretch], self.ear.programmes[name]) > 0.99
        return stretch

    def ends(self, key: str) -> list[str]:
        """Words by which the stretches of an item ended, by the record."""
        events = self.commune.desk.record.events(NODE)
        return [event.body["why"] for event in events if event.kind == "played" and event.body["key"] == key]

    def of(self, name: str) -> str:
        """Key of a slot."""
        return f"{AREA}|{name}|{self.slots[name]:.0f}"


@pytest.fixture(scope="module")
def lived() -> Iterator[Lived]:
    with TemporaryDirectory(prefix="loa-commune-") as folder, Commune(waking_site(), Path(folder), nodes=[NODE]) as commune:
        for name, seconds in VOICES.items():
            commune.desk.add_audio(voice(name, seconds, Path(folder)))
        commune.wait_online()
        rate = commune.site.audio.rate
        ear = Ear([*(as_played(commune, name) for name in VOICES), built_in("chime", rate, 3.5), built_in("siren", rate, 12)])
        begun = math.ceil(time.time() + 4)
        lived = Lived(commune, commune.nodes[NODE], ear, {"sang": begun, "chieu": begun + 5})
        (Path(folder) / "plan.toml").write_text(plan_text(commune.site.time_zone, lived.slots, 900))
        commune.desk.publish_plan(Path(folder) / "plan.toml")
        two_slots(lived)
        orders(lived)
        a_reboot(lived)
        yield lived


def two_slots(lived: Lived) -> None:
    """Nobody is at the station; the second slot is on the air when the link is cut, and over when it is back."""
    node = lived.node
    eventually(lambda: lived.ends(lived.of("sang")), "the first slot played")
    eventually(lambda: lived.ear.heard(node, "chieu"), "the second slot on the air")
    node.link(False)
    lived.link_cut = time.time()
    over = lived.slots["chieu"] + VOICES["chieu"] + 1
    eventually(lambda: time.time() > over, "the second slot over")
    assert lived.ends(lived.of("chieu")) == [], "nothing came through the cut link"
    lived.link_back = time.time()
    node.link(True)
    eventually(lambda: lived.ends(lived.of("chieu")), "the second slot reported", 40)


def orders(lived: Lived) -> None:
    """Urgent, quieter, silence; then the siren, and silence again."""
    desk, node = lived.commune.desk, lived.node
    ping = desk.command(NODE, "ping")
    lived.order = desk.urgent(AREA, "dai", "normal", fallback="none")
    eventually(lambda: lived.ear.heard(node, "dai"), "the order on the air")
    hear(node, 2)
    lived.quieter = time.time()
    desk.volume(AREA, QUIETER)
    eventually(lambda: desk.nodes.state(NODE)["volume"] == QUIETER, "the volume taken")
    hear(node, 2)
    lived.stopped = time.time()
    desk.stop(AREA)
    eventually(lambda: lived.ends(f"{AREA}|{lived.order}"), "the bulletin stopped")
    desk.volume(AREA, 100)
    eventually(lambda: desk.nodes.state(NODE)["volume"] == 100, "the volume taken back")
    lived.siren = desk.sound(AREA, "siren")
    eventually(lambda: desk.nodes.state(NODE)["playing"] == f"{AREA}|{lived.siren}", "the siren on the air")
    hear(node, 3)
    desk.stop(AREA)
    eventually(lambda: lived.ends(f"{AREA}|{lived.siren}"), "the siren stopped")
    eventually(lambda: desk.commands.get(ping.id).result, "an answer to the ping")
    assert desk.commands.get(ping.id).result == "ok"


def a_reboot(lived: Lived) -> None:
    """It comes back by itself, and then lets the chime sound, so that it is known to have been able to play."""
    desk, node = lived.commune.desk, lived.node
    nonce = desk.nodes.state(NODE)["nonce"]
    reboot = desk.command(NODE, "reboot")
    eventually(lambda: len(node.boots) == 2 and desk.nodes.state(NODE)["nonce"] != nonce, "the node back after its reboot", 40)
    assert desk.commands.get(reboot.id).result == "ok"
    eventually(lambda: desk.nodes.state(NODE)["clock"] != "unset", "the time known again")
    identify = desk.command(NODE, "identify")
    hear(node, 5)
    eventually(lambda: desk.commands.get(identify.id).result == "ok", "an answer to identify")
    node.power_off()


def hear(node: SimulatedNode, seconds: float) -> None:
    """Wait until it has emitted so much more."""
    before = emitted_s(node)
    eventually(lambda: emitted_s(node) > before + seconds, f"{seconds} s of sound", 20 + seconds)


def test_a_bulletin_is_heard_whole_at_its_slot(lived: Lived) -> None:
    stretch = lived.whole("sang")
    assert 0 <= stretch.start - lived.slots["sang"] < 1.5
    assert lived.ends(lived.of("sang")) == ["end"]


def test_a_cut_link_is_not_heard(lived: Lived) -> None:
    stretch = lived.whole("chieu")
    assert stretch.start < lived.link_cut < stretch.end < lived.link_back
    assert lived.ends(lived.of("chieu")) == ["end"]


def test_a_volume_order_is_heard(lived: Lived) -> None:
    loud, soft = gains(lived, 0.7, 1.5), gains(lived, -0.9, -0.5)
    assert abs(loud / gain.factor(100, ceiling()) * gain.FACTOR_ONE - 1) < 0.05
    assert abs(soft / loud - gain.factor(QUIETER) / gain.factor(100)) < 0.02


def test_a_stop_order_silences_with_a_fade(lived: Lived) -> None:
    (stretch,) = lived.ear.heard(lived.node, "dai")
    assert 0 <= stretch.end - lived.stopped < 1.5
    assert lived.ends(f"{AREA}|{lived.order}") == ["pre-empted"]
    assert lived.ear.clicks(lived.node) == []
    (recording,) = [one for one, _ in recordings(lived.node) if one.start <= stretch.start < one.end]
    last = int((stretch.end - 0.5 - recording.start) * recording.rate)
    loudest = last - recording.rate + int(np.argmax(np.abs(recording.samples[last - recording.rate : last].astype(np.int32))))
    broken_off = Recording(NODE, recording.start, recording.rate, recording.samples[: loudest + 1])
    assert find_clicks(broken_off, [stretch], lived.ear.programmes), "without its fade it would have clicked"


def test_the_siren_sounds(lived: Lived) -> None:
    (stretch,) = lived.ear.heard(lived.node, "siren")
    assert stretch.end - stretch.start > 2 and stretch.from_ms < 100


def test_after_the_reboot_nothing_sounds_but_the_chime(lived: Lived) -> None:
    back = lived.node.boots[1].started_ns / 1e9
    heard = lived.ear.heard(lived.node, since=back)
    assert {one.programme for one in heard} == {"chime"}
    assert heard[0].from_ms < 200


def test_every_event_is_recorded_once(lived: Lived) -> None:
    events = lived.commune.desk.record.events(NODE)
    assert len({event.journal for event in events}) == 1
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert lived.commune.desk.record.lost() == []
    played = [event.body["key"] for event in events if event.kind == "played"]
    assert played == [lived.of("sang"), lived.of("chieu"), f"{AREA}|{lived.order}", f"{AREA}|{lived.siren}"]
    assert [event.body["cause"] for event in events if event.kind == "boot"] == ["power", "reset"]


def test_a_bulletin_is_heard_whole_on_the_other_runtime() -> None:
    with (
        TemporaryDirectory(prefix="loa-commune-") as folder,
        Commune(waking_site(), Path(folder), cpython("asked for by a test"), [NODE]) as commune,
    ):
        commune.desk.add_audio(voice("sang", 3, Path(folder)))
        commune.wait_online()
        order = commune.desk.urgent(AREA, "sang", fallback="none")
        node = commune.nodes[NODE]
        lived = Lived(commune, node, Ear([as_played(commune, "sang")]), {})
        eventually(lambda: lived.ends(f"{AREA}|{order}"), "the order played")
        node.power_off()
        lived.whole("sang")
        assert lived.ends(f"{AREA}|{order}") == ["end"]


def ceiling() -> int:
    return int(gain.factor(waking_site().audio.volume_ceiling))


def gains(lived: Lived, first_s: float, last_s: float) -> float:
    """Gain at which the order was heard, from and to seconds after it began or, negative, before it ended."""
    (stretch,) = lived.ear.heard(lived.node, "dai")
    recording = next(one for one, _ in recordings(lived.node) if one.start <= stretch.start < one.end)
    origin = (stretch.start if first_s > 0 else stretch.end) - recording.start
    part = slice(int((origin + first_s) * recording.rate), int((origin + last_s) * recording.rate))
    heard = recording.samples[part].astype(np.float64)
    wanted = lived.ear.programmes["dai"].samples[part.start + stretch.shift : part.stop + stretch.shift].astype(np.float64)
    return float((heard * wanted).sum() / (wanted * wanted).sum())
