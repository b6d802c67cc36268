"""The expected facts of each field payload: bodies of kinds that people report from live integrations, one row per
file.

All are posted to the address of the event after a call; the customer is in Kyiv.
"""

from __future__ import annotations

from datetime import UTC, datetime

from integrations.domain.calls import EventKind, Outcome
from integrations.ringostat.body import RawRequest
from integrations.ringostat.problems import NoteKind, Problem
from tests.payloads.cases import CLIENT, CONTENT_TYPES, FOLDER, IN, OUT, RECORDINGS, START, Case, sent

FIELD_FOLDER = FOLDER.parent / "field"

RECEIVED = datetime(2026, 10, 1, 13, tzinfo=UTC)
TWICE = datetime(2026, 10, 25, 1, 31, tzinfo=UTC)
"""In the second of the two hours from three to four o'clock in Kyiv."""
START_MINUTE = START.replace(second=0)
TOKEN = "?token=0123456789abcdef0123456789abcdef"


def heard(outcome: Outcome | None, **facts: object) -> Case:
    """A call that has ended. `outcome` None: the outcome is unknown, and the call waits."""
    told = {
        "ringostat_id": "ua9_-1.1",
        "direction": IN,
        "status": "ANSWERED",
        "talk_seconds": 40,
        "e164": CLIENT,
        "local_start": START,
        **facts,
    }
    return Case(kind=EventKind.AFTER_CALL, final=outcome is not None, outcome=outcome, facts=told)


def talked(**facts: object) -> Case:
    return heard(Outcome.ANSWERED, **facts)


def missed(**facts: object) -> Case:
    return heard(Outcome.MISSED, **facts)


def undecided(**facts: object) -> Case:
    return heard(None, **facts)


def noted(case: Case, *notes: NoteKind) -> Case:
    return Case(**{**vars(case), "notes": notes})


def told(problem: Problem, place: str) -> Case:
    """A payload that is not understood, with a part of the reason."""
    return Case(problem=problem, not_understood=place)


ALMOST = {
    "almost__comment.json": told(Problem.INVALID_JSON, "line 1, column 3"),
    "almost__cut_off.json": told(Problem.INVALID_JSON, "line 1, column 79"),
    "almost__missing_comma.json": told(Problem.INVALID_JSON, "line 2, column 2"),
    "almost__python_words.json": told(Problem.INVALID_JSON, "line 1, column 184"),
    "almost__single_quotes.json": told(Problem.INVALID_JSON, "line 1, column 2"),
    "almost__trailing_comma.json": talked(),
    "almost__trailing_comma_in_a_list.json": talked(parameters={"department": "Sales, Support"}),
    "almost__trailing_nuls.json": talked(),
    "almost__two_objects.json": told(Problem.INVALID_JSON, "line 2, column 1"),
    "almost__unquoted_names.json": told(Problem.INVALID_JSON, "line 1, column 2"),
}

COMPRESSED = {
    "compressed__bomb.json": sent(told(Problem.TOO_LARGE, "more than 262144 bytes"), content_encoding="gzip"),
    "compressed__brotli.json": sent(told(Problem.UNKNOWN_COMPRESSION, "compressed as “br”"), content_encoding="br"),
    "compressed__cut_off.json": sent(told(Problem.CUT_OFF, "ends after"), content_encoding="gzip"),
    "compressed__deflate.json": sent(talked(), content_encoding="deflate"),
    "compressed__gzip.json": sent(talked(), content_encoding="gzip"),
    "compressed__gzip_without_header.form": talked(),
    "compressed__header_alone.json": sent(talked(), content_encoding="gzip"),
    "compressed__raw_deflate.form": sent(talked(), content_encoding="deflate"),
    "compressed__twice.json": sent(talked(), content_encoding="gzip, gzip"),
}

CONTROL = {
    "control__carriage_return_in_comment.json": talked(parameters={"comment": "Перший рядок\r\nДругий"}),
    "control__escape_and_bell.json": talked(parameters={"utm_campaign": "spring sale"}),
    "control__line_feed_and_tab.json": talked(analysis={"summary": "Line one\nLine two\ttab"}),
    "control__vertical_tab_in_name.json": talked(employee_name="Iryna Bondar"),
}

