"""Commands at an officer's desk that need nobody else: keys, audio, plans, looking."""

from pathlib import Path

import pytest
from cli_support import Desk, run
from host_support import AREA, speech_like

from loa.errors import EXIT_INVALID, EXIT_KEYS, EXIT_USAGE

PLAN = """
[bulletins.tin]
class = "priority"
[[slots]]
id = "sang"
bulletin = "tin"
at = ["05:30"]
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_keys_are_made_once_and_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path, own_keys=True)
    made = run("keys", desk.site, "--passphrase", "lúa nương", "--json").json
    assert made["folder"] == str(tmp_path / "keys")
    assert {"root.pem", "nodes/ban-la-1.json", "stations/moc-chau.pem", f"trust/{AREA}.jws"} <= set(made["made"])
    assert run("keys", desk.site, "--json").json["made"] == []
    desk.edit("[broker]", '[stations.son-la]\narea = "son-la"\n\n[broker]')
    assert "hint: give its passphrase" in run("keys", desk.site, code=EXIT_KEYS).stderr
    assert "made trust/son-la.jws" in run("keys", desk.site, "--passphrase", "lúa nương").stdout


def test_what_is_audio_is_taken_in_and_what_is_not_is_named(desk: Desk, tmp_path: Path) -> None:
    good = speech_like(2, tmp_path / "tin.wav")
    told = desk.loa("add", good, desk.site, tmp_path / "none.mp3", "--json", code=EXIT_INVALID)
    assert [(one["name"], one["language"], one["ms"]) for one in told.json] == [("tin", "vi", 2034)]
    assert f"error: {desk.site}: " in told.stderr
    assert f"error: {tmp_path}/none.mp3: no such file" in told.stderr
    table = desk.loa("add", good, "--name", "tin-hmn", "--language", "hmn", "--title", "[b]Tin[/b]").stdout
    assert table.splitlines()[-1].split() == ["tin-hmn", "hmn", "0:02", *table.splitlines()[-1].split()[3:7], "[b]Tin[/b]"]
    assert "--name is for one recording" in desk.loa("add", good, good, "--name", "x", code=EXIT_USAGE).stderr


def test_a_plan_is_checked_and_published(desk: Desk, tmp_path: Path) -> None:
    desk.loa("add", speech_like(2, tmp_path / "tin.wav"))
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.replace("05:30", "25:30"))
    assert f"error: {plan}:7: slots[0].at[0]: " in desk.loa("plan", "check", plan, "--json", code=EXIT_INVALID).stderr
    plan.write_text(PLAN)
    checked = desk.loa("plan", "check", plan, "--json").json
    assert (checked["ok"], checked["bulletins"], checked["slots"]) == (True, 1, 1)
    starts = [one["start"] for one in checked["next"]]
    assert len(starts) == 8
    assert starts == sorted(set(starts))
    assert {(start + 7 * 3600) % 86400 for start in starts} == {5 * 3600 + 30 * 60}
    assert desk.loa("plan", "check", plan).stdout.startswith("1 bulletins in 1 slots: can be published\n")
    told = desk.loa("plan", "publish", plan)
    assert told.stdout.startswith("1 bulletins in 1 slots: published as plan:son-la/moc-chau:")
    assert "the plan goes out when it does" in told.stderr
    again = desk.loa("plan", "publish", plan, "--json").json
    assert again["id"] == f"plan:{AREA}:{again['revision']}"
    assert again["served"] is False


def test_watch_shows_nodes_that_were_never_heard(desk: Desk) -> None:
    nodes = desk.loa("watch", "--once", "--json").json["nodes"]
    assert [node["node"] for node in nodes] == ["ban-hin-1", "ban-la-1", "ban-mong-1"]
    assert nodes[0] == {
        "node": "ban-hin-1",
        "area": f"{AREA}/ban-hin",
        "online": False,
        "heard": 0,
        "on_air": None,
        "clock": None,
        "volume": None,
        "lags": [f"trust:{AREA}"],
        "refused": [],
        "last": None,
    }
    told = desk.loa("watch", "--once")
    assert [line.split()[:3] for line in told.stdout.splitlines()[1:]] == [[node["node"], "never", "heard"] for node in nodes]
    assert "this is what it knew last" in told.stderr


def test_an_empty_log(desk: Desk) -> None:
    assert "nothing was to be played" in desk.loa("log").stdout
    assert 'did you mean "ban-la-1"?' in desk.loa("log", "ban-la", code=EXIT_INVALID).stderr


def test_the_folder_can_be_elsewhere_and_the_simulated_commune_is_apart(desk: Desk, tmp_path: Path) -> None:
    desk.loa("watch", "--once", "--folder", tmp_path / "other")
    assert (tmp_path / "other" / "moc-chau" / "station.db").exists()
    assert not desk.places.folder.exists()
    told = desk.loa("watch", "--once", "--sim", code=EXIT_KEYS)
    assert "_sim/_keys" in told.stderr


def test_an_external_broker_is_not_run(desk: Desk) -> None:
    desk.edit('kind = "nats"\nhost = "localhost"', 'kind = "external"\nurl = "mqtts://mqtt.example:8883"')
    assert "this site uses the broker mqtts://mqtt.example:8883" in run("broker", desk.site, code=EXIT_USAGE).stderr


def test_a_station_without_a_broker_says_so(desk: Desk) -> None:
    assert "hint: run `loa broker`" in run("station", desk.site, code=5).stderr
