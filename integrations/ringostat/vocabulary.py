"""Ringostat's words and ours: tables only.

A customer chooses the name under which each parameter is sent, so one fact has many names. Sources: help
centre of Ringostat, articles 6313229 (webhooks), 6559993 (incoming call), 6583751 (outbound call), 9281387
(processed by AI) and the call list of its API. Names are compared by their letters and digits alone, in lower case.
"""

from __future__ import annotations

from integrations.domain.calls import Direction, EventKind

PARAMETERS: dict[str, tuple[str, ...]] = {
    "ringostat_id": (
        *("uniqueid", "call_id", "cdr_id", "record"),
        *("unique_call_id", "call_unique_id", "call_uid", "ringostat_call_id", "ringostat_id", "id_of_call", "cdr"),
        *("id_call", "id_звонка", "ид_звонка", "id_дзвінка", "ід_дзвінка", "id_rozmowy", "id_polaczenia"),
    ),
    "call_type": (
        *("call_type", "type", "direction", "call_direction", "ai_call_type", "type_of_call"),
        *("type_call", "call_kind", "direction_of_call", "тип_звонка", "тип_вызова", "направление"),
        *("направление_звонка", "тип_дзвінка", "напрямок", "напрямок_дзвінка", "kierunek", "typ_polaczenia"),
    ),
    "status": (
        *("disposition", "call_status", "status", "call_disposition", "call_result", "call_state", "call_outcome"),
        *("status_call", "status_of_call", "статус", "статус_звонка", "результат_звонка", "статус_дзвінка"),
        *("результат_дзвінка", "status_rozmowy", "status_polaczenia"),
    ),
    "exact_start": (
        *("call_timestamp", "call_date_microsecond", "call_date_microseconds"),
        *("call_time_microseconds", "call_microseconds", "call_timestamp_ms"),
        *("call_unixtime", "call_epoch", "unixtime", "timestamp"),
    ),
    "local_start": (
        *("calldate", "date", "datetime", "start_time", "call_start", "call_datetime"),
        *("call_time", "call_start_time", "call_start_date", "call_started_at", "started_at"),
        *("start_date", "time_start", "date_start", "begin_time", "date_of_call", "time_of_call", "дата"),
        *("дата_звонка", "время_звонка", "дата_и_время", "начало_звонка", "дата_дзвінка", "час_дзвінка"),
        *("дата_та_час", "дата_і_час", "початок_дзвінка", "data_polaczenia", "data_rozmowy"),
    ),
    "total_seconds": (
        *("duration", "call_duration", "duration_call", "total_duration", "duration_total", "full_duration"),
        *("call_length", "total_time", "total_seconds", "duration_sec", "duration_seconds", "call_duration_sec"),
        *("call_duration_seconds", "call_total_duration", "total_call_duration", "duration_of_call"),
        *("длительность", "длительность_звонка", "тривалість", "тривалість_дзвінка", "czas_polaczenia"),
    ),
    "duration_ms": (
        *("duration_ms", "duration_call_ms", "call_duration_ms", "duration_milliseconds"),
        *("call_duration_milliseconds", "total_duration_ms"),
    ),
    "talk_ms": ("talk_ms", "billsec_ms", "conversation_ms"),
    "wait_ms": ("wait_ms", "waittime_ms", "waiting_ms"),
    "wait_seconds": (
        *("waittime", "waiting", "duration_waiting", "waiting_time", "wait", "wait_duration"),
        *("waiting_duration", "wait_sec", "wait_seconds", "waiting_sec", "waiting_seconds", "call_wait_time"),
        *("call_waiting", "call_waiting_time", "time_waiting", "time_of_waiting", "ring_time", "ringing_time"),
        *("ring_duration", "ringing_duration", "queue_time", "ожидание"),
        *("время_ожидания", "длительность_ожидания", "очікування", "час_очікування", "тривалість_очікування"),
        *("czas_oczekiwania",),
    ),
    "talk_seconds": (
        *("billsec", "duration_conversation", "talk_time", "dialog", "talk", "talk_duration", "talking_time"),
        *("talk_sec", "talk_seconds", "call_talk_time", "talktime_sec", "talktime_seconds", "time_talk"),
        *("conversation", "conversation_time", "conversation_duration", "conversation_seconds", "conversation_sec"),
        *("duration_talk", "duration_dialog", "duration_dialogue", "dialog_duration", "dialogue_duration"),
        *("dialog_time", "dialogue", "dialogue_time", "bill_seconds", "billing_seconds"),
        *("billable_seconds", "billsec_seconds", "call_billsec", "duration_billsec", "speaking_time"),
        *("time_of_talk", "duration_of_talk", "duration_of_conversation", "разговор", "время_разговора"),
        *("длительность_разговора", "розмова", "час_розмови", "тривалість_розмови", "czas_rozmowy"),
    ),
    "e164": ("e164", "е164", "number_e164", "client_e164", "e164_number", "phone_e164", "client_number_e164"),
    "userfield": (
        *("userfield", "full_num", "full_number", "client_number", "client_phone", "client_mob"),
        *("client_tel", "client_mobile", "client_phone_number", "clients_number", "clients_phone"),
        *("number_of_client", "phone_of_client", "customer_number", "customer_phone", "customer_phone_number"),
        *("contact_number", "contact_phone", "contact_phone_number", "phone", "phone_number", "telephone"),
        *("subscriber_number", "номер_клиента", "телефон_клиента", "номер_клієнта", "телефон_клієнта"),
        *("телефон", "номер_телефона", "номер_телефону", "numer_klienta", "telefon_klienta", "telefon"),
    ),
    "caller": (
        *("caller", "caller_number", "callers_number", "src", "caller_id", "caller_phone", "caller_phone_number"),
        *("caller_num", "calling_number", "number_of_caller", "from", "from_number", "call_from", "source_number"),
        *("a_number", "ani", "кто_звонил", "номер_звонящего", "хто_дзвонив", "номер_абонента", "numer_dzwoniacego"),
    ),
    "destination": (
        *("dst", "destination", "callee", "target_number", "call_destination", "destination_number"),
        *("destination_phone", "callee_number", "called", "called_number", "called_phone", "dialed_number"),
        *("dialled_number", "number_dialed", "dst_number", "to", "to_number", "call_to", "b_number", "куда_звонили"),
        *("набранный_номер", "номер_назначения", "набраний_номер", "куди_дзвонили", "номер_призначення"),
    ),
    "connected_with": (
        *("connected_with", "connected_to", "connect_with", "answered_by", "sip", "sip_login", "sip_account"),
        *("employee_sip", "employee_sip_login", "manager_sip", "operator_sip", "agent_sip", "соединено_с"),
        *("зʼєднано_з",),
    ),
    "outbound_number": ("outbound_number", "outgoing_number", "outbound_caller_id", "shown_number"),
    "staff_id": (
        *("employee_number", "staffid", "employee_id", "manager_id", "operator_id", "agent_id"),
        *("id_сотрудника", "id_менеджера", "id_співробітника"),
    ),
    "employee_name": (
        *("employee_fio", "employee", "employee_name", "manager", "manager_name", "employee_full_name"),
        *("employees_name", "name_of_employee", "manager_fio", "manager_full_name", "operator", "operator_name"),
        *("operator_fio", "agent", "agent_name", "staff", "staff_name", "staff_fio", "сотрудник"),
        *("имя_сотрудника", "фио_сотрудника", "менеджер", "имя_менеджера", "оператор", "співробітник"),
        *("імя_співробітника", "піб_співробітника", "імя_менеджера", "працівник", "pracownik", "konsultant"),
    ),
    "employee_email": (
        *("employee_email", "manager_email", "employee_mail", "operator_email", "agent_email"),
        *("staff_email", "email_сотрудника", "email_співробітника"),
    ),
    # `employee_estension` is how a live project spells it. `additional_number` is what the client dialled.
    "extension": (
        *("extension_number", "sip_extension", "employee_extension", "employee_estension", "extension"),
        *("internal_number", "employee_internal_number", "employee_ext", "ext_number", "ext", "inner_number"),
        *("internal_extension", "manager_extension", "operator_extension", "agent_extension", "extension_num"),
        *("внутренний_номер", "внутренний", "добавочный", "внутрішній_номер", "внутрішній", "numer_wewnetrzny"),
    ),
    "line_name": ("pool_name", "n_alias"),
    "has_recording": (
        *("has_recording", "recording_presence", "has_record", "is_recorded", "recorded", "recording_exists"),
        *("record_exists", "call_recorded", "presence_of_recording", "recording_available", "есть_запись"),
        *("наличие_записи", "є_запис", "наявність_запису"),
    ),
    "recording_url": (
        *("recording", "recording_wav", "recording_url", "recording_link", "recording_mp3", "recording_ogg"),
        *("recording_file", "recording_href", "record_url", "record_link", "record_file", "call_recording"),
        *("call_recording_url", "call_recording_link", "call_record", "call_record_url", "call_record_link"),
        *("link_to_recording", "url_of_recording", "audio", "audio_url", "audio_link", "audio_file", "запись"),
        *("запись_разговора", "ссылка_на_запись", "запись_звонка", "запис", "запис_розмови", "запис_дзвінка"),
        *("посилання_на_запис", "nagranie"),
    ),
    "card_url": (
        *("call_card", "call_card_link", "call_card_url"),
        *("link_to_call_card", "карточка_звонка", "картка_дзвінка"),
    ),
}
"""Fact → the names it comes under; when several are present, the first one with a usable value counts.

The first names of each are Ringostat's own and those of its documentation; then follow those that flow tools and
people use.
"""