DATE = {
    "date__ahead.json": noted(talked(local_start=None), NoteKind.DATE_IN_FUTURE),
    "date__ambiguous.json": noted(talked(local_start=None), NoteKind.DATE_AMBIGUOUS),
    "date__ambiguous_near_the_receipt.json": talked(local_start=datetime(2026, 10, 1, 12, 37, 18, tzinfo=UTC)),
    "date__american.json": talked(),
    "date__american_short.json": talked(local_start=START_MINUTE),
    "date__clock_first.json": talked(),
    "date__compact.json": talked(),
    "date__date_alone.json": noted(talked(local_start=None), NoteKind.DATE_UNREADABLE),
    "date__day_first.json": talked(local_start=START_MINUTE),
    "date__day_first_slashes.json": talked(),
    "date__hour_twice.json": sent(
        noted(talked(local_start=datetime(2026, 10, 25, 1, 30, 0, tzinfo=UTC)), NoteKind.HOUR_TWICE), received_at=TWICE
    ),
    "date__hour_twice_long_call.json": sent(
        talked(local_start=datetime(2026, 10, 25, 0, 30, 0, tzinfo=UTC), talk_seconds=3500), received_at=TWICE
    ),
    "date__javascript.json": talked(exact_start=START, local_start=None),
    "date__milliseconds.json": talked(exact_start=START, local_start=None),
    "date__month_name.json": talked(),
    "date__offset_blank.json": talked(exact_start=START, local_start=None),
    "date__rfc.json": talked(exact_start=START, local_start=None),
    "date__seconds.json": talked(exact_start=START, local_start=None),
    "date__two_digit_year.json": talked(),
    "date__ukrainian_month.json": talked(local_start=START_MINUTE),
    "date__words.json": noted(talked(local_start=None), NoteKind.DATE_UNREADABLE),
    "date__year_slashes.json": talked(),
    "date__zulu.json": talked(exact_start=START, local_start=None),
}

DEEPER = {
    "deeper__broken_json_in_a_parameter.form": told(
        Problem.INVALID_JSON, "“payload”: The body is not valid JSON: line 1, column 59"
    ),
    "deeper__call_object.json": talked(e164="", userfield=CLIENT, employee_name="Iryna Bondar", extension="101"),
    "deeper__deal_with_a_call.json": told(Problem.NO_CALL_ID, "These came: “event”"),
    "deeper__groups.json": talked(parameters={"utm_source": "google"}),
    "deeper__json.form": talked(parameters={"source": "flow"}),
    "deeper__json_as_the_forms_name.form": talked(),
    "deeper__json_as_the_forms_name_with_a_link.form": talked(
        recording_url="https://app.ringostat.com/recordings/1.wav?token=0123456789abcdef0123456789abcdef&x=1"
    ),
    "deeper__json_data.form": talked(),
    "deeper__json_in_json.json": talked(),
    "deeper__json_without_a_type.txt": talked(),
    "deeper__list_in_a_parameter.form": talked(),
    "deeper__n8n_item.json": talked(),
    "deeper__query.query": talked(),
    "deeper__rpc_with_text.json": talked(),
    "deeper__several_calls.json": told(Problem.NOT_ONE_OBJECT, "of 2 calls"),
    "deeper__unknown_name.form": talked(),
    "deeper__unknown_wrapper.json": talked(),
}

DIRECTION = {
    "direction__in_words.json": talked(direction=OUT, destination="380671234567"),
    "direction__unknown.json": noted(talked(), NoteKind.DIRECTION_UNKNOWN),
}

