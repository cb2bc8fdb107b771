"""Labels: what the code says is read back from the picture, nothing lies over the edge, and sheets that were begun are used up."""

import ast
import re
from io import BytesIO

import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from loa.bench.labels import ACCESS_POINT, SHEETS, Label, pdf, png
from loa.errors import LoaError
from loa.firmware import FIRMWARE

LABEL = Label("ban-mong-1", "482913", "Bản Mòng – trường học", "Mộc Châu, Sơn La")


def _dark(picture):
    return np.asarray(Image.open(BytesIO(picture)).convert("L")) < 128


def _modules(dark):
    """The modules of the code in a picture, sampled at their middles. Knows only that its finder pattern begins at the first dark dot from the left."""
    columns = np.flatnonzero(dark.any(axis=0))
    left = columns[0]
    rows = np.flatnonzero(dark[:, left])
    top = rows[0]
    run = next(place for place in range(len(dark[top]) - left) if not dark[top, left + place])
    module = run // 7
    side = segno.make(LABEL.text, error="m", micro=False).symbol_size(border=0)[0]
    middles = [module // 2 + module * place for place in range(side)]
    return [[bool(dark[top + row, left + column]) for column in middles] for row in middles]


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_picture_shows_the_code(sheet):
    wanted = [[bool(cell) for cell in row] for row in segno.make("WIFI:T:WPA;S:Loa ban-mong-1;P:482913;;", error="m", micro=False).matrix]
    assert _modules(_dark(png(LABEL, SHEETS[sheet]))) == wanted


def test_the_access_point_has_the_name_that_the_node_gives_it():
    tree = ast.parse((FIRMWARE / "node" / "portal" / "main.py").read_text(encoding="utf-8"))
    names = {
        line.targets[0].id: line.value.value for line in tree.body if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
    }
    assert names["_NAME"] == ACCESS_POINT


@settings(max_examples=15, deadline=None)
@given(
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True),
    st.text(st.sampled_from("aăâbđeêoôơuưyạảãàáặẳẵằắ XÃ"), max_size=60),
)
def test_whatever_the_names_nothing_lies_over_the_edge(node, place):
    dark = _dark(png(Label(node, "123456", place, place), SHEETS["roll-62"]))
    assert not dark[0].any() and not dark[-1].any() and not dark[:, 0].any() and not dark[:, -1].any()


def _pages(document):
    return len(re.findall(rb"/Type /Page\b(?!s)", document))


def test_a_sheet_that_was_begun_is_used_up():
    labels = [LABEL] * 25
    assert _pages(pdf(labels, SHEETS["a4-24"])) == 2
    assert _pages(pdf(labels[:2], SHEETS["a4-24"], skip=23)) == 2
    assert _pages(pdf(labels[:1], SHEETS["a4-24"], skip=23)) == 1
    assert _pages(pdf(labels[:3], SHEETS["roll-62"])) == 3
    with pytest.raises(LoaError, match="a sheet has 24 labels"):
        pdf(labels, SHEETS["a4-24"], skip=24)


def test_vietnamese_letters_are_in_the_font_of_the_pdf():
    document = pdf([LABEL], SHEETS["a4-24"])
    for letter in "ảòườọộâơ":
        assert f"<{ord(letter):04X}>".encode() in document, letter  # in the maps from glyphs to letters