DOUBTFUL: dict[str, tuple[str, ...]] = {
    "ringostat_id": ("id", "record_id", "recording_id", "uid", "guid", "key"),
    "status": ("result", "outcome", "state", "результат"),
    "local_start": ("time", "start", "created_at", "created", "час", "время"),
}
"""Common words: they mean the fact only if the value cannot be anything else."""

SURE_IDS = ("uniqueid", "unique_id", "call_id", "cdr_id", "unique_call_id", "call_uid", "ringostat_call_id")
"""Names of the call's ID that stand for it behind a prefix too: `data_call_id`."""

SCARCE_IDS = ("record", "cdr")
"""Names of the call's ID that other objects have as well, for something else."""

UNMISTAKABLE = (
    *("uniqueid", "cdr_id", "disposition", "call_status", "call_type", "calldate", "call_date", "call_timestamp"),
    *("call_date_microsecond", "billsec", "talk_time", "waittime", "e164", "number_e164", "userfield"),
    *("connected_with", "outbound_number", "employee_fio", "employee_number", "employee_email", "has_recording"),
    *("recording_wav", "call_card", "call_card_link", "duration_conversation", "duration_waiting"),
)
"""Names that mean one thing, in whatever object they are."""

WRAPPERS = (
    *("additional_call_data", "params", "data", "payload", "body", "json", "json_data", "call", "call_data", "calls"),
    *("call_info", "call_details", "event_data", "event", "details", "fields", "values", "variables", "parameters"),
    *("query", "content", "message", "request", "webhook", "ringostat", "item", "items", "object", "attributes"),
    *("post", "form_data", "output", "results", "result", "response", "input", "args", "arguments"),
)
"""Objects that only wrap others: their parameters keep their own names. `employee` is none of them: `employee: {id: 1}`
becomes employee_id.
"""