DURATION = {
    "duration__clock.json": noted(talked(status="TRANSFERRED", talk_seconds=100), NoteKind.STATUS_UNKNOWN),
    "duration__comma.json": noted(talked(status="TRANSFERRED"), NoteKind.STATUS_UNKNOWN),
    "duration__iso.json": noted(talked(status="TRANSFERRED", talk_seconds=100), NoteKind.STATUS_UNKNOWN),
    "duration__milliseconds.json": noted(talked(status="TRANSFERRED"), NoteKind.STATUS_UNKNOWN),
    "duration__minutes_and_seconds.json": noted(
        talked(status="TRANSFERRED", talk_seconds=100), NoteKind.STATUS_UNKNOWN
    ),
    "duration__nonsense_with_known_status.json": noted(talked(talk_seconds=None), NoteKind.VALUE_UNREADABLE),
    "duration__nonsense_with_unknown_status.json": noted(
        undecided(status="TRANSFERRED", talk_seconds=None),
        NoteKind.VALUE_UNREADABLE,
        NoteKind.STATUS_UNKNOWN,
        NoteKind.OUTCOME_UNKNOWN,
    ),
    "duration__russian.json": noted(talked(status="TRANSFERRED", talk_seconds=100), NoteKind.STATUS_UNKNOWN),
    "duration__seconds.json": noted(talked(status="TRANSFERRED"), NoteKind.STATUS_UNKNOWN),
    "duration__ukrainian.json": noted(talked(status="TRANSFERRED", talk_seconds=100), NoteKind.STATUS_UNKNOWN),
    "duration__units.json": noted(talked(status="TRANSFERRED", talk_seconds=100), NoteKind.STATUS_UNKNOWN),
    "duration__words.json": noted(talked(status="TRANSFERRED", talk_seconds=100), NoteKind.STATUS_UNKNOWN),
}

ENCODING = {
    "encoding__declared_koi8_u.json": sent(
        talked(employee_name="Ірина Бондар"), content_type="application/json; charset=koi8-u"
    ),
    "encoding__declared_latin_1_but_utf_8.json": sent(
        talked(employee_name="Ірина Бондар"), content_type="application/json; charset=iso-8859-1"
    ),
    "encoding__declared_windows_1251.json": sent(
        talked(employee_name="Ірина Бондар"), content_type="application/json; charset=windows-1251"
    ),
    "encoding__escapes_in_windows_1251.form": talked(employee_name="Ірина Бондар"),
    "encoding__koi8_undeclared.json": noted(talked(employee_name="Ірина Бондар"), NoteKind.CHARSET_GUESSED),
    "encoding__polish_windows_1250.json": noted(talked(employee_name="Łucja Wiśniewska"), NoteKind.CHARSET_GUESSED),
    "encoding__utf_16.form": talked(parameters={"utm_source": "google"}),
    "encoding__utf_16_big_endian_with_mark.json": talked(employee_name="Ірина Бондар"),
    "encoding__utf_16_with_mark.json": talked(employee_name="Ірина Бондар"),
    "encoding__utf_16_without_mark.json": talked(employee_name="Ірина Бондар"),
    "encoding__utf_32.json": talked(employee_name="Ірина Бондар"),
    "encoding__utf_8_mark.form": talked(),
}

FORMS = {
    "forms__array.form": talked(parameters={"utm_source": "google"}),
    "forms__array_of_two.form": talked(parameters={"department": "Sales, Support"}),
    "forms__deep_brackets.form": talked(),
    "forms__django_keys.form": talked(parameters={"utm_source": "google"}),
    "forms__html_escaped_ampersands.form": talked(),
    "forms__key_twice.json": talked(parameters={"utm_source": "google"}),
    "forms__key_twice_last_empty.form": talked(),
    "forms__numbered.form": talked(),
    "forms__question_mark_first.form": talked(),
}

