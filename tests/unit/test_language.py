"""The language of `loa`: which one is meant, and that a message's fields are filled in whichever it is."""

import os
import sys
from pathlib import Path

import pytest
from cli_support import run

from loa import language
from loa.errors import EXIT_USAGE

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import translations


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOA_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.setenv(name, "")


@pytest.mark.parametrize(
    ("locale", "wanted"),
    [
        ("vi", "vi"),
        ("vi_VN.UTF-8", "vi"),
        ("vi-VN", "vi"),
        ("Vietnamese_Vietnam.1258", "vi"),
        ("en_GB", "en"),
        ("C", None),
        ("fr_FR.UTF-8", None),
        ("", None),
    ],
)
def test_names_of_locales(locale: str, wanted: str | None) -> None:
    assert language.known(locale) == wanted


def test_the_first_variable_that_is_set_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")
    assert language.current() == "vi"
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert language.current() == "en"
    monkeypatch.setenv("LOA_LANG", "vi")
    assert language.current() == "vi"


def test_a_language_is_spoken_by_processes_that_are_started_too() -> None:
    language.use("vi")
    assert (os.environ["LOA_LANG"], language.current()) == ("vi", "vi")


def test_fields_are_filled_in() -> None:
    language.use("en")
    assert language._("no {what}: {path}", what="file", path="{x}") == "no file: {x}"
    assert language._("100 % {sure}") == "100 % {sure}"
    assert language._("") == ""


def test_every_message_is_there_in_every_language() -> None:
    """As `make check` asks, too: translated, with the same fields, compiled."""
    messages = translations.said()
    assert len(messages) > 400
    for name in language.LANGUAGES[1:]:
        assert translations.mistakes(name, messages) == []


def test_help_and_errors_are_told_in_vietnamese(tmp_path: Path) -> None:
    told = run("--lang", "vi", "site", "init", "--help").stdout
    assert "Lập một hệ thống" in told and "Begin a site" not in told
    told = run("--lang=vi", "watch", "--site", tmp_path / "site.toml", code=EXIT_USAGE).stderr
    assert told.startswith(f"lỗi: {tmp_path}/site.toml: không có tệp này\ngợi ý: ")
