"""Plan files: what an officer writes is what nodes play, and every mistake is named with its line."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from host_support import AREA, STATION, keyring, site, speech_like

from loa.errors import InvalidFile
from loa.firmware import BODIES, agenda, schema
from loa.station.occurrences import occurrences
from loa.station.station import Station

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = int(datetime(2026, 12, 1, 12, tzinfo=ZONE).timestamp())  # a Tuesday
GOOD = """\
quiet = [["21:30", "05:00"]]

[bulletins.sang]
audio = "tin"

[bulletins.chieu]
audio = "nhac"
class = "priority"

[[slots]]
id = "sang"
bulletin = "sang"
at = ["05:30", "17:00"]
days = ["mon", "Wed", "fri"]

[[slots]]
id = "chieu"
bulletin = "chieu"
at = ["17:00"]
dates = [2026-12-03]
only = ["son-la/moc-chau/ban-la"]
repeat = 2
gap = 10
"""


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    monkeypatch.setattr(time, "time", lambda: float(NOON))
    station = Station(site(), STATION, keyring(), tmp_path)
    station.add_audio(speech_like(2, tmp_path / "tin.wav"))
    station.add_audio(speech_like(3, tmp_path / "nhac.wav"))
    yield station
    station.close()


def mistakes(station: Station, tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        station.check_plan(path)
    assert station.documents.current("plan", AREA) is None
    return [line.removeprefix(f"{path}:") for line in caught.value.mistakes]


def test_a_plan_becomes_what_nodes_read(station: Station, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(GOOD)
    document = station.publish_plan(tmp_path / "plan.toml")
    schema.check(BODIES["plan"], document.body, "")
    morning, evening = document.body["slots"]
    assert (morning["at"], morning["days"]) == ([19800, 61200], [1, 3, 5])
    assert (evening["dates"], evening["repeat"], evening["gap"]) == ([20261203], 2, 10)
    assert document.body["quiet"] == [[77400, 18000]]
    assert document.body["bulletins"]["chieu"]["class"] == "priority"
    node = agenda.Agenda(f"{AREA}/ban-la", "ban-la-1", NOON)
    node.put_plan(AREA, document.body)
    starts = []
    for hamlet in ("ban-la", "ban-hin"):
        found = sorted(occurrences(document.body, f"{AREA}/{hamlet}", NOON, NOON + 4 * 86400))
        starts.append([(one.slot, datetime.fromtimestamp(one.start, ZONE).strftime("%a %H:%M:%S")) for one in found])
    weekly = [("sang", "Wed 05:30:00"), ("sang", "Wed 17:00:00"), ("sang", "Fri 05:30:00"), ("sang", "Fri 17:00:00")]
    assert starts[1] == weekly
    assert starts[0] == weekly[:2] + [("chieu", "Thu 17:00:00"), ("chieu", "Thu 17:00:14")] + weekly[2:]


def test_nodes_and_station_agree_on_what_is_due(station: Station, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(GOOD)
    body = station.publish_plan(tmp_path / "plan.toml").body
    from node.plan.forecast import forecast

    heard = {item.key for _, _, item, why in forecast(f"{AREA}/ban-la", {AREA: body}, {}, NOON, NOON + 7 * 86400) if why == "end"}
    assert heard == {one.key for one in occurrences(body, f"{AREA}/ban-la", NOON, NOON + 7 * 86400)}


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('audio = "tin"', 'audio = "tim"', 4, 'no audio named "tim"; found \'tim\'; allowed: nhac, tin; did you mean "tin"?'),
        (
            'bulletin = "sang"',
            'bulletin = "san"',
            12,
            "found 'san'; allowed: chieu, sang; did you mean \"sang\"?",
        ),
        ('id = "chieu"', 'id = "sang"', 17, "another slot has this id"),
        ('"05:30"', '"5:30"', 13, "a time of day is written"),
        ('"Wed"', '"wednesday"', 14, "not one of the allowed values"),
        ("[2026-12-03]", "[2026-11-30, 2026-12-03]", 20, "2026-11-30 is past"),
        ("[2026-12-03]", "[2026-13-03]", 20, "not TOML"),
        ("gap = 10", 'gap = 10\ndays = ["mon"]', 16, "has both days and dates"),
        ("gap = 10", "gap = 10\nuntil = 2026-11-01", 24, "2026-11-01 is past"),
        ("gap = 10", "gap = 10\nrepat = 3", 24, 'did you mean "repeat"?'),
        ('only = ["son-la/moc-chau/ban-la"]', 'only = ["son-la/mai-son"]', 16, "is not in son-la/moc-chau"),
        ('at = ["05:30", "17:00"]', 'at = ["22:00"]', 10, "it lies wholly in quiet hours"),
        ('at = ["05:30", "17:00"]', 'at = ["17:00:00", "17:00:01"]', 10, "still runs"),
        ('class = "priority"', 'class = "prio"', 8, "allowed: normal, priority, urgent"),
    ],
)
def test_a_mistake_is_named_with_its_line(station: Station, tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    found = mistakes(station, tmp_path, GOOD.replace(old, new, 1))
    assert any(text.startswith(f"{line}: ") and said in text for text in found), found


def test_bulletins_of_one_class_must_not_overlap_and_of_two_may(station: Station, tmp_path: Path) -> None:
    overlapping = GOOD.replace("dates = [2026-12-03]", "dates = [2026-12-04]")
    (tmp_path / "plan.toml").write_text(overlapping)
    station.check_plan(tmp_path / "plan.toml")
    (found,) = mistakes(station, tmp_path, overlapping.replace('class = "priority"', 'class = "normal"'))
    assert found.startswith('19: slots[1].at: "chieu" at Fri 2026-12-04 17:00:00')
    assert 'overlaps "sang" (line 10)' in found


def test_more_audio_than_the_smallest_node_stores_is_refused(station: Station, tmp_path: Path) -> None:
    station.add_audio(speech_like(240, tmp_path / "dai.wav"))
    (found,) = mistakes(station, tmp_path, GOOD.replace('audio = "nhac"', 'audio = "dai"'))
    assert "242 s of audio are more than node ban-hin-1 (generic-esp32-wrover-max98357a) can store, 181 s" in found