NAMES = {
    "names__camel_case.json": talked(
        ringostat_id="1.1",
        local_start=None,
        e164="",
        caller=CLIENT,
        employee_name="Iryna",
        recording_url=f"{RECORDINGS}1.wav{TOKEN}",
    ),
    "names__conflicting_statuses.json": noted(
        undecided(status="", talk_seconds=None), NoteKind.VALUES_DIFFER, NoteKind.OUTCOME_UNKNOWN
    ),
    "names__conflicting_statuses_with_talk.json": noted(talked(), NoteKind.VALUES_DIFFER),
    "names__date_and_time_apart.form": talked(),
    "names__flow_tool_incoming.json": talked(
        ringostat_id="1.4",
        status="PROPER",
        total_seconds=61,
        talk_seconds=None,
        e164="",
        caller="380671234567",
        employee_name="Iryna Bondar",
        extension="101",
        has_recording=True,
        recording_url=f"{RECORDINGS}1.4.ogg{TOKEN}",
        parameters={"department": "Sales"},
    ),
    "names__flow_tool_outgoing.form": missed(
        ringostat_id="1.1",
        direction=OUT,
        status="NO ANSWER",
        total_seconds=21,
        talk_seconds=None,
        e164="",
        caller="101",
        employee_name="Bondar Iryna",
        extension="101",
        destination="380671234567",
    ),
    "names__from_and_to.json": talked(
        ringostat_id="ua9_-1790771838.2139025",
        direction=OUT,
        exact_start=START,
        local_start=None,
        talk_seconds=23,
        e164="",
        caller="acmecom_iryna",
        destination=CLIENT,
    ),
    "names__id_that_is_no_call_id.json": told(Problem.NO_CALL_ID, "These came: “id”"),
    "names__pascal_case.form": talked(
        ringostat_id="1.3",
        status="PROPER",
        total_seconds=80,
        talk_seconds=75,
        e164="",
        userfield=CLIENT,
        employee_name="Iryna Bondar",
    ),
    "names__record_is_a_link.form": talked(recording_url=f"{RECORDINGS}ua9_-1.1.mp3{TOKEN}"),
    "names__row_number_beside_the_call_id.json": talked(parameters={"id": "17", "result": "ok", "state": "done"}),
    "names__russian_in_braces.form": talked(
        ringostat_id="1.6", e164="", userfield="380671234567", employee_name="Iryna Bondar"
    ),
    "names__two_call_ids.form": noted(talked(), NoteKind.VALUES_DIFFER),
    "names__ukrainian.form": missed(ringostat_id="1.5", status="NO ANSWER", talk_seconds=0, e164="", userfield=CLIENT),
    "names__upper_kebab.json": missed(
        ringostat_id="1.2",
        direction=OUT,
        status="NO ANSWER",
        local_start=None,
        talk_seconds=0,
        e164="",
        extension="101",
        destination="380671234567",
    ),
    "names__with_dots.json": missed(
        ringostat_id="1.7", status="BUSY", local_start=None, talk_seconds=0, e164="", caller=CLIENT
    ),
}

NONE = {
    "none__blanks.form": told(Problem.WRONG_SEPARATOR, "a blank, before “call_type”"),
    "none__colons.txt": told(Problem.UNKNOWN_FORMAT, "begins with"),
    "none__commas.form": told(Problem.WRONG_SEPARATOR, "“,”, before “call_type”"),
    "none__cut_escape.form": told(Problem.CUT_OFF, "inside an escape"),
    "none__line_breaks.form": told(Problem.WRONG_SEPARATOR, "a line break, before “call_type”"),
    "none__multipart_cut_off.txt": sent(
        told(Problem.CUT_OFF, "closing line"), content_type="multipart/form-data; boundary=x"
    ),
    "none__pipes.form": told(Problem.WRONG_SEPARATOR, "“|”, before “call_type”"),
    "none__semicolons.form": told(Problem.WRONG_SEPARATOR, "“;”, before “call_type”"),
    "none__xml.txt": told(Problem.UNKNOWN_FORMAT, "XML"),
}

