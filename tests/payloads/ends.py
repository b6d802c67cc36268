"""The expected end of each payload, for a customer with one contact (+380671234567): one row per file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from integrations.domain.reasons import Reason
from integrations.models import CallState, EventResult

IRYNA, OLEH = "user:5", "user:6"
KNOWN, NEW = "contact:known", "contact:new"
CALL, MISSED_CALL = "Call", "Missed call"


@dataclass(frozen=True, kw_only=True)
class End:
    """The content of the call log and of Planfix after the file is posted and everything due is delivered."""

    result: EventResult = EventResult.CALL
    why: str = ""
    """Why a request says nothing of a call; a part of the reason."""
    state: CallState | None = None
    """None: there is no call."""
    reason: str = ""
    contact: str = ""
    """Where the comment stands; every call with a comment has exactly one."""
    author: str = ""
    tag: str = ""
    type: str = ""
    new_contact: str = ""
    """The number, and so the name, of the one contact that the call has made."""
    links_recording: bool = False


def talked(author: str = IRYNA, **differs: object) -> End:
    end = End(state=CallState.DELIVERED, contact=KNOWN, author=author, tag=CALL, type="Incoming")
    return replace(end, **differs)  # type: ignore[arg-type]


def talked_with_new(number: str) -> End:
    return talked(contact=NEW, new_contact=number)


def missed_of_known() -> End:
    return talked(KNOWN, tag=MISSED_CALL)


def missed_of_new(number: str = "+380501112233") -> End:
    return talked(NEW, contact=NEW, tag=MISSED_CALL, new_contact=number)


def dialled(author: str = IRYNA, **differs: object) -> End:
    return talked(author, type="Outgoing", **differs)


def skipped(reason: Reason) -> End:
    return End(state=CallState.SKIPPED, reason=reason.value)


def unfinished() -> End:
    return End(state=CallState.IN_PROGRESS)


def ignored(why: str) -> End:
    return End(result=EventResult.IGNORED, why=why)


def not_understood(why: str) -> End:
    return End(result=EventResult.NOT_UNDERSTOOD, why=why)


ENDED = {
    "after_call__answered.json": talked(links_recording=True),
    "after_call__proper.form": talked(links_recording=True),
    "after_call__repeated_callback.json": talked(OLEH, links_recording=True),
    "after_call__no_answer.json": missed_of_new(),
    "after_call__noanswer_in_one_word.json": missed_of_new(),
    "after_call__no_answer_with_plus.json": missed_of_new(),
    "after_call__no_answer_with_link_without_recording.json": missed_of_new(),
    "after_call__busy_with_numbers.json": missed_of_new(),
    "after_call__failed.json": missed_of_new(),
    "after_call__no_forward.json": missed_of_new(),
    "after_call__no_forward_with_space.form": missed_of_new(),
    # Nobody listens to a voicemail as to a conversation: its recording stays in Ringostat's call card.
    "after_call__voicemail.json": missed_of_new(),
    "after_call__wrong_extension.json": missed_of_new(),
    "after_call__no_extension.json": missed_of_new(),
    "after_call__client_no_answer.json": missed_of_new(),
    "after_call__decline_lower_case.json": missed_of_new(),
    "after_call__in_progress.json": unfinished(),
    "after_call__calling.json": unfinished(),
    "after_call__unknown_status_talked.json": talked(),
    "after_call__unknown_status_not_talked.json": missed_of_new(),
    "after_call__no_status_talked.json": talked(),
    "after_call__null_status_not_talked.json": missed_of_new(),
}

DIRECTIONS = {
    "after_call__transit.json": talked(),
    "after_call__upper_case_type.json": talked(),
    "after_call__no_type.json": talked(),
    "after_call__outgoing_at_the_wrong_address.json": dialled(),
    "after_call__internal.json": skipped(Reason.INTERNAL_CALL),
}

NUMBERS = {
    "after_call__hidden_anonymous.json": skipped(Reason.HIDDEN_NUMBER),
    "after_call__hidden_restricted.json": skipped(Reason.HIDDEN_NUMBER),
    "after_call__hidden_unknown.form": skipped(Reason.HIDDEN_NUMBER),
    "after_call__hidden_empty.json": skipped(Reason.NO_CLIENT_NUMBER),
    "after_call__hidden_minus_one.json": skipped(Reason.HIDDEN_NUMBER),
    "after_call__foreign_number.json": talked_with_new("+48221234567"),
    "after_call__short_number.json": skipped(Reason.UNUSABLE_NUMBER),
    "after_call__number_with_extension.json": talked_with_new("+380441234567"),
    "after_call__number_of_the_caller_only.json": talked(),
    "after_call__number_as_integer.json": talked(),
}

EMPLOYEES = {
    "after_call__unknown_employee.json": skipped(Reason.UNKNOWN_EMPLOYEE),
    "after_call__employee_as_integer.json": talked(),
    "after_call__employee_by_extension_and_email.json": talked(),
    # Our employee is spelled in Latin letters; a guess at another spelling might be somebody else.
    "after_call__manager_name_only.form": skipped(Reason.UNKNOWN_EMPLOYEE),
}

NAMES = {
    # Iryna has the extension, but another staff id: she is somebody else.
    "after_call__documented_sample.json": skipped(Reason.UNKNOWN_EMPLOYEE),
    "after_call__own_names_in_braces.form": skipped(Reason.UNKNOWN_EMPLOYEE),
    "after_call__russian_and_ukrainian_keys.form": talked(),
    "after_call__several_names_of_one_fact.json": talked(),
    "after_call__upper_case_names.json": talked(),
    "after_call__tracking_entity.json": talked(),
    "after_call__empty_words.json": skipped(Reason.UNKNOWN_EMPLOYEE),
    "after_call__rating_and_minus_ones.json": talked(),
}

TIMES = {
    "after_call__milliseconds.json": talked(),
    "after_call__epoch_seconds.json": talked(),
    "after_call__iso_date_with_offset.json": talked(),
    "after_call__iso_date_in_utc.json": talked(),
    "after_call__dotted_date.form": talked(),
    "after_call__winter_date.json": talked(),
    "after_call__fractional_date.json": talked(),
    "after_call__nonsense_date.json": talked(),
    "after_call__nonsense_numbers.json": talked(),
    "after_call__decimal_numbers.json": talked(),
}

LINKS = {
    "after_call__answered_with_link_without_recording.json": talked(),
    "after_call__plain_http_recording.json": talked(links_recording=True),
    "after_call__old_ogg_recording.json": talked(links_recording=True),
    "after_call__recording_elsewhere.json": talked(),
    "after_call__recording_that_is_no_link.json": talked(),
}

SHAPES = {
    "after_call__json_rpc.json": talked(),
    "after_call__json_rpc_list.json": talked(),
    "after_call__json_list_of_one.json": talked(),
    "after_call__json_encoded_twice.json": talked(),
    "after_call__nested.json": talked(),
    "after_call__nested_as_string.json": talked(),
    "after_call__nested_as_string.form": talked(),
    "after_call__nested_in_brackets.form": talked(),
    "after_call__nested_employee.json": talked(),
    "after_call__html_escaped.json": talked(),
    "after_call__percent_encoded.json": missed_of_known(),
    "after_call__percent_encoded_with_plus.json": talked(),
    "after_call__get.query": talked(links_recording=True),
    "after_call__get_with_plain_plus.query": missed_of_known(),
    "after_call__put.json": talked(),
    "after_call__json_sent_as_form.json": talked(),
    "after_call__form_sent_as_json.form": talked(),
    "after_call__no_content_type.form": talked(),
    "after_call__static_parameters_in_the_address.json": talked(),
    "after_call__duplicate_keys.form": talked_with_new("+380931112233"),
    "after_call__multipart.txt": talked(),
    "after_call__byte_order_mark.json": talked(),
    "after_call__windows_1251.form": talked(),
    "after_call__windows_1251_undeclared.json": talked(),
    "after_call__nul_and_surrogates.json": talked(),
    "after_call__huge_values.json": talked(),
    "after_call__long_id.json": not_understood("longer than 64 characters"),
    "after_call__blank_id.json": not_understood("No parameter holds the call ID"),
    "after_call__no_id.json": not_understood("No parameter holds the call ID"),
}

OUTGOING = {
    "after_outgoing_call__answered.json": dialled(links_recording=True),
    # Nobody was there: it makes no contact.
    "after_outgoing_call__no_answer_html_escaped.json": skipped(Reason.UNKNOWN_CONTACT),
    "after_outgoing_call__forbidden_destination.json": skipped(Reason.UNUSABLE_NUMBER),
    "after_outgoing_call__started_by_callback.json": dialled(),
    "after_outgoing_call__smart_phone.json": dialled(),
    "after_outgoing_call__transit.form": dialled(),
    "after_outgoing_call__display_number.json": dialled(),
    "after_outgoing_call__no_type.json": dialled(),
}

ON_THE_WAY = {
    "before_call__incoming.json": unfinished(),
    "before_call__marketing.form": unfinished(),
    "forwarding__step.json": unfinished(),
    "taking_call__nulls.json": unfinished(),
    "taking_call__without_number_and_manager.form": unfinished(),
    "before_outgoing_call__without_id.json": not_understood("No parameter holds the call ID"),
    "before_outgoing_call__with_id.json": unfinished(),
}

LATER = {
    "call_rating__marks.json": unfinished(),
    "call_rating__category_by_name.form": unfinished(),
    "ai_processed__summary.json": unfinished(),
    "ai_processed__several_actions.json": unfinished(),
    "ai_processed__actions_as_list.json": unfinished(),
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
    "after_call__not_json.json": not_understood("not valid JSON"),
    "after_call__empty.txt": not_understood("no parameters"),
    "after_call__empty_object.json": not_understood("no parameters"),
    "after_call__json_list_of_two.json": not_understood("not one object"),
    "after_call__json_string.json": not_understood("not valid JSON"),
    "after_call__json_null.json": not_understood("neither a JSON object nor a form"),
    "after_call__plain_text.txt": not_understood("neither a JSON object nor a form"),
    "after_call__xml.txt": not_understood("neither a JSON object nor a form"),
    "after_call__deeply_nested.json": not_understood("nested too deeply"),
    "after_call__nested_seven_times.json": not_understood("nested too deeply"),
    "after_call__binary.txt": not_understood("neither a JSON object nor a form"),
}

ENDS: dict[str, End] = {
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