EVENT_NAMES = ("event", "event_type", "event_name", "webhook_event", "action", "method", "type")
"""Parameters whose value may name the event."""

EVENT_KINDS: dict[str, EventKind] = {
    **{kind.value: kind for kind in EventKind},
    "before_incoming_call": EventKind.BEFORE_CALL,
    "location_forwarding": EventKind.FORWARDING,
    "on_location_forwarding": EventKind.FORWARDING,
    "forwarding_step": EventKind.FORWARDING,
    "taking": EventKind.TAKING_CALL,
    "taking_the_call": EventKind.TAKING_CALL,
    "when_taking_the_call": EventKind.TAKING_CALL,
    "after_incoming_call": EventKind.AFTER_CALL,
    "after_call_rating": EventKind.CALL_RATING,
    "after_call_rating_menu": EventKind.CALL_RATING,
    "before_outbound_call": EventKind.BEFORE_OUTGOING_CALL,
    "after_outbound_call": EventKind.AFTER_OUTGOING_CALL,
    "ai": EventKind.AI_PROCESSED,
    "call_processed_by_ai": EventKind.AI_PROCESSED,
}

NOT_CALLS = frozenset(
    {
        "form",
        "dialog",
        "dialogs",
        "dialogue",
        "dialogues",
        "chat",
        "message",
        "messenger",
        "deal",
        "deals",
        "lead",
        "leads",
    }
)
"""An event whose name has one of these words is about something else than a call."""