RECORDING = {
    "recording__blank_inside.json": talked(recording_url=f"{RECORDINGS}call%201.wav{TOKEN}"),
    "recording__blanks_around.form": talked(recording_url=f"{RECORDINGS}a.wav{TOKEN}"),
    "recording__host_alone.json": talked(recording_url=f"{RECORDINGS}a.wav{TOKEN}"),
    "recording__html_escaped.form": talked(
        recording_url="https://app.ringostat.com/recordings/a.wav?token=0123456789abcdef0123456789abcdef&x=1"
    ),
    "recording__no_scheme.json": talked(recording_url=f"{RECORDINGS}a.wav{TOKEN}"),
    "recording__not_ascii.json": talked(
        recording_url=f"{RECORDINGS}%D0%B4%D0%B7%D0%B2%D1%96%D0%BD%D0%BE%D0%BA.wav{TOKEN}"
    ),
    "recording__token_null.json": noted(talked(has_recording=True), NoteKind.LINK_NOT_READY),
    "recording__token_without_value.json": noted(talked(has_recording=True), NoteKind.LINK_NOT_READY),
    "recording__transcript.json": noted(
        talked(
            has_recording=True,
            analysis={
                "transcript": "https://app.ringostat.com/recordings/a.vtt?token=0123456789abcdef0123456789abcdef"
            },
        ),
        NoteKind.LINK_TO_TRANSCRIPT,
    ),
    "recording__transcript_and_sound.json": talked(
        has_recording=True,
        recording_url=f"{RECORDINGS}a.wav{TOKEN}",
        analysis={"transcript": "https://app.ringostat.com/recordings/a.vtt?token=0123456789abcdef0123456789abcdef"},
    ),
    "recording__two_links.json": noted(talked(recording_url=f"{RECORDINGS}a.wav{TOKEN}"), NoteKind.LINKS_UNUSED),
    "recording__two_links_in_text.form": noted(
        talked(recording_url=f"{RECORDINGS}a.wav{TOKEN}"), NoteKind.LINKS_UNUSED
    ),
}

STATUS = {
    "status__in_own_words.json": missed(status="NO ANSWER", talk_seconds=None),
    "status__none_and_no_talk.json": noted(undecided(status="", talk_seconds=None), NoteKind.OUTCOME_UNKNOWN),
    "status__unknown_and_no_talk.json": noted(
        undecided(status="SCHEDULED", talk_seconds=None), NoteKind.STATUS_UNKNOWN, NoteKind.OUTCOME_UNKNOWN
    ),
}

TEXT = {
    "text__emoji.form": talked(parameters={"utm_campaign": "🔥 Знижка"}),
    "text__emoji.json": talked(employee_name="Iryna 🌸 Bondar", parameters={"utm_campaign": "🔥 Знижка"}),
    "text__encoded_twice.form": talked(parameters={"utm_campaign": "акція"}),
    "text__encoded_twice.json": talked(
        parameters={"utm_campaign": "акція", "utm_content": "50% off", "utm_term": "100%"}
    ),
    "text__endless_entity.json": talked(),
    "text__genuine.json": talked(employee_name="Ні Рі Сіє – Дії “Рік”, Şükrü Ñandú Ærø"),
    "text__lost_characters.json": noted(talked(employee_name="���� Бондар"), NoteKind.CHARACTERS_LOST),
    "text__polish_as_windows_1252.json": talked(employee_name="Łucja Wiśniewska"),
    "text__twice.json": talked(employee_name="Бондар"),
    "text__utf_8_as_latin_1.form": talked(employee_name="Ірина Бондар"),
    "text__utf_8_as_windows_1251.json": talked(employee_name="Ірина Бондар"),
    "text__utf_8_as_windows_1251_with_hole.json": talked(employee_name="Ирина"),
    "text__windows_1251_as_latin_1.json": talked(employee_name="Ірина Бондар"),
}

TOTAL = {
    "total__milliseconds_and_waiting.json": talked(total_seconds=48, wait_seconds=8),
    "total__missed_call_has_no_talk.json": missed(
        status="NO ANSWER", total_seconds=31, wait_seconds=20, talk_seconds=None
    ),
    "total__waiting_longer_than_whole.json": noted(
        talked(total_seconds=8, wait_seconds=48, talk_seconds=None), NoteKind.DURATIONS_CONTRADICT
    ),
    "total__whole_alone_and_unknown_status.json": noted(
        undecided(status="TRANSFERRED", total_seconds=48, talk_seconds=None),
        NoteKind.STATUS_UNKNOWN,
        NoteKind.OUTCOME_UNKNOWN,
    ),
    "total__whole_and_waiting.json": talked(total_seconds=48, wait_seconds=8),
    "total__whole_and_waiting_unknown_status.form": noted(
        talked(status="TRANSFERRED", total_seconds=48, wait_seconds=8), NoteKind.STATUS_UNKNOWN
    ),
    "total__whole_equals_waiting.json": missed(status="", total_seconds=31, wait_seconds=31, talk_seconds=0),
}

