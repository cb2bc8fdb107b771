"""The words of the node's own page: every one in both languages, with the same fields, and none that nobody says."""

import re

import loa.firmware
from node.portal import words


def test_every_word_is_there_in_both_languages() -> None:
    assert words.VI.keys() == words.EN.keys()
    for key in words.VI:
        assert words.VI[key].strip() and words.EN[key].strip()
        assert re.findall(r"\{\w*\}", words.VI[key]) == re.findall(r"\{\w*\}", words.EN[key])


def test_every_word_is_said() -> None:
    folder = loa.firmware.FIRMWARE / "node" / "portal"
    text = "".join(path.read_text() for path in folder.glob("*.py") if path.name != "words.py")
    assert [key for key in words.EN if f'"{key}"' not in text] == []
