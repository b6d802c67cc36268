"""The export of the call list: filter, plain words, the customer's time, no formulas, and an audit entry."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from openpyxl import load_workbook

from integrations.background_jobs import run_job
from integrations.calllog.export import columns, jobs, views
from integrations.models import BackgroundJob, BackgroundJobKind, Call, CallState, JobFile, JobFilePiece
from integrations.services.calls.spreadsheet_files import csv_lines, harmless, xlsx_file
from integrations.services.missed_calls.called_back import fold_missed_calls
from integrations.services.privacy.erasure import erase_number
from integrations.services.privacy.retention import prune_all
from integrations.services.queue import job_files
from integrations.services.recordings import stream_limit
from tests.calllog.call.test_recording import left_off
from tests.factories import (
    MISSED,
    call_facts,
    make_call,
    make_called_back_client,
    make_customer,
    make_employee,
    make_specialist,
    make_superuser,
    make_viewer,
)

CSV, XLSX, EXPORTS = "/calls/export.csv", "/calls/export.xlsx", "/calls/exports/"


def csv_rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))


def xlsx_rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    titles, *rows = load_workbook(io.BytesIO(answer.getvalue())).active.values
    return [dict(zip(titles, row, strict=True)) for row in rows]


def start(client: Client, address: str, query: dict[str, Any] | None = None) -> BackgroundJob:
    """Starts an export as the list's button does. Returns its job, which has not run."""
    answer = client.post(f"{address}?{urlencode(query or {})}")
    assert (answer.status_code, answer["Location"]) == (302, EXPORTS)
    return BackgroundJob.objects.filter(kind=BackgroundJobKind.EXPORT).latest("pk")


def made(client: Client, address: str, query: dict[str, Any] | None = None) -> Any:
    """Exports in the background. Returns the response with the file."""
    job = start(client, address, query)
    run_job(job.pk)
    job.refresh_from_db()
    assert job.trouble == ""
    return client.get(f"{EXPORTS}{job.file.pk}/")


