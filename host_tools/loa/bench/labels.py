"""Labels for nodes: a QR code with id and set-up code, both in letters too, and the area. As a PDF sheet or roll, or as a picture.

The QR code lets a phone join the node's own access point, whose name has the id and whose password is the set-up code: there the node's page asks for the
same code. The form is that which phones' cameras know, `WIFI:T:WPA;S:...;P:...;;`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib
import segno
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from loa.errors import LoaError
from loa.language import _

_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
REGULAR, BOLD = _FONTS / "DejaVuSans.ttf", _FONTS / "DejaVuSans-Bold.ttf"  # have every letter of Vietnamese and Thái in Latin script
ACCESS_POINT = "Loa {}"  # as `firmware/node/portal/main.py` names it
_MM_PER_INCH = 25.4
_MM_PER_POINT = _MM_PER_INCH / 72
_QUIET = 4  # modules around a code, ISO/IEC 18004
_PICTURE_DPI = 300


@dataclass(frozen=True)
class Label:
    """`code` is the set-up code; `place` is the hamlet in words, `commune` what lies above it."""

    node: str
    code: str
    place: str
    commune: str

    @property
    def text(self) -> str:
        """What the QR code says. Ids and codes have none of the letters that would have to be escaped."""
        return f"WIFI:T:WPA;S:{ACCESS_POINT.format(self.node)};P:{self.code};;"


@dataclass(frozen=True)
class Sheet:
    """Millimetres: the page, one label, the margins to the first one, and how many there are across and down."""

    page: tuple[float, float]
    label: tuple[float, float]
    margin: tuple[float, float]
    across: int
    down: int


SHEETS = {
    "a4-24": Sheet((210, 297), (70, 37), (0, 0.5), 3, 8),  # 70 x 37 mm, three by eight, to the edge
    "a4-21": Sheet((210, 297), (63.5, 38.1), (7.25, 15.15), 3, 7),
    "roll-62": Sheet((62, 29), (62, 29), (0, 0), 1, 1),  # one after the other
}


def pdf(labels: Sequence[Label], sheet: Sheet, skip: int = 0) -> bytes:
    """All labels; the first `skip` places of the first page stay free, for a sheet that was begun. Raises `LoaError` for a place that is not there."""
    a_page = sheet.across * sheet.down
    if not 0 <= skip < a_page:
        raise LoaError(_("a sheet has {count} labels, so {skip} cannot be skipped", count=a_page, skip=skip))
    document = FPDF(unit="mm", format=sheet.page)
    document.set_auto_page_break(False)
    document.set_margin(0)
    document.add_font("label", "", REGULAR)
    document.add_font("label", "B", BOLD)
    for number, label in enumerate(labels, skip):
        place = number % a_page
        if place == 0 or number == skip:
            document.add_page()
        x = sheet.margin[0] + place % sheet.across * sheet.label[0]
        y = sheet.margin[1] + place // sheet.across * sheet.label[1]
        _draw(document, label, x, y, *sheet.label)
    return bytes(document.output())


def png(label: Label, sheet: Sheet) -> bytes:
    """One label as a picture of 300 dots an inch, black on white."""
    dots = _PICTURE_DPI / _MM_PER_INCH
    width, height = sheet.label
    picture = Image.new("L", (round(width * dots), round(height * dots)), 255)
    draw = ImageDraw.Draw(picture)
    code = _modules(label)
    module = int(_code_side(height) * dots / (len(code) + 2 * _QUIET))  # whole dots, or modules differ in width
    edge = round(_PADDING * dots) + _QUIET * module
    for row, cells in enumerate(code):
        for column, dark in enumerate(cells):
            if dark:
                left, top = edge + column * module, edge + row * module
                draw.rectangle((left, top, left + module - 1, top + module - 1), fill=0)
    for line in _lines(label, width, height):
        font = ImageFont.truetype(BOLD if line.bold else REGULAR, round(line.points * _MM_PER_POINT * dots))
        draw.text((round(line.x * dots), round(line.y * dots)), line.text, fill=0, font=font, anchor="ls")
    out = BytesIO()
    picture.save(out, "PNG", dpi=(_PICTURE_DPI, _PICTURE_DPI))
    return out.getvalue()


_PADDING = 1.5  # mm from the edge, which cutters do not keep to


@dataclass(frozen=True)
class _Line:
    """Text on its base line, in millimetres from the label's corner."""

    text: str
    x: float
    y: float
    points: float
    bold: bool


def _lines(label: Label, width: float, height: float) -> list[_Line]:
    x = _PADDING + _code_side(height) + 1
    room = width - x - _PADDING
    wanted = [(label.node, 12.0, True), (label.code, 14.0, True), (label.place, 8.0, False), (label.commune, 7.0, False)]
    lines, y = [], _PADDING + 1.5
    for text, points, bold in wanted:
        if text:
            fitting = min(points, points * room / max(_width(text, points, bold), 0.1))
            y += points * _MM_PER_POINT * 1.35
            lines.append(_Line(text, x, y, fitting, bold))
    return lines


def _width(text: str, points: float, bold: bool) -> float:
    """Millimetres that a text takes."""
    return float(ImageFont.truetype(BOLD if bold else REGULAR, 100).getlength(text)) / 100 * points * _MM_PER_POINT


def _code_side(height: float) -> float:
    return height - 2 * _PADDING


def _modules(label: Label) -> list[list[bool]]:
    return [[bool(cell) for cell in row] for row in segno.make(label.text, error="m", micro=False).matrix]


def _draw(document: FPDF, label: Label, x: float, y: float, width: float, height: float) -> None:
    code = _modules(label)
    module = _code_side(height) / (len(code) + 2 * _QUIET)
    document.set_fill_color(0)
    for row, cells in enumerate(code):
        start = None
        for column, dark in enumerate([*cells, False]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:  # a run as one rectangle, so that no hairlines show between modules
                left, top = x + _PADDING + (start + _QUIET) * module, y + _PADDING + (row + _QUIET) * module
                document.rect(left, top, (column - start) * module, module, style="F")
                start = None
    for line in _lines(label, width, height):
        document.set_font("label", "B" if line.bold else "", line.points)
        document.text(x + line.x, y + line.y, line.text)
