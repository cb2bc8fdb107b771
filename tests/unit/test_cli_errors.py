"""How commands fail: one line and a hint on stderr, nothing on stdout, the right exit code, and never a traceback unasked."""

from importlib.metadata import version
from pathlib import Path

import pytest
from cli_support import Desk, run
from host_support import AREA

from loa.cli import failures
from loa.cli.app import app
from loa.errors import EXIT_FAILED, EXIT_INVALID, EXIT_KEYS, EXIT_NETWORK, EXIT_USAGE

SECOND_STATION = '[stations.son-la]\narea = "son-la"\n\n[broker]'


def paths() -> list[list[str]]:
    """Every command and group there is."""
    commands = [[command.name or ""] for command in app.registered_commands]
    groups = {group.name or "": group.typer_instance for group in app.registered_groups}
    inner = [[name, command.name or ""] for name, group in groups.items() if group for command in group.registered_commands]
    return [[], *commands, *([name] for name in groups), *inner]


def test_every_command_of_the_issue_is_there() -> None:
    named = {" ".join(path) for path in paths()}
    wanted = [
        "demo",
        "broker",
        "station",
        "sim",
        "keys",
        "add",
        "plan",
        "urgent",
        "live",
        "stop",
        "volume",
        "ping",
        "identify",
        "reboot",
        "watch",
        "log",
    ]
    assert {*wanted, "plan check", "plan publish"} <= named


@pytest.mark.parametrize("path", paths(), ids=" ".join)
def test_help(path: list[str]) -> None:
    told = run(*path, "--help")
    assert "Usage: loa" in told.stdout
    assert not told.stderr


def test_version() -> None:
    assert run("--version").stdout.strip() == version("loa")


@pytest.mark.parametrize("command", [["watch"], ["log"], ["ping", "ban-la-1"], ["plan", "check", "plan.toml"]], ids=" ".join)
def test_a_site_that_is_not_there(command: list[str], tmp_path: Path) -> None:
    told = run(*command, "--site", tmp_path / "site.toml", code=EXIT_USAGE)
    assert told.stderr.startswith(f"error: {tmp_path}/site.toml: no such file\nhint: ")
    assert not told.stdout


def test_a_site_with_mistakes_names_each_with_its_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.edit('kind = "nats"', 'kind = "nat"')
    desk.edit("volume_ceiling = 90", "volume_ceiling = 900")
    kind, ceiling = desk.line('"nat"'), desk.line("= 900")
    first, second = desk.loa("watch", code=EXIT_INVALID).stderr.splitlines()
    assert first.startswith(f"error: {desk.site}:{kind}: broker.kind:")
    assert first.endswith('did you mean "nats"?')
    assert second.startswith(f"error: {desk.site}:{ceiling}: audio.volume_ceiling:")


def test_keys_that_are_missing(tmp_path: Path) -> None:
    told = Desk(tmp_path, own_keys=True).loa("watch", "--once", code=EXIT_KEYS)
    assert "hint: run `loa keys`" in told.stderr


def test_a_site_with_two_stations_wants_to_know_which(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.edit("[broker]", SECOND_STATION)
    told = desk.loa("watch", "--once", code=EXIT_USAGE)
    assert "hint: say which with --station: moc-chau, son-la" in told.stderr
    told = desk.loa("watch", "--once", "--station", "moc-chua", code=EXIT_INVALID)
    assert 'hint: did you mean "moc-chau"?' in told.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["urgent", AREA, "siren"],
        ["live", AREA, "radio.mp3"],
        ["stop", AREA],
        ["volume", AREA, "50"],
        ["ping", "ban-la-1"],
        ["identify", "ban-la-1"],
        ["reboot", "ban-la-1"],
    ],
    ids=lambda command: command[0],
)
def test_nothing_is_sent_without_the_service(command: list[str], tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    told = desk.loa(*command, "--json", code=EXIT_NETWORK)
    assert "does not run, so nothing was sent" in told.stderr
    assert f"hint: start it with `loa station {desk.site}`" in told.stderr
    assert not told.stdout
    assert desk.loa("log", "--json").json == {"proofs": [], "events": [], "lost": [], "refused": []}


@pytest.mark.parametrize("arguments", [["volume", AREA, "101"], ["urgent", AREA], ["ping"], ["no-such-command"]], ids=" ".join)
def test_wrong_usage(arguments: list[str]) -> None:
    told = run(*arguments, code=EXIT_USAGE)
    assert "--help" in told.stderr
    assert not told.stdout


def test_a_fault_is_one_line_and_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("loa.cli.seeing.overview", broken)
    monkeypatch.setattr(failures, "user_log_path", lambda *_, **__: tmp_path / "log")
    desk = Desk(tmp_path)
    told = desk.loa("watch", "--once", code=EXIT_FAILED)
    assert "error: loa itself failed: ZeroDivisionError: by nothing" in told.stderr
    assert str(tmp_path / "log" / "faults.log") in told.stderr
    assert "Traceback" not in told.stderr
    assert "in broken\n" in (tmp_path / "log" / "faults.log").read_text()
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run("--debug", "watch", "--once", "--site", desk.site)
