"""The export of the call list: filter, plain words, the customer's time, no formulas, and an audit entry."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from openpyxl import load_workbook

from integrations.calllog.list import export
from integrations.models import CallState
from integrations.services.calls.spreadsheet import csv_lines, harmless, xlsx_file
from integrations.services.recordings import stream_limit
from tests.calllog.call.test_recording import left_off
from tests.factories import MISSED, call_facts, make_call, make_customer, make_employee, make_viewer

CSV, XLSX = "/calls/export.csv", "/calls/export.xlsx"


def csv_rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))


def xlsx_rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    titles, *rows = load_workbook(io.BytesIO(answer.getvalue())).active.values
    return [dict(zip(titles, row, strict=True)) for row in rows]


@pytest.fixture
def customer(db: None):
    return make_customer(name="Acme", timezone="Europe/Kyiv")


@pytest.fixture
def viewer(client: Client, customer):
    client.force_login(make_viewer(customer))
    return client


def test_exported_row_has_plain_words_and_the_customers_time(viewer: Client, customer) -> None:
    make_call(customer, employee=make_employee(customer))

    assert csv_rows(viewer.get(CSV)) == [
        {
            "Time": "2026-03-02 12:00:00",
            "Time zone": "Europe/Kyiv",
            "Customer": "Acme",
            "Direction": "Incoming",
            "Outcome": "Answered",
            "Client number": "+380671234567",
            "Employee": "Iryna Bondar",
            "Wait, seconds": "12",
            "Talk, seconds": "63",
            "UTM source": "google",
            "UTM medium": "cpc",
            "UTM campaign": "",
            "UTM content": "",
            "UTM term": "",
            "Project or pool": "",
            "State": "In Planfix",
            "Why": "",
            "Contact in Planfix": "https://acme.planfix.com/contact/812?comment=90211",
            "Task in Planfix": "",
            "Ringostat call ID": customer.calls.get().ringostat_id,
        }
    ]


def test_excel_file_has_typed_times_and_numbers(viewer: Client, customer) -> None:
    make_call(customer, employee=make_employee(customer))

    (row,) = xlsx_rows(viewer.get(XLSX))

    assert row["Time"] == datetime(2026, 3, 2, 12, 0)
    assert (row["Talk, seconds"], row["Client number"], row["UTM campaign"]) == (63, "+380671234567", None)
    same = {name: "" if value is None else str(value) for name, value in row.items()}
    assert [same] == csv_rows(viewer.get(CSV))


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_export_has_filtered_calls_newest_first(viewer: Client, customer, address: str, monkeypatch) -> None:
    monkeypatch.setattr(export, "BATCH", 2)  # more calls than are read at once
    for minute in (1, 3, 2, 5, 4):
        make_call(
            customer, call_facts(ringostat_id=f"m{minute}", exact_start=datetime(2026, 3, 2, 9, minute, tzinfo=UTC))
        )
    make_call(customer, call_facts(**MISSED), state=CallState.FAILED)

    rows = {CSV: csv_rows, XLSX: xlsx_rows}[address](viewer.get(address, {"state": "delivered"}))

    assert [row["Ringostat call ID"] for row in rows] == ["m5", "m4", "m3", "m2", "m1"]


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_export_has_no_calls_of_other_customers(viewer: Client, customer, address: str) -> None:
    make_call(customer, call_facts(ringostat_id="own"))
    make_call(make_customer())

    rows = {CSV: csv_rows, XLSX: xlsx_rows}[address](viewer.get(address))

    assert [row["Ringostat call ID"] for row in rows] == ["own"]


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_export_without_calls_has_only_titles(viewer: Client, address: str) -> None:
    assert {CSV: csv_rows, XLSX: xlsx_rows}[address](viewer.get(address)) == []


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_export_with_an_invalid_filter_leads_back_to_the_list(viewer: Client, address: str) -> None:
    answer = viewer.get(address, {"first_day": "yesterday"})

    assert answer["Location"] == "/calls/?first_day=yesterday"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "Exported calls as CSV (all)"),
        ({"state": "failed", "outcome": "missed"}, "Exported calls as CSV (outcome: missed, state: failed)"),
        ({"number": "+380671234567", "call_id": "ua7_1"}, "Exported calls as CSV (number, call_id)"),
    ],
)
def test_export_is_recorded_without_personal_data(
    viewer: Client, customer, query: dict[str, str], sentence: str
) -> None:
    viewer.get(CSV, query)

    entry = LogEntry.objects.get()
    assert (entry.change_message, entry.object_repr, entry.object_id) == (sentence, "Acme", str(customer.pk))


def test_head_request_exports_nothing(viewer: Client) -> None:
    assert viewer.head(CSV).status_code == 405
    assert not LogEntry.objects.exists()


def test_export_is_a_named_attachment(viewer: Client) -> None:
    answer = viewer.get(CSV)

    assert answer["Content-Disposition"].startswith('attachment; filename="calls-')
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_number_of_parallel_exports_is_limited(viewer: Client, customer, address: str) -> None:
    make_call(customer)
    under_way = [viewer.get(address) for _ in range(stream_limit.PER_OWNER)]

    refused = viewer.get(address)
    assert (refused.status_code, refused["Retry-After"]) == (503, "60")
    assert b"Too many downloads at the moment" in refused.content

    left_off(under_way.pop())
    for answer in [*under_way, viewer.get(address)]:
        assert answer.getvalue()


def test_failed_export_frees_its_slot(viewer: Client, monkeypatch) -> None:
    monkeypatch.setattr(export, "xlsx_file", None)

    for _ in range(stream_limit.AT_ONCE + 1):
        with pytest.raises(TypeError):
            viewer.get(XLSX)


def test_excel_export_has_a_row_limit(viewer: Client, customer, monkeypatch) -> None:
    monkeypatch.setattr(export, "MAX_XLSX_ROWS", 1)
    make_call(customer)
    assert len(xlsx_rows(viewer.get(XLSX))) == 1
    make_call(customer)

    answer = viewer.get(XLSX, {"state": "delivered"}, follow=True)

    assert answer.redirect_chain == [("/calls/?state=delivered", 302)]
    assert "holds up to 1 calls" in answer.content.decode()
    assert len(csv_rows(viewer.get(CSV))) == 2


HOSTILE = [
    "=HYPERLINK(0)",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "+380=1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_cell_is_never_a_formula(text: str) -> None:
    assert str(harmless(text)).replace("'", "") == text.replace("'", "")
    assert str(harmless(text)).startswith("'")


@pytest.mark.parametrize("text", ["+380671234567", "-5", "Iryna", "", "a=b", None, 5])
def test_harmless_csv_cell_stays_unchanged(text: str | None) -> None:
    assert harmless(text) == text


SPLIT = ["a;=cmd|' /C calc'!A0;b", "a,=1+1", "a\t=1+1", 'a";=1+1', "a; @SUM(A1)", "a\n=1+1", "a;+1;-1", "x,;=1"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_reader_finds_no_formula_with_any_separator(delimiter: str) -> None:
    rows = [[text, "b", text] for text in (*SPLIT, *HOSTILE)]
    lines = b"".join(csv_lines(["A", "B", "C"], rows)).decode("utf-8-sig")

    cells = [cell for row in csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter) for cell in row]

    assert [cell for cell in cells if cell.strip(' "').startswith(("=", "+", "-", "@"))] == []


def test_every_text_cell_is_quoted() -> None:
    assert b"".join(csv_lines(["A"], [["a"], [5]])).decode("utf-8-sig") == '"A"\r\n"a"\r\n5\r\n'


def test_hostile_names_reach_neither_file_as_formulas(viewer: Client, customer) -> None:
    for number, text in enumerate(HOSTILE):
        make_call(customer, call_facts(ringostat_id=str(number), parameters={"utm_source": text}))

    for row in csv_rows(viewer.get(CSV)):
        assert row["UTM source"] == harmless(HOSTILE[int(row["Ringostat call ID"])])
    sheet = load_workbook(io.BytesIO(viewer.get(XLSX).getvalue())).active
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} <= {"s", "n", "d", "inlineStr"}


def test_excess_rows_continue_on_the_next_sheet() -> None:
    with xlsx_file(["Number"], ([number] for number in range(5)), sheet_rows=3) as file:
        sheets = [list(sheet.values) for sheet in load_workbook(file)]

    assert sheets == [[("Number",), (0,), (1,)], [("Number",), (2,), (3,)], [("Number",), (4,)]]


def test_too_long_text_of_a_cell_is_cut() -> None:
    with xlsx_file(["Text"], [["ї" * 40_000]]) as file:
        (_title, (cell,)) = load_workbook(file).active.values

    assert cell == "ї" * 32_767


def test_csv_lines_are_streamed() -> None:
    read = []

    def rows():
        for number in range(10_000):
            read.append(number)
            yield [number]

    next(csv_lines(["Number"], rows()))
    assert len(read) < 1000
