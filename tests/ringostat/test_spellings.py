"""One call with other names, wrappers, encodings, durations and dates is read as the same call."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import pytest

from integrations.domain.calls import CallFacts
from integrations.domain.outcome import outcome_of
from integrations.domain.parties import client_number
from integrations.ringostat.body import RawRequest
from integrations.ringostat.names import slot_of
from integrations.ringostat.problems import NoteKind, NotUnderstood, Problem
from integrations.ringostat.text_repair import repaired
from integrations.ringostat.times import exact_time_of, local_time_of
from integrations.ringostat.values import link_of, links_of, seconds_of, text_of
from integrations.ringostat.webhook import ParsedEvent, parse
from tests.ringostat.test_reader_properties import misread

KYIV = ZoneInfo("Europe/Kyiv")
RECEIVED = datetime(2026, 9, 30, 12, 39, tzinfo=UTC)
START = datetime(2026, 9, 30, 12, 37, 18, tzinfo=UTC)
CLIENT = "+380671234567"
NAME = "Ірина Ґалаґан"
CALL = {
    "call_id": "ua9_-1.1",
    "call_type": "in",
    "disposition": "ANSWERED",
    "E164": CLIENT,
    "dst": "380442223344",
    "billsec": "40",
    "calldate": "2026-09-30 15:37:18",
}
TEXT = json.dumps(CALL)
FORM = "application/x-www-form-urlencoded"
VALUES = ("ua9_-1.1", "in", "ANSWERED", CLIENT, "40", "2026-09-30 15:37:18")


def posted(body: Any, content_type: str = "application/json", coding: str = "") -> RawRequest:
    data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return RawRequest(method="POST", content_type=content_type, query_string="", body=data, content_encoding=coding)


def parsed(request: RawRequest) -> ParsedEvent:
    return parse(request, event="after_call", timezone=KYIV, received_at=RECEIVED)


def read(request: RawRequest) -> CallFacts:
    facts = parsed(request).facts
    assert facts is not None
    return facts


def is_the_call(facts: CallFacts) -> bool:
    told = (facts.ringostat_id, facts.direction, outcome_of(facts), client_number(facts, "UA").number)
    return (*told, facts.talk_seconds, facts.started_at) == ("ua9_-1.1", "incoming", "answered", CLIENT, 40, START)


NAMES = (
    ("CallID", "Direction", "Status", "CallerNumber", "TalkDuration", "CallDate"),
    ("callUniqueId", "typeOfCall", "resultOfCall", "phoneOfClient", "secondsOfTalk", "dateOfCall"),
    ("call_identifier", "call_kind", "final_status", "client_mobile_number", "billable_duration", "call_date_time"),
    ("Call Id", "Call Type", "Call Result", "Subscriber Phone", "Conversation Length", "Call Begin"),
    ("call:id", "call:type", "call:status", "call:client_number", "call:talk_time", "call:start"),
    ("data.call.id", "data.call.type", "data.call.status", "data.call.e164", "data.call.billsec", "data.call.calldate"),
    (
        "ringostat_call_id",
        "ringostat_call_type",
        "ringostat_disposition",
        "ringostat_e164",
        "ringostat_billsec",
        "date",
    ),
    ("payload_uniqueid", "payload_direction", "payload_status", "payload_phone", "payload_talk_time", "payload_date"),
    ("callidentifier", "callkind", "callresult", "callernum", "talkduration", "startdate"),
    ("Идентификатор звонка", "Вид вызова", "Результат звонка", "Телефон абонента", "Время разговора", "Дата звонка"),
    ("Унікальний ідентифікатор", "Напрям дзвінка", "Статус", "Номер клієнта", "Тривалість розмови, с", "Час дзвінка"),
    ("ID połączenia", "Kierunek połączenia", "Wynik połączenia", "Telefon klienta", "Czas rozmowy", "Data połączenia"),
    ("сall_id", "сall_type", "call_status", "clіent_number", "talk_tіme", "calldate"),  # with Cyrillic lookalikes
    ("unique_id", "call_type", "status", "client", "talk_seconds", "call_start"),
    ("call_id", "call_type", "disposition", "Е164", "Длительность разговора в секундах", "calldate"),  # a Cyrillic Е
)


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
def test_parameter_name_of_known_words_means_its_fact(names: tuple[str, ...]) -> None:
    fields = dict(zip(names, VALUES, strict=True))
    assert is_the_call(read(posted(fields)))
    assert is_the_call(read(posted(urlencode(fields), FORM)))


@pytest.mark.parametrize(
    "name",
    [
        *("client_id", "client_name", "contact_id", "call_cost", "call_counter", "unique_call", "call_source", "card"),
        *("target_call", "record_date", "recording_duration", "last_call_date", "previous_call_status", "client_time"),
        *("source_url", "landing_url", "call_number", "number_of_calls", "end_time", "answered_at", "event_time"),
        *(
            "caller_name",
            "caller_city",
            "client_status",
            "phone_type",
            "talk_score",
            "time_zone",
            "queue_name",
            "login",
        ),
        *("message_id", "lead_status", "deal_id", "is_new", "manager_phone", "utm_call", "recipient_email", "data_id2"),
    ],
)
def test_parameter_name_with_an_unknown_word_is_the_customers_own(name: str) -> None:
    assert slot_of(name) is None


@pytest.mark.parametrize(("name", "value"), [("customer", "12345678901"), ("contact", "+380501112233")])
def test_common_word_is_not_the_client_number_beside_a_named_one(name: str, value: str) -> None:
    facts = read(posted(CALL | {name: value}))
    assert (facts.userfield, facts.parameters) == ("", {name: value})


@pytest.mark.parametrize("name", ["client", "Номер", "tel", "MSISDN", "contact"])
def test_common_word_is_the_client_number_beside_the_called_number(name: str) -> None:
    facts = read(posted({**CALL, "E164": "", name: CLIENT}))
    assert is_the_call(facts)
    assert client_number(read(posted({**CALL, "E164": "", name: "044 222 33 44"})), "UA").number is None


@pytest.mark.parametrize("name", ["utmSource", "UTM Source", "UTM_SOURCE", "utm-source", "data__utmSource"])
def test_every_spelling_of_utm_source_is_stored_under_one_name(name: str) -> None:
    assert read(posted(CALL | {name: "google"})).parameters == {"utm_source": "google"}


@pytest.mark.parametrize("name", ["data_type", "body.status", "payload_kind", "webhook_id"])
def test_common_word_behind_a_prefix_is_no_fact(name: str) -> None:
    facts = read(posted(CALL | {name: "json"}))
    assert is_the_call(facts)
    assert facts.parameters == {name: "json"}


def test_utm_tags_lose_a_flow_tools_prefix() -> None:
    assert read(posted(CALL | {"data__utm_source": "google"})).parameters == {"utm_source": "google"}


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [({"talk_ms": "40250"}, 40), ({"conversationMilliseconds": 40250}, 40), ({"talk_ms": "9", "talk_time": "40"}, 40)],
)
def test_talk_time_in_milliseconds_is_used_without_one_in_seconds(fields: dict[str, Any], seconds: int) -> None:
    assert read(posted(CALL | {"billsec": ""} | fields)).talk_seconds == seconds


OTHER = CALL | {"call_id": "ua9_-2.2"}
PART = f'--xx\r\nContent-Disposition: form-data; name="hook"\r\n\r\n{TEXT}\r\n--xx--\r\n'
WRAPPED: dict[str, RawRequest] = {
    "a JSON string in a form": posted(urlencode({"payload": json.dumps(TEXT)}), FORM),
    "a list as the form's name": posted(quote(f"[{TEXT}]") + "=", FORM),
    "six levels": posted({"a": {"b": {"c": {"data": {"call": CALL}}}}}),
    "JSON-RPC with a token before the call": posted({"jsonrpc": "2.0", "method": "x", "params": ["token", CALL]}),
    "a batch of one, twice": posted([{"jsonrpc": "2.0", "method": "call", "params": CALL, "id": 1}] * 2),
    "a list with a header": posted([{"version": 1}, CALL]),
    "a list with null": posted([CALL, None]),
    "a list in a message": posted({"message": [CALL]}),
    "an event's list beside its name": posted({"event": "after_call", "events": [{"kind": "x"}, CALL]}),
    "pairs of names and values": posted({"fields": [{"name": name, "value": value} for name, value in CALL.items()]}),
    "pairs at the top": posted([{"key": name, "val": value} for name, value in CALL.items()]),
    "objects with a value": posted({name: {"value": value} for name, value in CALL.items()}),
    "bracketed names in JSON": posted({f"call[{name}]": value for name, value in CALL.items()}),
    "array names in JSON": posted({f"{name}[]": [value] for name, value in CALL.items()}),
    "names in braces": posted(urlencode({f"{{{name}}}": value for name, value in CALL.items()}), FORM),
    "a multipart form behind a preamble": posted("preamble\r\n" + PART, "multipart/form-data; boundary=xx"),
    "a comma behind the object": posted(TEXT + ",\x1a"),
    "no-break spaces": posted(TEXT.replace(": ", ":\u00a0")),
    "escaped as old PHP does": posted(TEXT.replace('"', '\\"')),
    "the same in a form": posted(urlencode({"data": TEXT.replace('"', '\\"')}), FORM),
    "a misread byte order mark": posted("ï»¿" + TEXT),
    "a misread byte order mark before a form": posted("ï»¿" + urlencode(CALL), FORM),
    "ampersands of which all but one are escaped": posted("a=1&" + urlencode(CALL).replace("&", "&amp;"), FORM),
    "an attribute for each text": posted({name: {"_text": value} for name, value in CALL.items()}),
    "values in quotes": posted(CALL | {"billsec": '"40"', "calldate": '"2026-09-30 15:37:18"'}),
    "a message with a time of its own": posted({"Timestamp": "2026-09-30T12:38:00.000Z", "Message": TEXT}),
    "a number in exponents": posted(TEXT.replace(f'"{CLIENT}"', "3.80671234567e11")),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_call_in_a_wrapper_object_is_found(name: str) -> None:
    assert is_the_call(read(WRAPPED[name]))


@pytest.mark.parametrize("body", ['"1"', '"40"', r'"\"1\""'])
def test_quoted_number_is_not_read_as_an_object(body: str) -> None:
    with pytest.raises(NotUnderstood, match="not one object"):
        parsed(posted(body))


def test_quoted_number_of_a_customers_own_parameter_keeps_its_quotes() -> None:
    facts = read(posted(CALL | {"comment": '"40"'}))
    assert is_the_call(facts)
    assert facts.parameters == {"comment": '"40"'}


@pytest.mark.parametrize(
    ("word", "direction"),
    [
        *(("Вихідний виклик", "outgoing"), ("Исходящий вызов", "outgoing"), ("исходящие", "outgoing")),
        *(("połączenie wychodzące", "outgoing"), ("wychodzący", "outgoing"), ("ausgehend", "outgoing")),
        *(("dial out", "outgoing"), ("вхідне", "incoming"), ("входящий вызов", "incoming")),
        *(("Incoming call from the website", "incoming"), ("[in]", "incoming"), ("przychodzący", "incoming")),
    ],
)
def test_direction_in_other_languages_is_understood(word: str, direction: str) -> None:
    assert read(posted(CALL | {"call_type": word})).direction == direction


@pytest.mark.parametrize("word", ["IN/OUT", "internal", "click2call", "incoming or outgoing"])
def test_unknown_direction_word_is_noted(word: str) -> None:
    notes = parsed(posted(CALL | {"call_type": word})).notes
    assert [note.value for note in notes if note.kind is NoteKind.DIRECTION_UNKNOWN] == [word]


@pytest.mark.parametrize(
    ("caller", "kind"),
    [("101", "after_outgoing_call"), ("acmecom_iryna", "after_outgoing_call"), ("5051", "after_call")],
)
def test_call_from_a_sip_login_or_own_line_to_a_number_is_outgoing(caller: str, kind: str) -> None:
    fields = {"call_id": "1.5", "call_status": "PROPER", "caller_number": caller, "call_destination": CLIENT}
    fields["internal_number"] = "101"
    assert parse(posted(fields), event=None, timezone=KYIV).kind == kind


@pytest.mark.parametrize(
    ("word", "status"),
    [
        *(("Нет ответа", "NO ANSWER"), ("Немає відповіді", "NO ANSWER"), ("пропущенный вызов", "NO ANSWER")),
        *(("Nieodebrane połączenie", "NO ANSWER"), ("недозвон", "NO ANSWER"), ("CANCELLED", "NO ANSWER")),
        *(("Голосова пошта", "VOICEMAIL"), ("голосовая почта", "VOICEMAIL"), ("answering machine", "VOICEMAIL")),
        *(("зайнято", "BUSY"), ("zajęte", "BUSY"), ("congestion", "FAILED"), ("відхилено", "DECLINE")),
        *(("отвечено", "ANSWERED"), ("odebrany", "ANSWERED"), ("успішний", "ANSWERED"), ("повторный", "REPEATED")),
        *(("ringing", "CALLING"), ("в процесі", "IN PROGRESS"), ("[ANSWERED]", "ANSWERED"), ('"BUSY"', "BUSY")),
        *(("АNSWERED", "ANSWERED"), ("ANSWERED\u200b", "ANSWERED"), ("ANSWERED.", "ANSWERED")),  # a Cyrillic А
    ],
)
def test_status_in_other_languages_is_understood(word: str, status: str) -> None:
    assert read(posted(CALL | {"disposition": word})).status == status


@pytest.mark.parametrize(
    "call_id", ["0", "-1", "true", "call_id", "[call_id]", "%call_id%", "{{call_id}}", "(uniqueid)"]
)
def test_placeholder_in_place_of_a_call_id_is_refused(call_id: str) -> None:
    with pytest.raises(NotUnderstood, match=r"call_id|uniqueid"):
        parsed(posted(CALL | {"call_id": call_id}))


@pytest.mark.parametrize(
    ("name", "raw"), [("call_date_utc", "2026-09-30 12:37:18"), ("Start time UTC", "30.09.2026 12:37:18")]
)
def test_date_whose_name_ends_in_utc_is_read_as_utc(name: str, raw: str) -> None:
    assert is_the_call(read(posted({**CALL, "calldate": "", name: raw})))


@pytest.mark.parametrize("body", [[CALL, OTHER], {"events": [CALL, OTHER]}, [{"method": "x", "params": CALL}, OTHER]])
def test_body_with_several_calls_is_refused(body: Any) -> None:
    with pytest.raises(NotUnderstood, match="of 2 calls") as raised:
        parsed(posted(body))
    assert raised.value.problem is Problem.NOT_ONE_OBJECT


@pytest.mark.parametrize("body", [f"// note\n{TEXT}", f"callback({TEXT})", "{" + TEXT + "}", f"({TEXT})"])
def test_malformed_json_is_refused_with_line_and_column(body: str) -> None:
    with pytest.raises(NotUnderstood, match="line 1, column"):
        parsed(posted(body))


def test_number_in_exponents_without_its_last_digits_is_not_completed() -> None:
    assert client_number(read(posted(TEXT.replace(f'"{CLIENT}"', "3.8067e11"))), "UA").number is None


NAMED = json.dumps(CALL | {"employee_fio": NAME}, ensure_ascii=False)
NAMED_FORM = "імя=Іван&" + "&".join(f"{name}={value}" for name, value in CALL.items()) + f"&employee_fio={NAME}"
ENCODED: dict[str, RawRequest] = {
    "UTF-16 that begins with another alphabet": posted(NAMED_FORM.encode("utf-16-le"), FORM),
    "the same, big-endian": posted(NAMED_FORM.encode("utf-16-be"), FORM),
    "escapes in KOI8-U": posted(urlencode(CALL | {"employee_fio": NAME}, encoding="koi8-u"), FORM),
    "a charset by its other name": posted(NAMED.encode("cp1251"), "application/json; charset=win-1251"),
    "deflate called gzip": posted(zlib.compress(NAMED.encode()), coding="gzip"),
    "gzip called deflate": posted(gzip.compress(NAMED.encode()), coding="deflate"),
    "zlib without a header": posted(zlib.compress(NAMED.encode())),
    "letters escaped twice": posted(json.dumps(CALL | {"employee_fio": json.dumps(NAME).strip('"')})),
    "gzip in two members": posted(
        gzip.compress(NAMED[:50].encode()) + gzip.compress(NAMED[50:].encode()), coding="gzip"
    ),
}


@pytest.mark.parametrize("name", ENCODED)
def test_call_in_each_encoding_is_read(name: str) -> None:
    facts = read(ENCODED[name])
    assert is_the_call(facts)
    assert facts.employee_name == NAME


@pytest.mark.parametrize("name", ["Ольга Черних", "Ольга Долгих", "Zażółć gęślą"])
def test_letter_whose_misread_bytes_end_in_a_blank_is_kept(name: str) -> None:
    assert read(posted(CALL | {"employee_fio": misread(name, "utf-8", "latin-1")})).employee_name == name


@pytest.mark.parametrize(("first", "name"), [(b"\x28\xb5\x2f\xfd\0\0", "zstd"), (b"PK\x03\x04\0\0", "zip")])
def test_unknown_compression_is_refused_by_name_even_without_a_header(first: bytes, name: str) -> None:
    with pytest.raises(NotUnderstood, match=f"compressed as “{name}”"):
        parsed(posted(first + b"abc"))


def test_utf_8_that_is_cut_within_a_letter_loses_that_letter_only() -> None:
    body = NAMED.replace("}", ', "comment": "Довгий коментар"}').encode().replace('р"}'.encode(), b'\xd1"}')
    facts = read(posted(body))
    assert (facts.employee_name, facts.parameters["comment"]) == (NAME, "Довгий комента\ufffd")


def test_emoji_in_two_surrogates_stay_one_character() -> None:
    body = (
        json.dumps(CALL | {"utm_campaign": "🔥"}, ensure_ascii=False)
        .encode()
        .replace("🔥".encode(), b"\xed\xa0\xbd\xed\xb4\xa5")
    )
    assert read(posted(body)).parameters == {"utm_campaign": "🔥"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("1 minute and 40 seconds", 100), ("1 хвилина та 40 секунд", 100), ("1 м 40 с", 100), ("PT1M40.5S", 100)),
        *(("P0DT0H1M40S", 100), ("1:40 min", 100), ("00 : 01 : 40", 100), ("1 Minute 40 Sekunden", 100), ("+40", 40)),
        *(
            ("'40'", 40),
            ("４０", 40),
            ("40\u200b", 40),
            ("1 000", 1000),
            ("1.5 min", 90),
            ("1,5 хв", 90),
            ("40000 мс", 40),
            ("2 Std. 1 Min.", 7260),
        ),
        *(("40c0", None), ("1:40 apples", None), ("1:02:03 min", None), ("1 d", None), ("1e2", None)),
    ],
)
def test_duration_in_each_spelling_is_read_in_seconds(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("2026-09-30_15:37:18", "2026-09-30+15:37:18", "2026-09-30 15-37-18", "30.09.2026 15.37.18"),
        *("2026-09-30 15:37:18 EEST", "2026-09-30 15:37:18 Europe/Kyiv", "2026-09-30T15:37:18+03:00[Europe/Kiev]"),
        *("/Date(1790771838000)/", r"\/Date(1790771838000+0300)\/", "20260930T123718Z", "Wed Sep 30 15:37:18 2026"),
        *("2026-09-30 15:37:18 GMT+3", "2026-09-30%2015:37:18", "2026-09-30+15%3A37%3A18", "'2026-09-30 15:37:18'"),
        *("2026\u201109\u201130 15:37:18", "2026\u201309\u201330 15:37:18", "2026-09-30T09:37:18\u221203:00"),
        *("середа, 30 вересня 2026 р., 15:37:18", "Środa, 30 września 2026 15:37:18", "Mittwoch, 30.09.2026 15:37:18"),
    ],
)
def test_date_in_each_spelling_is_read(text: str) -> None:
    assert (exact_time_of(text) or local_time_of(text, KYIV)) == START


@pytest.mark.parametrize("text", ["2026-09-30 15:37:18 ABC", "2026-09-30 15:37:18 Europe/Nowhere", "30.09.2026 15.61"])
def test_date_with_an_unknown_part_is_not_read(text: str) -> None:
    assert (exact_time_of(text), local_time_of(text, KYIV)) == (None, None)


@pytest.mark.parametrize(
    ("text", "written", "read_as"),
    [
        *(("Wójcik", "utf-8", "cp1252"), ("Paweł", "utf-8", "cp1252"), ("Grażyna", "utf-8", "cp1250")),
        *(("Łukasz Żółć", "cp1250", "latin-1"), ("Małgorzata", "cp1250", "latin-1"), ("Олена", "cp1251", "cp1250")),
        *(("Ірина Бондар", "utf-8", "iso-8859-2"), ("Олександр", "utf-8", "cp437"), ("Юлія", "utf-8", "cp850")),
        *(("Євген", "utf-8", "iso-8859-5"), ("Müller", "utf-8", "latin-1"), ("Зоя", "utf-8", "iso-8859-2")),
    ],
)
def test_misread_text_is_repaired(text: str, written: str, read_as: str) -> None:
    assert repaired(misread(text, written, read_as)) == text


def test_text_misread_twice_is_repaired() -> None:
    once = misread("Наталя Юріївна", "utf-8", "latin-1")
    assert repaired(misread(once, "utf-8", "cp1252")) == "Наталя Юріївна"


@pytest.mark.parametrize(
    "text", ["Škoda Žižkov", "Đorđe Ćirić", "Ångström Ø", "Ñandú", "Hôtel à côté", "£5 за м³", "Рівне, СЕРВІС", "Ã"]
)
def test_correct_text_with_foreign_letters_is_not_repaired(text: str) -> None:
    assert repaired(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [("&#1072;&#x43A;", "ак"), ("R&amp;D", "R&amp;D"), ("Знижка &#128293;", "Знижка 🔥")],
)
def test_numeric_html_references_are_decoded(text: str, plain: str) -> None:
    assert text_of(text) == plain


def test_escapes_of_old_javascript_are_decoded() -> None:
    assert read(posted(CALL | {"utm_campaign": "%u0430%u043A%20%u0431"})).parameters == {"utm_campaign": "ак б"}


FILE = "https://app.ringostat.com/recordings/a.wav?token=x1"


@pytest.mark.parametrize(
    "raw",
    [
        f'<a href="{FILE}">Listen</a>',
        f"[Listen]({FILE})",
        f"Recording: {FILE}",
        FILE.replace("/", r"\/"),
        FILE.replace("//", "/", 1),
        f"\ufeff{FILE}\u200b",
    ],
)
def test_recording_link_within_a_text_is_found(raw: str) -> None:
    assert link_of(raw) == FILE


def test_recording_link_in_a_list_of_objects_is_found() -> None:
    body = CALL | {"recording": [{"url": FILE, "size": 5}, {"url": FILE + "2", "size": 6}]}
    assert read(posted(body)).recording_url == FILE


@pytest.mark.parametrize("token", ["", "null", "false", "undefined", "%20", "{{token}}"])
def test_recording_link_without_a_token_is_not_ready(token: str) -> None:
    links = links_of(f"https://app.ringostat.com/recordings/a.wav?token={token}")
    assert (links.sound, links.is_ready) == ("", False)


@pytest.mark.parametrize("raw", ["https://", "https://app.ringostat.com/recordings/", "https://app.ringostat.com"])
def test_address_without_a_file_is_no_recording_link(raw: str) -> None:
    assert links_of(raw).sound == ""


@pytest.mark.parametrize("word", ["null", "undefined", "none", "(not set)", "NaN"])
def test_word_for_nothing_in_place_of_a_number_means_a_hidden_caller(word: str) -> None:
    number = client_number(read(posted(CALL | {"E164": word})), "UA")
    assert (number.problem, number.raw) == ("hidden", word)