_INCOMING = (
    *("in", "incoming", "inbound", "callback", "transitin", "incall", "callin", "zwrotny", "eingehend", "dialin"),
    *("зворотнийдзвінок", "зворотній", "зворотний", "обратныйзвонок", "обратный"),
)
_OUTGOING = ("out", "outgoing", "outbound", "transitout", "outcall", "callout", "ausgehend", "dialout")
DIRECTIONS = dict.fromkeys(_INCOMING, Direction.INCOMING) | dict.fromkeys(_OUTGOING, Direction.OUTGOING)
"""By the letters of the word, in lower case."""
DIRECTION_STEMS = {
    **dict.fromkeys(("incoming", "inbound", "вхідн", "входящ", "przychodz", "eingehend"), Direction.INCOMING),
    **dict.fromkeys(("outgoing", "outbound", "вихідн", "исходящ", "wychodz", "ausgehend"), Direction.OUTGOING),
}
"""Beginnings of words that name a direction, whatever their endings."""

STATUS_WORDS: dict[str, tuple[str, ...]] = {
    "ANSWERED": (
        *("ANSWER", "ВІДПОВІЛИ", "ВІДПОВІВ", "ВІДПОВІЛА", "ВІДПОВІДЬ", "ПРИЙНЯТИЙ", "ПРИЙНЯТО", "УСПІШНИЙ"),
        *("ОТВЕЧЕН", "ОТВЕЧЕНО", "ОТВЕЧЕННЫЙ", "ОТВЕТИЛИ", "ОТВЕТИЛ", "ОТВЕТ", "ПРИНЯТ", "ПРИНЯТО", "ПРИНЯТЫЙ"),
        *("УСПЕШНЫЙ", "ODEBRANE", "ODEBRANY", "ODEBRANO", "ANGENOMMEN", "BEANTWORTET"),
    ),
    "PROPER": ("TARGET", "TARGETED", "ЦІЛЬОВИЙ", "ЦЕЛЕВОЙ", "DOCELOWE"),
    "REPEATED": ("REPEAT", "ПОВТОРНИЙ", "ПОВТОРНЫЙ", "POWTÓRNE"),
    "NO ANSWER": (
        *("NOANSWER", "UNANSWERED", "NOT ANSWERED", "NOTANSWERED", "NO ANSWERED", "MISSED", "NO RESPONSE"),
        *("NO REPLY", "CANCEL", "CANCELED", "CANCELLED", "ABANDONED", "NOT PICKED UP"),
        *("ПРОПУЩЕНИЙ", "ПРОПУЩЕНО", "НЕ ВІДПОВІЛИ", "НЕ ВІДПОВІВ", "НЕ ВІДПОВІЛА", "НЕМАЄ ВІДПОВІДІ"),
        *("БЕЗ ВІДПОВІДІ", "НЕ ПРИЙНЯТИЙ", "НЕПРИЙНЯТИЙ", "НЕДОЗВОН", "СКАСОВАНО", "СКАСОВАНИЙ"),
        *("ПРОПУЩЕННЫЙ", "ПРОПУЩЕН", "ПРОПУЩЕНО", "НЕ ОТВЕЧЕН", "НЕ ОТВЕЧЕНО", "НЕОТВЕЧЕННЫЙ", "НЕ ОТВЕТИЛИ"),
        *("НЕ ОТВЕТИЛ", "НЕТ ОТВЕТА", "БЕЗ ОТВЕТА", "НЕ ПРИНЯТ", "НЕПРИНЯТЫЙ", "ОТМЕНЕН", "ОТМЕНЁН"),
        *("NIEODEBRANE", "NIEODEBRANY", "NIE ODEBRANE", "NIE ODEBRANO", "BRAK ODPOWIEDZI", "BEZ ODPOWIEDZI"),
        *("VERPASST", "NICHT ANGENOMMEN", "NICHT BEANTWORTET", "KEINE ANTWORT"),
    ),
    "BUSY": ("LINE BUSY", "ЗАЙНЯТО", "ЗАЙНЯТИЙ", "ЗАНЯТО", "ЗАНЯТ", "ZAJĘTE", "ZAJĘTY", "BESETZT"),
    "FAILED": ("FAIL", "CONGESTION", "CHANUNAVAIL", "ПОМИЛКА", "НЕВДАЛИЙ", "ОШИБКА", "НЕУДАЧНЫЙ", "NIEUDANE", "BŁĄD"),
    "NO FORWARD": ("NOFORWARD",),
    "VOICEMAIL": (
        *("VOICE MAIL", "VOICE MESSAGE", "MAILBOX", "ANSWERING MACHINE", "ГОЛОСОВА ПОШТА", "АВТОВІДПОВІДАЧ"),
        *("ГОЛОСОВАЯ ПОЧТА", "АВТООТВЕТЧИК", "POCZTA GŁOSOWA", "SEKRETARKA", "ANRUFBEANTWORTER"),
    ),
    "WRONG EXTENSION": ("WRONGEXTENSION",),
    "NO EXTENSION": ("NOEXTENSION",),
    "CLIENT NO ANSWER": ("CLIENTNOANSWER", "КЛІЄНТ НЕ ВІДПОВІВ", "КЛИЕНТ НЕ ОТВЕТИЛ"),
    "FAILED FORBIDDEN DESTINATION": ("FAILEDFORBIDDENDESTINATION", "FORBIDDEN DESTINATION"),
    "DECLINE": (
        *("DECLINED", "REJECT", "REJECTED", "ВІДХИЛЕНО", "ВІДХИЛЕНИЙ", "СКИНУТО", "ОТКЛОНЕН", "ОТКЛОНЁН"),
        *("ОТКЛОНЕННЫЙ", "ОТКЛОНЁННЫЙ", "СБРОШЕН", "ODRZUCONE", "ABGELEHNT"),
    ),
    "IN PROGRESS": ("INPROGRESS", "В ПРОЦЕСІ", "В ПРОЦЕССЕ", "W TOKU"),
    "CALLING": ("RINGING", "RING", "DIALING", "DIALLING", "ДЗВОНИТЬ", "ЗВОНИТ"),
}
"""Ringostat's statuses (help centre, article 6413217), and other words for them, in upper case with single spaces."""

