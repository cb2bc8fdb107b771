"""A day of a commune passes in seconds, and the proof of play of every node is what its plan says."""

import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import loa.demo
from loa.keys import Keyring
from loa.sim.fleet.day import live_through
from loa.sim.fleet.messages import Sound
from loa.sim.local import local
from loa.site.load import load_site
from loa.station.station import Station
from loa.testing.voices import voice

DAY_S = 86_400


def test_a_days_plan_is_played_by_every_node_and_proved(tmp_path: Path) -> None:
    site = local(load_site(Path(loa.demo.__file__).parent / "site.toml").model_copy(update={"quiet": []}))
    keyring = Keyring(tmp_path / "keys")
    keyring.ensure(site)
    station = Station(site, "moc-chau", keyring, tmp_path / "station")
    zone = ZoneInfo(site.time_zone)
    for name in ("morning", "noon"):
        station.add_audio(voice(name, 6, tmp_path))
    now = int(time.time())
    starts = [datetime.fromtimestamp(now + hour * 3600 + 1800, zone) for hour in range(0, 23, 3)]
    lines = ["[bulletins.morning]", "[bulletins.noon]"]
    for number, start in enumerate(starts):
        lines += ["[[slots]]", f'id = "slot-{number}"', f'bulletin = "{("morning", "noon")[number % 2]}"']
        lines += [f'at = ["{start:%H:%M:%S}"]', f"dates = [{start:%Y-%m-%d}]", "late = 60"]
    plan = tmp_path / "plan.toml"
    plan.write_text("\n".join(lines))
    station.publish_plan(plan)
    names = list(site.nodes_served_by("moc-chau"))

    day = live_through(station, names, DAY_S)

    proofs = station.proofs(now, now + DAY_S)
    station.close()
    assert len(proofs) == len(names) * len(starts)
    assert {proof.result for proof in proofs} == {"complete"}
    heard = sorted((event.node, event.key) for event in day.told if isinstance(event, Sound))
    assert heard == sorted((proof.node, proof.key) for proof in proofs)
    late = [
        abs(event.unix_us / 1_000_000 - proof.start)
        for event in day.told
        if isinstance(event, Sound)
        for proof in proofs
        if (proof.node, proof.key) == (event.node, event.key)
    ]
    assert max(late) < 2
    assert day.underruns == 0
