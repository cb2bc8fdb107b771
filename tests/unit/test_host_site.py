"""`site.toml`: what is accepted, and that each mistake is named with its line, what stands there, what could, and a suggestion."""

import json
from pathlib import Path

import pytest
from host_support import BOARD, SITE_FILE, keyring, site
from hypothesis import given, settings
from hypothesis import strategies as st

from loa.errors import InvalidFile, LoaError
from loa.provision.contents import Services, node_files
from loa.site import load_site
from loa.site.lines import Lines
from loa.site.model import time_of_day

GOOD = SITE_FILE.read_text(encoding="utf-8")


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        load_site(path, [BOARD])
    return [line.removeprefix(f"{path}:") for line in caught.value.mistakes]


def test_the_example_is_a_commune_with_three_hamlets() -> None:
    assert {node.area.split("/")[-1] for node in site().nodes.values()} == {"ban-hin", "ban-la", "ban-mong"}
    assert {site().station_of(node) for node in site().nodes} == {"moc-chau"}
    assert site().quiet == [(21 * 3600 + 30 * 60, 5 * 3600)]
    assert site().keys_folder == SITE_FILE.parent / "keys"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Mihn", 4, 'did you mean "Asia/Ho_Chi_Minh"?'),
        ('kind = "nats"', 'kind = "nat"', 33, "found 'nat'; allowed: external, mosquitto, nats; did you mean \"nats\"?"),
        ("volume_ceiling", "volume_cieling", 41, 'did you mean "volume_ceiling"?'),
        ("volume_ceiling = 90", "volume_ceiling = 900", 41, "must be 100 or less; found 900"),
        ('board = "generic-esp32-wrover-max98357a"', 'board = "generic-esp23-wrover-max98357a"', 45, f'did you mean "{BOARD}"?'),
        ('language = "blt"', 'language = "bl"', 46, "allowed: blt, hmn, vi"),
        ('"son-la/moc-chau/ban-hin"\nboard', '"son-la/moc-chau/ban-hinh"\nboard', 44, 'did you mean "son-la/moc-chau/ban-hin"?'),
        ('area = "son-la/moc-chau/ban-hin"\nboard', 'area = "son-la/moc-chau"\nboard', 44, "a node belongs to a hamlet"),
        ('area = "son-la/moc-chau"\nhost', 'area = "son-la/mochau"\nhost', 25, 'did you mean "son-la/moc-chau"?'),
        ('[areas."son-la"]', '[areas."son-lo"]', 12, 'the area above it, "son-la", is not described'),
        ('[areas."son-la"]', '[areas."Sơn La"]', 9, "names of a-z, 0-9 and -"),
        ("21:30", "21:60", 7, "a time of day is written"),
        ('area = "son-la/moc-chau"\nhost', "host", 24, "stations.moc-chau.area: is missing"),
        ("[broker]", '[broker]\nurl = "mqtts://x"', 33, "is needed for an external broker and for no other"),
        ("[broker]", '[stations.second]\narea = "son-la/moc-chau"\n[broker]', 33, '"moc-chau" already writes for this area'),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    found = mistakes(tmp_path, GOOD.replace(old, new, 1))
    assert any(text.startswith(f"{line}: ") and said in text for text in found), found


def test_all_mistakes_of_one_file_are_named_at_once(tmp_path: Path) -> None:
    found = mistakes(tmp_path, GOOD.replace('language = "blt"', 'language = "xx"').replace('language = "hmn"', 'language = "yy"'))
    assert [text.partition(":")[0] for text in found] == ["46", "56"]


def test_what_is_no_toml_and_what_is_not_there(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "name = \n")[0].startswith("1: not TOML")
    with pytest.raises(LoaError, match="cannot be read"):
        load_site(tmp_path / "none.toml")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 12), st.text(alphabet='"[]{}=.,#/\n -aZ09đ', max_size=8))
def test_damage_anywhere_gives_mistakes_with_lines_or_a_site(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, instead: str
) -> None:
    path = tmp_path_factory.mktemp("site") / "site.toml"
    path.write_text(GOOD[:start] + instead + GOOD[start + length :], encoding="utf-8")
    try:
        load_site(path, [BOARD])
    except InvalidFile as invalid:
        lines = GOOD.count("\n") + instead.count("\n") + 1
        assert all(1 <= int(mistake.removeprefix(f"{path}:").partition(":")[0]) <= lines for mistake in invalid.mistakes)


def test_what_only_looks_like_a_header_costs_no_more_than_a_line() -> None:
    assert Lines('["a]#"]\nx = 1\n[b]\nc = 2\n').of(("b", "c")) == 4


def test_lines_of_unusual_layout() -> None:
    first = 'a.b = 1\ntext = """\n[no]\nc = 2\n"""\nlist = [\n  "]", # ]\n  1,\n]\n'
    second = "[[t]]\nx = 1\n[t.sub]\n[[t]]\nx = 2\n[\"q.r\"]\n's t' = 3\n"
    lines = Lines(first + second)
    places = {("a", "b"): 1, ("text",): 2, ("c",): 1, ("list",): 6}
    places |= {("t", 0, "x"): 11, ("t", 0, "sub"): 12, ("t", 1, "x"): 14, ("q.r", "s t"): 16}
    assert {place: lines.of(place) for place in places} == places
    assert lines.of(("t", 1, "missing", 3)) == 13


@given(st.text(alphabet="[]{}\"'=#.\n abc\\", max_size=80))
def test_lines_never_fail_on_what_tomllib_accepts(text: str) -> None:
    import tomllib

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    Lines(text)


@given(st.integers(0, 86400))
def test_times_of_day(second: int) -> None:
    assert time_of_day(f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}") == second


@pytest.mark.parametrize("text", ["5:30", "24:01", "aa:bb", "", "05:30:00:00", 530, None])
def test_what_is_no_time_of_day(text: object) -> None:
    with pytest.raises(ValueError, match="a time of day"):
        time_of_day(text)


def test_nodes_are_told_the_time_servers_of_the_site_after_their_stations(tmp_path: Path) -> None:
    text = SITE_FILE.read_text(encoding="utf-8").replace(
        'keys = "keys"', 'keys = "keys"\ntime_servers = ["vn.pool.ntp.org", "10.0.0.1:1123"]'
    )
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    services = Services(8883, "http://loa.example:8080", (("loa.example", 1123),))
    files = node_files(load_site(tmp_path / "site.toml"), keyring(), "ban-la-1", services, b"")
    assert json.loads(files["vfs"]["config.json"])["time"] == [["loa.example", 1123], ["vn.pool.ntp.org", 123], ["10.0.0.1", 1123]]