CODE_PAGES = {
    "text__caps_lock.json": talked(employee_name="иРИНА бОНДАРЬ"),
    "text__cp866_as_windows_1251.json": talked(employee_name="Ирина Бондарь"),
    "text__guillemets_and_signs.json": talked(line_name="ТОВ «Світло» – відділ №1 ©"),
    "text__koi8_as_latin_1.json": talked(employee_name="Ирина Бондарь"),
    "text__koi8_as_windows_1251.json": talked(employee_name="Ирина Бондарь"),
    "text__windows_1251_as_cp866.json": talked(parameters={"utm_campaign": "Весенние скидки"}),
    "text__windows_1251_as_koi8.form": talked(employee_name="Ирина Бондарь"),
}

MORE = {
    "almost__bom_and_blank_lines.json": talked(),
    "almost__semicolon_at_the_end.json": talked(),
    "almost__wrapped_in_a_list.json": talked(),
    "control__zero_width.json": talked(e164="\u200e+380671234567\u200f"),
    "date__microseconds_point.json": talked(local_start=START.replace(microsecond=219025)),
    "date__weekday_first.json": talked(),
    "deeper__body_with_headers.json": talked(
        parameters={
            "headers_host": "hook.example",
            "headers_user-agent": "Ringostat",
            "webhookUrl": "https://hook.example/1",
        }
    ),
    "deeper__three_times_json.json": talked(),
    "direction__callback.json": talked(call_type="callback"),
    "duration__float.json": talked(),
    "duration__negative.json": noted(talked(total_seconds=48, wait_seconds=8), NoteKind.VALUE_UNREADABLE),
    "duration__not_a_minute.json": talked(),
    "forms__empty_name.form": talked(),
    "forms__plus_and_percent_mixed.form": talked(e164="+38067 123 45 67"),
    "names__polish.form": talked(e164="", userfield=CLIENT),
    "names__unicode_composed_apart.json": talked(employee_name="Андрій".replace("й", "и\u0306")),
    "names__with_tabs.json": talked(),
    "number__full_width_digits.json": talked(e164="＋３８０６７１２３４５６７"),
    "number__two_in_one.json": talked(e164="+380671234567, +380501112233"),
    "number__with_pause.json": talked(e164="+380671234567p101"),
    "recording__m4a.json": talked(recording_url=f"https://app.ringostat.com/recordings/ua9_-1.1.m4a{TOKEN}"),
    "recording__null_word.json": talked(has_recording=True),
    "status__lower_with_hyphen.json": missed(status="NO ANSWER", talk_seconds=0),
}

FIELD_CASES: dict[str, Case] = {
    **ALMOST,
    **CODE_PAGES,
    **COMPRESSED,
    **CONTROL,
    **DATE,
    **DEEPER,
    **DIRECTION,
    **DURATION,
    **ENCODING,
    **FORMS,
    **MORE,
    **NAMES,
    **NONE,
    **RECORDING,
    **STATUS,
    **TEXT,
    **TOTAL,
}


def field_request_of(name: str) -> RawRequest:
    case, path = FIELD_CASES[name], FIELD_FOLDER / name
    body = path.read_bytes()
    if path.suffix == ".query":
        return RawRequest(method="GET", content_type="", query_string=body.decode(), body=b"")
    content_type = CONTENT_TYPES[path.suffix] if case.content_type is None else case.content_type
    return RawRequest(
        method="POST", content_type=content_type, content_encoding=case.content_encoding, query_string="", body=body
    )