STATUS_SPELLINGS = {word: status for status, words in STATUS_WORDS.items() for word in words}
CALL_WORDS = frozenset(("CALL", "ДЗВІНОК", "ВИКЛИК", "ЗВОНОК", "ВЫЗОВ", "POŁĄCZENIE", "POLACZENIE", "ROZMOWA", "ANRUF"))
"""Words that add nothing to a status or a direction: "missed call"."""

DIRECTIONS_OF_KINDS = {
    EventKind.BEFORE_CALL: Direction.INCOMING,
    EventKind.FORWARDING: Direction.INCOMING,
    EventKind.TAKING_CALL: Direction.INCOMING,
    EventKind.AFTER_CALL: Direction.INCOMING,
    EventKind.BEFORE_OUTGOING_CALL: Direction.OUTGOING,
    EventKind.AFTER_OUTGOING_CALL: Direction.OUTGOING,
}

ANALYSIS: dict[str, tuple[str, ...]] = {
    "summary": ("summary", "brief_summary", "call_summary", "ai_summary"),
    "client_mood": ("client_mood", "customer_mood"),
    "employee_mood": ("employee_mood", "manager_mood"),
    "call_mood": ("call_mood", "overall_mood", "general_mood"),
    "score": ("dialogue_quality_score", "quality_score"),
    "details": ("dialogue_quality_details", "quality_details"),
    "transcript": ("transcript", "transcript_url", "vtt", "vtt_url", "vtt_link", "vtt_file"),
    "action_1": ("recommended_action", "recommended_actions"),
}
NUMBERED_ACTION = r"(?:recommended_)?actions?_?(\d{1,2})"
"""recommended_action_3 → action_3."""

RATING: dict[str, tuple[str, ...]] = {
    "category": ("category_name", "category_number"),
    "category_mark": ("category_mark",),
    "employee_mark": ("employee_mark",),
}

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
"""In the order of pages and comments."""

EMPTY = frozenset({"", "(not set)", "not set", "null", "undefined", "nan"})
"""Words for "nothing", in lower case. `(direct)` and `(none)` are not among them: they have a meaning in analytics."""

NOBODY = frozenset({"-1", "0"})
"""Words for "nothing" in place of an employee's ID or a mark."""

FLAGS = dict.fromkeys(("1", "true", "yes", "y", "on", "так", "да", "tak"), True) | dict.fromkeys(
    ("0", "false", "no", "n", "off", "ні", "нет", "nie"), False
)
