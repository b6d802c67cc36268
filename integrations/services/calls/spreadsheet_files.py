"""Rows as files that spreadsheet programs open, however many there are. Text stays text: no cell becomes a formula."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO

import xlsxwriter

Cell = str | int | float | datetime | None
"""Format of a datetime without a time zone: it is shown unchanged."""
Row = Sequence[Cell]

_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
"""Characters that begin a formula, in all widths that spreadsheets accept."""
_BLANKS = "\\s\\x00-\\x1f\\x7f-\\x9f\\xad\\u200b-\\u200f\\u2028-\\u202f\\u2060-\\u206f\\ufeff"
"""Characters that a spreadsheet may drop at the start of a cell: spaces, control and zero-width characters."""
_FORMULA = re.compile(rf"[{_BLANKS}\"']*[{_SIGNS}]|[\t\r\n]")
_BEFORE_FORMULA = re.compile(rf"([,;:\t|\r\n\v\f\x85\u2028\u2029][{_BLANKS}\"']*)(?=[{_SIGNS}])")
"""Characters at which a CSV file may be split, depending on the country. The rest of a text then becomes a cell."""

SHEET_ROWS = 1_048_576
"""Excel's limit of rows in a sheet."""
TEXT_LENGTH = 32_767
"""Excel's limit of characters in a cell."""

_LINES_AT_ONCE = 500
_XLSX = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def harmless(value: Cell) -> Cell:
    """Returns a CSV cell that no spreadsheet reads as a formula, at whichever character it splits the line. Phone
    numbers, which start with a plus, stay as they are.
    """
    if not isinstance(value, str):
        return value
    value = _BEFORE_FORMULA.sub(r"\1'", value)
    return f"'{value}" if _FORMULA.match(value) and not _is_number(value) else value


def csv_lines(titles: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """The table as CSV in UTF-8 with a byte order mark: without it Excel assumes another encoding."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC)
    buffer.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    writer.writerow(titles)
    for number, row in enumerate(rows, 1):
        writer.writerow([harmless(cell) for cell in row])
        if number % _LINES_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def xlsx_file(titles: Sequence[str], rows: Iterable[Row], *, sheet_rows: int = SHEET_ROWS) -> IO[bytes]:
    """An open temporary file that is deleted when it is closed. Memory use does not depend on the number of rows."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - who gets it closes it
    with xlsxwriter.Workbook(file, _XLSX) as workbook:
        bold = workbook.add_format({"bold": True})
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        line = sheet_rows
        for row in _at_least_one(rows):
            if line == sheet_rows:
                sheet = _new_sheet(workbook, titles, bold)
                line = 1
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(line, column, cell, moment)
                elif isinstance(cell, str) and cell:
                    sheet.write_string(line, column, cell[:TEXT_LENGTH])
                elif cell not in ("", None):
                    sheet.write_number(line, column, cell)
            line += 1
    file.seek(0)
    return file


def _new_sheet(workbook: xlsxwriter.Workbook, titles: Sequence[str], bold: object) -> xlsxwriter.worksheet.Worksheet:
    sheet = workbook.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(titles) - 1, 18)
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, bold)
    return sheet


def _at_least_one(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, or one empty row: a file without a sheet cannot be opened."""
    is_empty = True
    for row in rows:
        is_empty = False
        yield row
    if is_empty:
        yield ()


def _is_number(text: str) -> bool:
    return text[0] in "+-" and text[1:].isascii() and text[1:].isdigit()


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
