"""The expected facts of each payload of the corpus: one row per file. The customer is in Kyiv."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from integrations.domain.calls import Direction, EventKind, Outcome
from integrations.ringostat.body import RawRequest
from integrations.ringostat.problems import NoteKind, Problem

FOLDER = Path(__file__).parent / "ringostat"

CONTENT_TYPES = {
    ".json": "application/json",
    ".form": "application/x-www-form-urlencoded",
    ".txt": "text/plain",
    ".query": "",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """Posted to the address of the event that the file's name begins with, unless `event` says another."""

    kind: EventKind | None = None
    ignored: str = ""
    not_understood: str = ""
    """A part of the reason."""
    final: bool = False
    outcome: Outcome | None = None
    """Of final events."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """The facts that the file is there for, by their names; mappings whole."""

    event: str = ""
    method: str = "POST"
    content_type: str | None = None
    query: str = ""
    content_encoding: str = ""
    received_at: datetime | None = None
    problem: Problem | None = None
    """The kind of what is not understood."""
    notes: tuple[NoteKind, ...] = ()


def event_of(name: str) -> str:
    """The last segment of the address that the file is posted to."""
    return CASES[name].event or name.split("__")[0]


def request_of(name: str) -> RawRequest:
    case, path = CASES[name], FOLDER / name
    content_type = CONTENT_TYPES[path.suffix] if case.content_type is None else case.content_type
    if path.suffix == ".query":
        return RawRequest(method="GET", content_type="", query_string=path.read_text(), body=b"")
    return RawRequest(method=case.method, content_type=content_type, query_string=case.query, body=path.read_bytes())


IN, OUT = Direction.INCOMING, Direction.OUTGOING
CLIENT, OTHER_CLIENT = "+380671234567", "+380501112233"
START = datetime(2026, 9, 30, 12, 37, 18, tzinfo=UTC)
EXACT_START = START.replace(microsecond=219025)
EVENING = datetime(2026, 9, 30, 15, 51, tzinfo=UTC)
RECORDINGS = "https://app.ringostat.com/recordings/"
TOKEN = ".wav?token=0123456789abcdef0123456789abcdef"
UTM = {
    "utm_source": "google",
    "utm_medium": "cpc",
    "utm_campaign": "spring sale",
    "utm_content": "banner 1",
    "utm_term": "купити авто",
}
ANALYSIS = {
    "summary": "The client asks for a price list.",
    "client_mood": "neutral",
    "employee_mood": "positive",
    "call_mood": "neutral",
}


def answered(**facts: object) -> Case:
    """An answered incoming call, with these changes."""
    facts = {"direction": IN, "status": "ANSWERED", "talk_seconds": 40, **facts}
    return Case(kind=EventKind.AFTER_CALL, final=True, outcome=Outcome.ANSWERED, facts=facts)


def missed(status: str, **facts: object) -> Case:
    facts = {"direction": IN, "status": status, "talk_seconds": 0, "e164": OTHER_CLIENT, **facts}
    return Case(kind=EventKind.AFTER_CALL, final=True, outcome=Outcome.MISSED, facts=facts)


def outgoing(outcome: Outcome = Outcome.ANSWERED, **facts: object) -> Case:
    facts = {"direction": OUT, **facts}
    return Case(kind=EventKind.AFTER_OUTGOING_CALL, final=True, outcome=outcome, facts=facts)


def interim(kind: EventKind, **facts: object) -> Case:
    return Case(kind=kind, facts=facts)


def ignored(reason: str, kind: EventKind | None = None) -> Case:
    return Case(ignored=reason, kind=kind)


def sent(case: Case, **how: Any) -> Case:
    return Case(**{**vars(case), **how})


def garbage(reason: str) -> Case:
    return Case(not_understood=reason)


ENDED = {
    "after_call__answered.json": answered(
        e164=CLIENT,
        destination="380442223344",
        connected_with="acmecom_iryna",
        exact_start=EXACT_START,
        local_start=START,
        total_seconds=14,
        wait_seconds=11,
        talk_seconds=3,
        staff_id="331851",
        employee_name="Iryna Bondar",
        line_name="Main site",
        has_recording=True,
        recording_url=f"{RECORDINGS}ua9_-1790771838.2139025{TOKEN}",
        card_url="https://app.ringostat.com/project/callcards/card/ua9_-1790771838.2139025/?project_id=110070",
        parameters=UTM
        | {
            "client_id": "1169999034.1555123456",
            "landing": "https://acme.example/",
            "refferrer": "https://google.com/",
            "project_id": "110070",
        },
    ),
    "after_call__proper.form": answered(
        status="PROPER", talk_seconds=124, total_seconds=139, has_recording=True, parameters=UTM
    ),
    "after_call__repeated_callback.json": answered(call_type="callback", status="REPEATED", parameters=UTM),
    "after_call__no_answer.json": missed(
        "NO ANSWER",
        staff_id="",
        recording_url="",
        has_recording=False,
        parameters={"utm_source": "(direct)", "utm_medium": "(none)"},
    ),
    "after_call__noanswer_in_one_word.json": missed("NO ANSWER"),
    "after_call__no_answer_with_plus.json": missed("NO ANSWER"),
    "after_call__no_answer_with_link_without_recording.json": missed(
        "NO ANSWER", has_recording=False, recording_url=f"{RECORDINGS}ua9_-1.2{TOKEN}"
    ),
    "after_call__busy_with_numbers.json": missed("BUSY", total_seconds=4, has_recording=False),
    "after_call__failed.json": missed("FAILED", total_seconds=0),
    "after_call__no_forward.json": missed("NO FORWARD"),
    "after_call__no_forward_with_space.form": missed("NO FORWARD"),
    "after_call__voicemail.json": missed("VOICEMAIL", talk_seconds=18, has_recording=True),
    "after_call__wrong_extension.json": missed(
        "WRONG EXTENSION", extension="", parameters={"additional_number": "907"}
    ),
    "after_call__no_extension.json": missed("NO EXTENSION"),
    "after_call__client_no_answer.json": missed("CLIENT NO ANSWER", call_type="callback"),
    "after_call__decline_lower_case.json": missed("DECLINE"),
    "after_call__in_progress.json": interim(EventKind.AFTER_CALL, direction=IN, status="IN PROGRESS", talk_seconds=0),
    "after_call__calling.json": interim(EventKind.AFTER_CALL, direction=IN, status="CALLING", talk_seconds=None),
    "after_call__unknown_status_talked.json": answered(status="TRANSFERRED"),
    "after_call__unknown_status_not_talked.json": missed("SCHEDULE CLOSED"),
    "after_call__no_status_talked.json": answered(status=""),
    "after_call__null_status_not_talked.json": missed(""),
}

DIRECTIONS = {
    "after_call__transit.json": answered(call_type="transitin"),
    "after_call__upper_case_type.json": answered(call_type="in"),
    "after_call__no_type.json": answered(call_type=""),
    "after_call__outgoing_at_the_wrong_address.json": answered(
        direction=OUT, call_type="out", talk_seconds=23, destination="380671234567"
    ),
    "after_call__internal.json": answered(
        e164="",
        caller='"Iryna" <acmecom_iryna>',
        destination="acmecom_oleh",
        connected_with="acmecom_oleh",
        talk_seconds=9,
    ),
}

NUMBERS = {
    "after_call__hidden_anonymous.json": answered(e164="", userfield="anonymous", caller="anonymous"),
    "after_call__hidden_restricted.json": answered(e164="", userfield="Restricted", caller='"Restricted" <Restricted>'),
    "after_call__hidden_unknown.form": answered(e164="", userfield="unknown", caller="unknown"),
    "after_call__hidden_empty.json": missed("NO ANSWER", e164="", userfield="", caller=""),
    "after_call__hidden_minus_one.json": missed("NO ANSWER", e164="-1", caller="-1"),
    "after_call__foreign_number.json": answered(e164="+48221234567", userfield="48221234567"),
    "after_call__short_number.json": missed("NO ANSWER", e164="", userfield="7701"),
    "after_call__number_with_extension.json": answered(
        e164="", userfield="+38 (044) 123-45-67, 101", extension="", parameters={"additional_number": "101"}
    ),
    "after_call__number_of_the_caller_only.json": answered(e164="", userfield="", caller="380671234567"),
    "after_call__number_as_integer.json": answered(e164="380671234567", destination="380442223344"),
}

EMPLOYEES = {
    "after_call__unknown_employee.json": answered(
        staff_id="999999", employee_name="New Comer", connected_with="acmecom_newcomer"
    ),
    "after_call__employee_as_integer.json": answered(staff_id="331851", extension="101", employee_name=""),
    "after_call__employee_by_extension_and_email.json": answered(
        extension="101", employee_email="iryna@example.com", connected_with="380501230000"
    ),
    "after_call__manager_name_only.form": answered(
        employee_name="Ірина Бондар",
        caller="380671234567",
        talk_seconds=61,
        parameters={"call_id2": "7", "uniq": "1", "uniq_targeted": "0", "call_scheme": "Робочий час"},
    ),
}

NAMES = {
    "after_call__documented_sample.json": answered(
        ringostat_id="1111111111.1111111",
        e164="380931112233",
        caller="380931112233",
        exact_start=datetime(2021, 12, 31, 22, 16, 46, 505487, tzinfo=UTC),
        total_seconds=20,
        wait_seconds=10,
        talk_seconds=10,
        staff_id="111111",
        employee_name="John Smith",
        extension="101",
        recording_url=f"{RECORDINGS}1111111111.1111111{TOKEN}",
        parameters={"unique_call": "1"},
    ),
    "after_call__own_names_in_braces.form": answered(
        status="PROPER", e164=CLIENT, talk_seconds=75, total_seconds=80, parameters={"Client source": "google"}
    ),
    "after_call__russian_and_ukrainian_keys.form": answered(
        parameters={"ключевое_слово": "купить авто", "Джерело": "довідник", "key_word": "авто"}
    ),
    "after_call__several_names_of_one_fact.json": answered(
        ringostat_id="ua9_-1790778078.2150044", employee_name="Iryna Petrivna Bondar", parameters={}
    ),
    "after_call__upper_case_names.json": answered(e164=CLIENT, parameters={"utm_source": "google"}),
    "after_call__tracking_entity.json": answered(
        parameters={
            "loyalty_card": "A-77",
            "insertion_type": "dynamic",
            "department": "Sales, Support",
            "step_forward": "webhookNumber:120",
        }
    ),
    "after_call__empty_words.json": answered(employee_name="", connected_with="", parameters={"utm_medium": "(none)"}),
    "after_call__rating_and_minus_ones.json": answered(rating={}),
}

TIMES = {
    "after_call__milliseconds.json": answered(exact_start=START.replace(microsecond=219000), total_seconds=52),
    "after_call__epoch_seconds.json": answered(exact_start=START, local_start=None),
    "after_call__iso_date_with_offset.json": answered(exact_start=START, local_start=None),
    "after_call__iso_date_in_utc.json": answered(exact_start=datetime(2026, 9, 30, 12, 37, 18, tzinfo=UTC)),
    "after_call__dotted_date.form": answered(exact_start=None, local_start=START),
    "after_call__winter_date.json": answered(local_start=datetime(2025, 12, 1, 13, 37, 18, tzinfo=UTC)),
    "after_call__fractional_date.json": answered(local_start=START.replace(microsecond=250000)),
    "after_call__nonsense_date.json": answered(exact_start=None, local_start=None),
    "after_call__nonsense_numbers.json": answered(
        talk_seconds=None, total_seconds=None, wait_seconds=None, has_recording=None
    ),
    "after_call__decimal_numbers.json": answered(
        talk_seconds=40, total_seconds=52, wait_seconds=12, has_recording=True
    ),
}

LINKS = {
    "after_call__answered_with_link_without_recording.json": answered(
        has_recording=False, recording_url=f"{RECORDINGS}ua9_-1790781618.2150103{TOKEN}"
    ),
    "after_call__plain_http_recording.json": answered(recording_url=f"{RECORDINGS}a{TOKEN}"),
    "after_call__old_ogg_recording.json": answered(
        recording_url=f"{RECORDINGS}ua9_-1790779038.2150060{TOKEN.replace('wav', 'ogg')}"
    ),
    "after_call__recording_elsewhere.json": answered(recording_url="http://127.0.0.1:8900/recordings/a.wav"),
    "after_call__recording_that_is_no_link.json": answered(has_recording=True, recording_url=""),
}

NESTED = answered(
    e164=CLIENT,
    userfield="380671234567",
    destination="380442223344",
    extension="101",
    employee_email="iryna@example.com",
    talk_seconds=21,
    parameters={},
)
SHAPES = {
    "after_call__json_rpc.json": answered(e164=CLIENT, parameters={}),
    "after_call__json_rpc_list.json": answered(e164=CLIENT, parameters={}),
    "after_call__json_list_of_one.json": answered(e164=CLIENT),
    "after_call__json_encoded_twice.json": answered(e164=CLIENT),
    "after_call__nested.json": NESTED,
    "after_call__nested_as_string.json": NESTED,
    "after_call__nested_as_string.form": NESTED,
    "after_call__nested_in_brackets.form": NESTED,
    "after_call__nested_employee.json": answered(
        staff_id="331851",
        employee_name="Iryna Bondar",
        employee_email="iryna@example.com",
        parameters={"utm_source": "google", "utm_term": "авто"},
    ),
    "after_call__html_escaped.json": answered(caller='"Oleh & Co" <380671234567>', employee_name="Dar'ia Bondar"),
    "after_call__percent_encoded.json": missed(
        "NO ANSWER",
        e164=CLIENT,
        local_start=EVENING,
        parameters={"utm_campaign": "авто", "landing": "https://acme.example/%D1%86%D1%96%D0%BD%D0%B8?a=%20"},
    ),
    "after_call__percent_encoded_with_plus.json": answered(local_start=EVENING, parameters={"utm_campaign": "100%"}),
    "after_call__get.query": answered(e164=CLIENT, recording_url=f"{RECORDINGS}ua9_-1790779938.2150075{TOKEN}"),
    "after_call__get_with_plain_plus.query": missed("NO ANSWER", e164="380671234567", exact_start=START),
    "after_call__put.json": sent(answered(e164=CLIENT), method="PUT"),
    "after_call__json_sent_as_form.json": sent(answered(e164=CLIENT), content_type=CONTENT_TYPES[".form"]),
    "after_call__form_sent_as_json.form": sent(answered(e164=CLIENT), content_type=CONTENT_TYPES[".json"]),
    "after_call__no_content_type.form": sent(answered(e164=CLIENT), content_type=""),
    "after_call__static_parameters_in_the_address.json": sent(
        answered(e164=CLIENT, parameters={"source": "ringostat"}), query="source=ringostat&disposition=BUSY"
    ),
    "after_call__duplicate_keys.form": answered(e164="+380931112233", parameters={"utm_source": "b"}),
    "after_call__multipart.txt": sent(answered(e164=CLIENT), content_type="multipart/form-data; boundary=----ringo"),
    "after_call__byte_order_mark.json": answered(e164=CLIENT),
    "after_call__windows_1251.form": answered(employee_name="Ірина Бондар"),
    "after_call__windows_1251_undeclared.json": answered(employee_name="Ірина Бондар"),
    "after_call__nul_and_surrogates.json": answered(employee_name="Iryna ? Bondar"),
    "after_call__huge_values.json": answered(
        employee_name="Я" * 255,
        parameters={"utm_source": "google"} | {f"extra_{number:03}": str(number) for number in range(99)},
    ),
    "after_call__long_id.json": garbage("longer than 64 characters"),
    "after_call__blank_id.json": garbage("No parameter holds the call ID"),
    "after_call__no_id.json": garbage("No parameter holds the call ID"),
}

OUTGOING = {
    "after_outgoing_call__answered.json": outgoing(
        call_type="out",
        caller='"Iryna" <acmecom_iryna>',
        destination="380671234567",
        outbound_number="380442223344",
        local_start=datetime(2026, 9, 30, 16, 1, tzinfo=UTC),
        total_seconds=50,
        wait_seconds=27,
        talk_seconds=23,
        staff_id="331851",
        employee_name="Iryna Bondar",
        has_recording=True,
        parameters={"department": "Sales", "project_id": "110070"},
    ),
    "after_outgoing_call__no_answer_html_escaped.json": outgoing(
        Outcome.MISSED, status="NO ANSWER", caller='"Oleh" <acmecom_oleh>', destination="380501112233"
    ),
    "after_outgoing_call__forbidden_destination.json": outgoing(
        Outcome.MISSED, status="FAILED FORBIDDEN DESTINATION", destination="882999999"
    ),
    "after_outgoing_call__started_by_callback.json": outgoing(
        caller="380671234567", userfield="380671234567", destination="acmecom_iryna"
    ),
    "after_outgoing_call__smart_phone.json": outgoing(
        caller='"acmecom_iryna" <acmecom_iryna>', destination="380671234567", connected_with="380671234567"
    ),
    "after_outgoing_call__transit.form": outgoing(call_type="transitout"),
    "after_outgoing_call__display_number.json": outgoing(caller='"Support" <380931230000>'),
    "after_outgoing_call__no_type.json": outgoing(call_type=""),
}

ON_THE_WAY = {
    "before_call__incoming.json": interim(
        EventKind.BEFORE_CALL,
        direction=IN,
        e164=CLIENT,
        caller="380671234567",
        destination="+380442223344",
        exact_start=EXACT_START,
        local_start=START,
        status="",
    ),
    "before_call__marketing.form": interim(EventKind.BEFORE_CALL, direction=IN, userfield="380671234567"),
    "forwarding__step.json": interim(EventKind.FORWARDING, direction=IN, e164=CLIENT),
    "taking_call__nulls.json": interim(
        EventKind.TAKING_CALL,
        direction=IN,
        connected_with="acmecom_iryna",
        staff_id="331851",
        status="",
        talk_seconds=None,
        has_recording=None,
    ),
    "taking_call__without_number_and_manager.form": interim(EventKind.TAKING_CALL, connected_with="acmecom_iryna"),
    "before_outgoing_call__without_id.json": garbage("No parameter holds the call ID"),
    "before_outgoing_call__with_id.json": interim(
        EventKind.BEFORE_OUTGOING_CALL, direction=OUT, caller="acmecom_iryna", destination="380671234567"
    ),
}

LATER = {
    "call_rating__marks.json": interim(
        EventKind.CALL_RATING,
        direction=None,
        staff_id="331851",
        rating={"category": "2", "category_mark": "5", "employee_mark": "5"},
    ),
    "call_rating__category_by_name.form": interim(
        EventKind.CALL_RATING, rating={"category": "Sale", "category_mark": "4"}
    ),
    "ai_processed__summary.json": interim(
        EventKind.AI_PROCESSED,
        direction=None,
        analysis=ANALYSIS | {"score": "8.5", "action_1": "Send the price list"},
        parameters={},
    ),
    "ai_processed__several_actions.json": interim(
        EventKind.AI_PROCESSED,
        direction=IN,
        analysis=ANALYSIS
        | {
            "action_1": "Step 1",
            "action_2": "Step 2",
            "action_10": "Step 10",
            "details": "Greeting: 2\nNeeds: 3",
            "transcript": "https://app.ringostat.com/vtt/1.vtt",
        },
    ),
    "ai_processed__actions_as_list.json": interim(
        EventKind.AI_PROCESSED, analysis=ANALYSIS | {"action_1": "Send the price list, Call tomorrow"}
    ),
}

NO_CALLS = {
    "form_sent__site.json": ignored("not_a_call"),
    "form_sent__with_an_id.json": ignored("not_a_call"),
    "form_sent__nameless.form": ignored("not_a_call"),
    "dialogue_ended__messenger.json": ignored("not_a_call"),
    "deal_updated__status.json": ignored("not_a_call"),
    "other__unknown_event.json": ignored("unknown_event"),
}

GARBAGE = {
    "after_call__not_json.json": garbage("not valid JSON"),
    "after_call__empty.txt": garbage("no parameters"),
    "after_call__empty_object.json": garbage("no parameters"),
    "after_call__json_list_of_two.json": garbage("not one object"),
    "after_call__json_string.json": garbage("not valid JSON"),
    "after_call__json_null.json": garbage("neither a JSON object nor a form"),
    "after_call__plain_text.txt": garbage("neither a JSON object nor a form"),
    "after_call__xml.txt": garbage("neither a JSON object nor a form"),
    "after_call__deeply_nested.json": garbage("nested too deeply"),
    "after_call__nested_seven_times.json": garbage("nested too deeply"),
    "after_call__binary.txt": garbage("neither a JSON object nor a form"),
}

CASES: dict[str, Case] = {
    **ENDED,
    **DIRECTIONS,
    **NUMBERS,
    **EMPLOYEES,
    **NAMES,
    **TIMES,
    **LINKS,
    **SHAPES,
    **OUTGOING,
    **ON_THE_WAY,
    **LATER,
    **NO_CALLS,
    **GARBAGE,
}
