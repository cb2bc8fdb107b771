"""docs/protocol.md is true: its tables are the firmware's, and both sides would take every example in it."""

import json
import re
import sys
from pathlib import Path

import pytest

from loa.firmware import BODIES, documents, report_fields, schema, schema_text

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import protocol_tables

TEXT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- example: ([a-z-]+) -->\n```json\n(.*?)```", TEXT, re.DOTALL)
REPORTS = {"state": report_fields.STATE, "ack": report_fields.ACK, "event-played": report_fields.EVENTS["played"]}


def test_tables_are_the_firmwares():
    assert protocol_tables.filled(TEXT) == TEXT


def test_old_table_is_replaced_and_prose_is_not():
    changed = TEXT.replace("the signing key's id", "something else")
    assert changed != TEXT and protocol_tables.filled(changed) == TEXT
    assert protocol_tables.filled(TEXT.replace("# Protocol", "# Another")) == TEXT.replace("# Protocol", "# Another")


def test_table_without_a_place_is_an_error():
    with pytest.raises(ValueError, match="refusals"):
        protocol_tables.filled(TEXT.replace("<!-- table: refusals -->", ""))


def test_there_are_examples():
    assert {name for name, _ in EXAMPLES} >= {"plan", "air", "cmd", "state", "event-played", "ack"}


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_example_is_taken(name, text):
    example = json.loads(text)
    if name in BODIES:
        schema.check(documents.HEADER, example, "")
        schema.check(BODIES[name], example, "")
        assert example["typ"] == name
        known = schema_text.required(documents.HEADER) | schema_text.required(BODIES[name]) | schema_text.optional(BODIES[name])
    else:
        schema.check(REPORTS[name], example, "")
        known = schema_text.required(REPORTS[name]) | schema_text.optional(REPORTS[name])
    assert set(example) <= set(known)
