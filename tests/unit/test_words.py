"""Nothing is left in English for whoever reads Vietnamese: words of the wire, what is wrong with a form, and how a command is used."""

from typing import Any, get_args

import pytest
from cli_support import run
from pydantic import BaseModel, ValidationError

from loa import language
from loa.bench import inventory
from loa.boards.model import Board
from loa.cli.seeing import _RESULT_STYLES
from loa.cli.words import spoken, words
from loa.site.forms import FORMS, OWN
from loa.site.model import Site
from loa.station.planfile import PlanFile
from node.bus import limits, report_fields, report_words, schema_text
from node.plan import verdict

WRONG: tuple[Any, ...] = ("x", "", "x" * 500, -(10**9), 10**9, 0, 1.5, True, None, [], ["x"] * 500, {}, {"x": 1}, float("inf"))


@pytest.fixture(autouse=True)
def vietnamese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOA_LANG", "vi")
    monkeypatch.setenv("LANGUAGE", "vi")


def test_every_word_of_the_wire_that_a_table_shows_is_translated() -> None:
    shown = {
        *limits.CLASSES,
        *schema_text.required(report_fields.STATE)["clock"][1],
        *(report_words.BOOT, report_words.PLAYED, report_words.DROPPED, report_words.ORDER, report_words.REFUSED),
        *(report_words.END, report_words.STOPPED, report_words.PREEMPTED, report_words.POWER, report_words.STARVED),
        *(verdict.LATE, verdict.QUIET, verdict.EXPIRED, verdict.STOPPED, verdict.SUPERSEDED, verdict.OMITTED),
        *_RESULT_STYLES,
        *(inventory.BEGUN, inventory.MADE, inventory.FAILED, inventory.REPLACED),
    }
    assert shown == set(words())
    assert all(spoken(word) != word for word in shown)
    assert spoken("sha256") == "sha256"


def _models(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {model}
    waiting: list[Any] = [field.annotation for field in model.model_fields.values()]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= _models(kind)
        waiting += get_args(kind)
    return found


@pytest.mark.parametrize("described", [Site, Board, PlanFile])
def test_whatever_is_wrong_with_a_value_is_said_in_the_language(described: type[BaseModel]) -> None:
    types = set()
    for model in _models(described):
        for name in model.model_fields:
            for value in WRONG:
                with pytest.raises(ValidationError) as refused:
                    model.model_validate({name: value, "no such": 1})
                types |= {error["type"] for error in refused.value.errors()}
    assert types <= {*FORMS, OWN, "missing", "extra_forbidden", "literal_error"}
    assert types & set(FORMS)


def test_usage_is_told_in_vietnamese() -> None:
    language.use("vi")
    told = run("--lang", "vi", "make-node", "--help").stdout
    assert "Cách dùng: loa make-node" in told and "Usage" not in told