def exported(client: Client, address: str, query: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The rows of a CSV stream, or of an XLSX file from the background."""
    return csv_rows(client.get(address, query)) if address == CSV else xlsx_rows(made(client, address, query))


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
            "Called back at": "",
            "Called back by": "",
            "Attempts to call back": "",
            "Callback task in Planfix": "",
        }
    ]


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_export_tells_when_a_missed_client_was_called_back_and_by_which_task(
    viewer: Client, customer, address: str
) -> None:
    make_called_back_client(customer)
    fold_missed_calls()

    rows = exported(viewer, address)

    titles = ("Called back at", "Called back by", "Attempts to call back", "Callback task in Planfix")
    task, at = "https://acme.planfix.com/task/4711", "2026-03-02 12:26:00"
    assert [[str(row[title] or "") for title in titles] for row in rows] == [
        ["", "", "", ""],
        [at, "Iryna Bondar", "0" if address == CSV else "", task],
        [at, "Iryna Bondar", "0" if address == CSV else "", task],
    ]


def test_export_reads_each_batch_of_calls_in_one_query(customer, django_assert_num_queries) -> None:
    for _ in range(3):
        make_called_back_client(make_customer())
    fold_missed_calls()

    with django_assert_num_queries(1):
        _titles, rows = columns.table(Call.objects.all())
        assert len(list(rows)) == 9


def test_excel_file_has_typed_times_and_numbers(viewer: Client, customer) -> None:
    make_call(customer, employee=make_employee(customer))

    (row,) = exported(viewer, XLSX)

    assert row["Time"] == datetime(2026, 3, 2, 12, 0)
    assert (row["Talk, seconds"], row["Client number"], row["UTM campaign"]) == (63, "+380671234567", None)
    same = {name: "" if value is None else str(value) for name, value in row.items()}
    assert [same] == csv_rows(viewer.get(CSV))


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_export_has_filtered_calls_newest_first(viewer: Client, customer, address: str, monkeypatch) -> None:
    monkeypatch.setattr(columns, "BATCH", 2)  # more calls than are read at once
    for minute in (1, 3, 2, 5, 4):
        make_call(
            customer, call_facts(ringostat_id=f"m{minute}", exact_start=datetime(2026, 3, 2, 9, minute, tzinfo=UTC))
        )
    make_call(customer, call_facts(**MISSED), state=CallState.FAILED)

    rows = exported(viewer, address, {"state": "delivered"})

    assert [row["Ringostat call ID"] for row in rows] == ["m5", "m4", "m3", "m2", "m1"]


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_export_has_no_calls_of_other_customers(viewer: Client, customer, address: str) -> None:
    make_call(customer, call_facts(ringostat_id="own"))
    make_call(make_customer())

    rows = exported(viewer, address)

    assert [row["Ringostat call ID"] for row in rows] == ["own"]


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_export_without_calls_has_only_titles(viewer: Client, address: str) -> None:
    assert exported(viewer, address) == []


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


def test_xlsx_export_is_recorded_when_it_is_started(viewer: Client, customer) -> None:
    start(viewer, XLSX, {"state": "failed"})

    entry = LogEntry.objects.get()
    assert (entry.change_message, entry.object_id) == ("Exported calls as XLSX (state: failed)", str(customer.pk))


def test_number_of_parallel_exports_is_limited(viewer: Client, customer) -> None:
    make_call(customer)
    under_way = [viewer.get(CSV) for _ in range(stream_limit.PER_OWNER)]

    refused = viewer.get(CSV)
    assert (refused.status_code, refused["Retry-After"]) == (503, "60")
    assert b"Too many downloads at the moment" in refused.content

    left_off(under_way.pop())
    for answer in [*under_way, viewer.get(CSV)]:
        assert answer.getvalue()


def test_unread_exports_of_one_viewer_do_not_block_another(viewer: Client, customer) -> None:
    make_call(customer)
    address = f"{EXPORTS}{made(viewer, XLSX).wsgi_request.resolver_match.kwargs['file_id']}/"
    neighbour, other_customer = Client(), make_customer()
    make_call(other_customer)
    neighbour.force_login(make_viewer(other_customer))

    unread = [viewer.get(one) for one in (CSV, address) * 4]

    assert [answer.status_code for answer in unread].count(200) <= stream_limit.PER_OWNER
    assert len(csv_rows(neighbour.get(CSV))) == 1
    assert len(xlsx_rows(made(neighbour, XLSX))) == 1


def test_slow_download_of_an_export_loses_its_slot(viewer: Client, customer, monkeypatch) -> None:
    make_call(customer)
    monkeypatch.setattr(stream_limit, "CHUNK", 10)
    answers = [viewer.get(CSV) for _ in range(stream_limit.PER_OWNER)]
    taken = stream_limit._limit.free
    monkeypatch.setattr(stream_limit, "PATIENCE_SECONDS", -1)

    for answer in answers:
        with pytest.raises(stream_limit.TooSlow):
            list(answer._iterator)

    assert (taken, stream_limit._limit.free) == (stream_limit.AT_ONCE - stream_limit.PER_OWNER, stream_limit.AT_ONCE)


def test_export_response_ends_at_its_maximum_duration(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(stream_limit.time, "monotonic", lambda: now[0])
    chunks = stream_limit.within_time(bytes(stream_limit.CHUNK) for _ in range(10_000))

    def read_all() -> None:
        for _chunk in chunks:
            now[0] += 0.5

    with pytest.raises(stream_limit.TooSlow):
        read_all()
    assert now[0] <= stream_limit.MAX_SECONDS + 1


def test_failed_export_frees_its_slot(viewer: Client, monkeypatch) -> None:
    monkeypatch.setattr(views, "csv_lines", None)

    for _ in range(stream_limit.AT_ONCE + 1):
        with pytest.raises(TypeError):
            viewer.get(CSV)


def test_excel_export_has_a_row_limit(viewer: Client, customer, monkeypatch) -> None:
    monkeypatch.setattr(views, "MAX_XLSX_ROWS", 1)
    make_call(customer)
    assert len(exported(viewer, XLSX)) == 1
    make_call(customer)

    answer = viewer.post(f"{XLSX}?state=delivered", follow=True)

    assert answer.redirect_chain == [("/calls/?state=delivered", 302)]
    assert "holds up to 1 calls" in answer.content.decode()
    assert len(csv_rows(viewer.get(CSV))) == 2


# --- files that background jobs make ---


def test_large_csv_is_offered_and_made_in_the_background(viewer: Client, customer, settings) -> None:
    settings.EXPORT_STREAM_ROWS = 1
    make_call(customer)
    assert len(csv_rows(viewer.get(CSV))) == 1
    make_call(customer, call_facts(ringostat_id="second"))

    offer = viewer.get(CSV, {"state": "delivered"})

    assert (offer.status_code, "Create CSV file" in offer.content.decode()) == (413, True)
    assert not BackgroundJob.objects.exists()
    assert len(csv_rows(made(viewer, CSV, {"state": "delivered"}))) == 2
    assert csv_rows(made(viewer, CSV, {"call_id": "second"}))[0]["Ringostat call ID"] == "second"


def test_get_request_to_the_xlsx_address_starts_no_export(viewer: Client, customer) -> None:
    answer = viewer.get(XLSX)

    assert (answer.status_code, "Create XLSX file" in answer.content.decode()) == (200, True)
    assert not BackgroundJob.objects.exists()


def test_export_file_has_labels_in_the_users_language(viewer: Client, customer) -> None:
    make_call(customer)
    viewer.cookies["django_language"] = "pl"

    with override("en"):
        (row,) = exported(viewer, XLSX)

    assert "Klient" in str(list(row)) or "Czas" in str(list(row))


def test_export_page_shows_progress_and_then_the_file(viewer: Client, customer) -> None:
    make_call(customer)
    job = start(viewer, XLSX)
    waiting = viewer.get(EXPORTS).content.decode()
    assert f"/calls/work/{job.pk}/" in waiting
    assert "Waiting for the worker" in waiting

    run_job(job.pk)

    ready = viewer.get(EXPORTS).content.decode()
    assert f'href="{EXPORTS}{JobFile.objects.get().pk}/"' in ready
    assert "The file has one call." in ready


def test_export_file_is_an_attachment_with_its_size_and_without_caching(viewer: Client, customer) -> None:
    make_call(customer)

    answer = made(viewer, XLSX)

    assert int(answer["Content-Length"]) == len(answer.getvalue())
    assert answer["Content-Disposition"].startswith('attachment; filename="calls-')
    assert "no-store" in answer["Cache-Control"]


def test_export_file_of_many_pieces_is_complete(viewer: Client, customer, monkeypatch) -> None:
    for number in range(3):
        make_call(customer, call_facts(ringostat_id=f"c{number}"))
    whole = viewer.get(CSV).getvalue()
    for size in (1, 7, len(whole) - 1, len(whole), len(whole) + 1):
        monkeypatch.setattr(job_files, "PIECE_BYTES", size)
        JobFile.objects.all().delete()
        assert made(viewer, CSV).getvalue() == whole


def test_only_the_user_who_requested_an_export_file_gets_it(viewer: Client, customer) -> None:
    make_call(customer)
    made(viewer, XLSX)
    address = f"{EXPORTS}{JobFile.objects.get().pk}/"
    colleague, chief = Client(), Client()
    colleague.force_login(make_viewer(customer))
    chief.force_login(make_superuser())

    for other in (Client(), colleague, chief):
        assert other.get(address).status_code in (302, 404)
        assert other.post(f"{address}delete/").status_code in (302, 404)
        assert address not in other.get(EXPORTS).content.decode()
    assert viewer.get(address).status_code == 200


def test_export_file_is_deleted_after_its_lifetime(viewer: Client, customer) -> None:
    made(viewer, XLSX)
    file = JobFile.objects.get()
    JobFile.objects.update(expires_at=timezone.now())

    assert viewer.get(f"{EXPORTS}{file.pk}/").status_code == 404
    prune_all()
    assert not JobFile.objects.exists()
    assert not JobFilePiece.objects.exists()


def test_viewer_who_loses_a_customer_loses_its_export_files(viewer: Client, customer) -> None:
    second = make_customer()
    user = customer.viewers.get()
    second.viewers.add(user)
    make_call(customer)
    of_both, of_first = made(viewer, XLSX), made(viewer, XLSX, {"customer": customer.pk})
    assert (of_both.status_code, of_first.status_code) == (200, 200)

    for answer in (of_both, of_first):
        answer.getvalue()

    def statuses() -> list[int]:
        return [viewer.get(f"{EXPORTS}{file.pk}/").status_code for file in JobFile.objects.order_by("pk")]

    second.viewers.remove(user)
    assert statuses() == [404, 200]

    customer.viewers.remove(user)
    assert statuses() == [404, 404]


def test_specialist_who_becomes_a_viewer_loses_export_files_of_all_customers(customer, client: Client) -> None:
    user = make_specialist()
    client.force_login(user)
    assert made(client, XLSX).status_code == 200

    user.groups.clear()
    customer.viewers.add(user)

    assert client.get(f"{EXPORTS}{JobFile.objects.get().pk}/").status_code == 404


def test_export_job_contains_calls_that_its_user_may_see_when_it_runs(viewer: Client, customer) -> None:
    make_call(customer)
    job = start(viewer, CSV)
    customer.viewers.clear()

    run_job(job.pk)

    job.refresh_from_db()
    assert job.result["calls"] == 0


def test_export_job_of_a_deleted_user_makes_no_file(viewer: Client, customer) -> None:
    job = start(viewer, CSV)
    customer.viewers.get().delete()

    run_job(job.pk)

    job.refresh_from_db()
    assert job.trouble
    assert not JobFile.objects.exists()


def test_export_files_per_user_and_customer_are_limited(viewer: Client, customer, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "UNFINISHED_OF_USER", 1)
    monkeypatch.setattr(jobs, "FILES_OF_USER", 2)
    monkeypatch.setattr(jobs, "FILES_OF_CUSTOMER", 3)

    def refused(client: Client, query: str = "") -> str:
        before = BackgroundJob.objects.count()
        page = client.post(f"{XLSX}{query}", follow=True).content.decode()
        assert BackgroundJob.objects.count() == before
        return page

    run_job(start(viewer, XLSX).pk)
    second = start(viewer, XLSX)
    assert "still being made" in refused(viewer, "?state=failed")
    run_job(second.pk)
    assert "You cannot keep more files" in refused(viewer, "?state=failed")
    colleague = Client()
    colleague.force_login(make_viewer(customer))
    run_job(start(colleague, XLSX).pk)
    assert "have too many files" in refused(colleague, "?state=failed")

    viewer.post(f"{EXPORTS}{JobFile.objects.earliest('pk').pk}/delete/")
    run_job(start(viewer, XLSX, {"state": "failed"}).pk)


def test_too_large_export_file_is_reported_and_not_kept(viewer: Client, customer, monkeypatch) -> None:
    monkeypatch.setattr(job_files, "MAX_FILE_BYTES", 10)
    job = start(viewer, CSV)

    run_job(job.pk)

    assert "Narrow the filter" in viewer.get(EXPORTS).content.decode()
    assert not JobFilePiece.objects.exists()


def test_erasing_a_number_deletes_export_files_that_may_contain_it(viewer: Client, customer) -> None:
    make_call(customer)
    made(viewer, XLSX)

    erase_number(make_customer(), "+380671234567")
    assert JobFile.objects.exists()

    erase_number(customer, "+380671234567")
    assert not JobFile.objects.exists()


def test_number_erased_during_an_export_is_in_no_file(viewer: Client, customer, monkeypatch) -> None:
    make_call(customer)
    job = start(viewer, CSV)

    def erased_meanwhile(*arguments: Any) -> Any:
        yield from csv_lines(*arguments)
        erase_number(customer, "+380671234567")

    monkeypatch.setattr(jobs, "csv_lines", erased_meanwhile)
    run_job(job.pk)

    job.refresh_from_db()
    assert "Data was erased" in job.trouble
    assert not JobFile.objects.exists()


def test_interrupted_export_starts_again(viewer: Client, customer) -> None:
    make_call(customer)
    job = start(viewer, CSV)
    run_job(job.pk, should_stop=lambda: True)
    assert not JobFile.objects.filter(is_ready=True).exists()

    run_job(job.pk)

    assert len(csv_rows(viewer.get(f"{EXPORTS}{JobFile.objects.get().pk}/"))) == 1


def test_third_export_waits_for_one_of_the_first_two(viewer: Client, customer) -> None:
    earlier = [BackgroundJob.objects.create(kind=BackgroundJobKind.EXPORT) for _ in range(jobs.AT_ONCE)]
    BackgroundJob.objects.update(held_until=timezone.now() + timedelta(minutes=1))
    third = start(viewer, CSV)

    run_job(third.pk)
    third.refresh_from_db()
    assert third.finished_at is None

    BackgroundJob.objects.filter(pk=earlier[0].pk).update(finished_at=timezone.now())
    run_job(third.pk)
    third.refresh_from_db()
    assert third.finished_at


# --- formulas ---

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
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff+1+1",
    "\x0b@SUM(1)",
    "\u2060 \t=1",
    "﹦1",
    "−1+1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_cell_is_never_a_formula(text: str) -> None:
    assert str(harmless(text)).replace("'", "") == text.replace("'", "")
    assert str(harmless(text)).startswith("'")


@pytest.mark.parametrize("text", ["+380671234567", "-5", "Iryna", "", "a=b", None, 5])
def test_harmless_csv_cell_stays_unchanged(text: str | None) -> None:
    assert harmless(text) == text


SPLIT = [
    "a;=cmd|' /C calc'!A0;b",
    "a,=1+1",
    "a\t=1+1",
    'a";=1+1',
    "a; @SUM(A1)",
    "a\n=1+1",
    "a;+1;-1",
    "x,;=1",
    "a|=1",
    "a:=1",
    "a;\u200b=1",
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":"])
def test_csv_reader_finds_no_formula_with_any_separator(delimiter: str) -> None:
    rows = [[text, "b", text] for text in (*SPLIT, *HOSTILE)]
    lines = b"".join(csv_lines(["A", "B", "C"], rows)).decode("utf-8-sig")

    cells = [cell for row in csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter) for cell in row]

    assert [cell for cell in cells if cell.lstrip(' "\u200b').startswith(("=", "+", "-", "@"))] == []


def test_every_text_cell_of_a_csv_is_quoted() -> None:
    assert b"".join(csv_lines(["A"], [["a"], [5]])).decode("utf-8-sig") == '"A"\r\n"a"\r\n5\r\n'


def test_hostile_names_are_no_formulas_in_csv_and_excel(viewer: Client, customer) -> None:
    for number, text in enumerate(HOSTILE):
        make_call(customer, call_facts(ringostat_id=str(number), parameters={"utm_source": text}))

    for row in csv_rows(viewer.get(CSV)):
        assert row["UTM source"] == harmless(HOSTILE[int(row["Ringostat call ID"])])
    sheet = load_workbook(io.BytesIO(made(viewer, XLSX).getvalue())).active
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} <= {"s", "n", "d", "inlineStr"}


def test_excel_rows_above_the_limit_of_a_sheet_continue_on_the_next() -> None:
    with xlsx_file(["Number"], ([number] for number in range(5)), sheet_rows=3) as file:
        sheets = [list(sheet.values) for sheet in load_workbook(file)]

    assert sheets == [[("Number",), (0,), (1,)], [("Number",), (2,), (3,)], [("Number",), (4,)]]


def test_too_long_text_of_an_excel_cell_is_cut() -> None:
    with xlsx_file(["Text"], [["ї" * 40_000]]) as file:
        (_title, (cell,)) = load_workbook(file).active.values

    assert cell == "ї" * 32_767


def test_csv_export_is_streamed_line_by_line() -> None:
    read = []

    def rows():
        for number in range(10_000):
            read.append(number)
            yield [number]

    next(csv_lines(["Number"], rows()))
    assert len(read) < 1000
