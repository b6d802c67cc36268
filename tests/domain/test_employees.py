"""Which employee talked, by the most reliable clue of the call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.domain.calls import CallFacts, Direction
from integrations.domain.employees import Employee, EmployeeMatch, is_employees_number, match_employee

IRYNA = Employee(
    key=1,
    name="Iryna Bondar",
    planfix_user_id=5,
    staff_id="331851",
    sip_logins=("acmecom_iryna", "+380 63 111-22-33"),
    extension="101",
    email="iryna@example.com",
)
OLEH = Employee(
    key=2,
    name="Oleh Tkachenko",
    planfix_user_id=6,
    staff_id="331852",
    sip_logins=("acmecom_oleh",),
    extension="102",
    email="oleh@example.com",
)
MARIA = Employee(key=3, name="Мар’яна Семёнова", planfix_user_id=7, extension="103", email="m@example.com")
EVERYONE = (IRYNA, OLEH, MARIA)
CLIENT = "+380671234567"


def incoming(**fields: str) -> CallFacts:
    return CallFacts(ringostat_id="1", direction=Direction.INCOMING, e164=CLIENT, **fields)  # type: ignore[arg-type]


def outgoing(**fields: str) -> CallFacts:
    fields = {"destination": CLIENT, **fields}
    return CallFacts(ringostat_id="1", direction=Direction.OUTGOING, **fields)  # type: ignore[arg-type]


def match(facts: CallFacts, *employees: Employee) -> EmployeeMatch:
    return match_employee(facts, employees or EVERYONE, "UA")


@pytest.mark.parametrize(
    ("facts", "by"),
    [
        pytest.param(incoming(staff_id="331851"), "staff_id", id="staff id"),
        pytest.param(incoming(connected_with="acmecom_iryna"), "sip_login", id="incoming: who was connected"),
        pytest.param(incoming(connected_with="ACMEcom_Iryna"), "sip_login", id="incoming: in capitals"),
        pytest.param(incoming(destination="acmecom_iryna"), "sip_login", id="callback: a login as destination"),
        pytest.param(incoming(caller='"I" <acmecom_iryna>'), "sip_login", id="callback: a login as caller"),
        pytest.param(incoming(connected_with="380631112233"), "sip_login", id="incoming: forwarded to a mobile"),
        pytest.param(outgoing(caller='"Iryna" <acmecom_iryna>'), "sip_login", id="outgoing: the caller"),
        pytest.param(outgoing(caller="&quot;I&quot; &lt;acmecom_iryna&gt;"), "sip_login", id="outgoing: escaped"),
        pytest.param(outgoing(caller='"I" <380631112233>'), "sip_login", id="outgoing: from a listed number"),
        pytest.param(outgoing(connected_with="acmecom_iryna"), "sip_login", id="outgoing: who was connected"),
        pytest.param(incoming(extension="101"), "extension", id="extension"),
        pytest.param(incoming(employee_email="Iryna@Example.com"), "email", id="e-mail in any case"),
        pytest.param(incoming(employee_name="Iryna Bondar"), "name", id="name"),
        pytest.param(incoming(employee_name="BONDAR  iryna"), "name", id="name: order, case and spaces"),
        pytest.param(incoming(employee_name="Bondar Iryna Petrivna"), "name", id="name: with a patronymic"),
    ],
)
def test_employee_is_matched_by_each_kind_of_clue(facts: CallFacts, by: str) -> None:
    found = match(facts)

    assert (found.employee, found.by, found.ambiguous) == (IRYNA, by, False)


STRONGEST_FIRST = [
    ("staff_id", {"staff_id": "{0.staff_id}"}),
    ("sip_login", {"connected_with": "{0.sip_logins[0]}"}),
    ("extension", {"extension": "{0.extension}"}),
    ("email", {"employee_email": "{0.email}"}),
    ("name", {"employee_name": "{0.name}"}),
]


@pytest.mark.parametrize("rank", range(len(STRONGEST_FIRST) - 1))
def test_stronger_clue_to_an_employee_beats_all_weaker_ones(rank: int) -> None:
    (by, stronger), *weaker = STRONGEST_FIRST[rank:]
    fields = {field: text.format(OLEH) for _, clue in weaker for field, text in clue.items()}
    fields |= {field: text.format(IRYNA) for field, text in stronger.items()}

    found = match(incoming(**fields))

    assert (found.employee, found.by) == (IRYNA, by)


@pytest.mark.parametrize("rank", range(1, len(STRONGEST_FIRST)))
def test_weaker_clue_decides_when_no_employee_has_the_stronger_one(rank: int) -> None:
    by, clue = STRONGEST_FIRST[rank]
    fields = {field: "acmecom_stranger" for _, stronger in STRONGEST_FIRST[1:rank] for field in stronger}
    fields |= {field: text.format(IRYNA) for field, text in clue.items()}

    found = match(incoming(**fields))

    assert (found.employee, found.by) == (IRYNA, by)


def test_dialling_side_of_an_outgoing_call_decides_before_the_connected_one() -> None:
    assert match(outgoing(caller="acmecom_oleh", connected_with="acmecom_iryna")).employee == OLEH


def test_connected_side_of_an_incoming_call_decides_before_the_other_fields() -> None:
    facts = incoming(connected_with="acmecom_oleh", destination="acmecom_iryna", caller="acmecom_iryna")

    assert match(facts).employee == OLEH


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(incoming(connected_with="+380671234567"), id="incoming: connected_with repeats the client"),
        pytest.param(outgoing(connected_with="380671234567"), id="smart phone: connected_with is the client"),
        pytest.param(incoming(destination="380671234567"), id="incoming: destination repeats the client"),
    ],
)
def test_clients_own_number_matches_no_employee(facts: CallFacts) -> None:
    listed = Employee(key=9, name="Own", planfix_user_id=9, sip_logins=("0671234567",))

    assert match(facts, listed).employee is None


def test_called_number_matches_no_employee() -> None:
    assert match(incoming(destination="380631112233")).employee is None


@pytest.mark.parametrize("none", ["", " "])
def test_empty_staff_id_matches_no_employee(none: str) -> None:
    unfinished = Employee(key=9, name="", planfix_user_id=9, staff_id=none, sip_logins=("",))

    found = match(incoming(staff_id=none, extension=none, connected_with=""), unfinished)

    assert (found.employee, found.seen) == (None, "")


@pytest.mark.parametrize(
    ("configured", "seen"),
    [
        ("Мар’яна Семёнова", "Семенова Мар'яна"),
        ("Мар’яна Семёнова", "Марʼяна Семе\u0308нова"),
        ("Мар`яна Семенова", "Мар´яна СЕМЁНОВА"),
        ("Олександр Петрович Коваль", "Коваль Олександр"),
        ("Anna-Maria Nowak", "Nowak Anna-Maria"),
        ("Call-center", "call-center"),
    ],
)
def test_spellings_of_one_employee_name_match(configured: str, seen: str) -> None:
    employee = Employee(key=9, name=configured, planfix_user_id=9)

    assert match(incoming(employee_name=seen), employee).employee == employee


@pytest.mark.parametrize(
    ("configured", "seen"),
    [
        ("Iryna Bondar", "Iryna"),
        ("Iryna", "Iryna Bondar"),
        ("Iryna Petrivna Bondar", "Iryna Ivanivna Bondar"),
        ("Anna Nowak", "Anna-Maria Nowak"),
        ("", "Iryna Bondar"),
    ],
)
def test_different_employee_names_do_not_match(configured: str, seen: str) -> None:
    assert match(incoming(employee_name=seen), Employee(key=9, name=configured, planfix_user_id=9)).employee is None


def namesake(key: int, **fields: str) -> Employee:
    return Employee(key=key, name="Iryna Bondar", planfix_user_id=key, **fields)  # type: ignore[arg-type]


def test_name_of_several_employees_matches_none() -> None:
    found = match(incoming(employee_name="Iryna Bondar"), namesake(1), namesake(2))

    assert (found.employee, found.ambiguous) == (None, True)


def test_full_employee_name_is_not_ambiguous_with_a_longer_one() -> None:
    longer = Employee(key=2, name="Iryna Petrivna Bondar", planfix_user_id=2)

    assert match(incoming(employee_name="Iryna Bondar"), longer, namesake(1)).employee == namesake(1)


def test_weaker_clue_chooses_among_employees_that_share_a_stronger_one() -> None:
    one, other = namesake(1, extension="101"), Employee(key=2, name="Oleh", planfix_user_id=2, extension="101")

    assert match(incoming(extension="101", employee_name="Oleh"), one, other).employee == other


def test_weaker_clue_chooses_no_employee_without_the_stronger_one() -> None:
    sharing = [namesake(1, extension="101"), namesake(2, extension="101")]

    assert match(incoming(extension="101", employee_name="Oleh Tkachenko"), *sharing, OLEH).employee is None


@pytest.mark.parametrize("clue", [{"extension": "101"}, {"employee_email": IRYNA.email}, {"employee_name": IRYNA.name}])
def test_unknown_staff_id_is_not_overridden_by_clues_that_people_share(clue: dict[str, str]) -> None:
    assert match(incoming(staff_id="999999", **clue)).employee is None


def test_unknown_staff_id_does_not_hide_a_known_login() -> None:
    assert match(incoming(staff_id="999999", connected_with="acmecom_iryna")).employee == IRYNA


def test_unknown_staff_id_may_belong_to_an_employee_stored_without_one() -> None:
    assert match(incoming(staff_id="999999", employee_email="m@example.com")).employee == MARIA


@pytest.mark.parametrize(
    ("facts", "seen"),
    [
        pytest.param(
            incoming(staff_id="999999", connected_with="acmecom_newcomer", employee_name="New Comer"),
            "New Comer (staff id 999999, SIP acmecom_newcomer)",
            id="name, staff id and login",
        ),
        pytest.param(
            incoming(extension="109", employee_email="new@example.com"),
            "extension 109, new@example.com",
            id="no name",
        ),
        pytest.param(incoming(employee_name="New Comer"), "New Comer", id="only a name"),
        pytest.param(incoming(connected_with="0631119999"), "number +380631119999", id="a forwarding number"),
        pytest.param(incoming(destination="380442223344"), "", id="nobody"),
    ],
)
def test_unmatched_employee_is_described_as_the_event_names_them(facts: CallFacts, seen: str) -> None:
    assert match(facts).seen == seen


@pytest.mark.parametrize("raw", ["101", "0631112233", "acmecom_oleh"])
def test_extension_and_phones_of_an_employee_are_recognised(raw: str) -> None:
    assert is_employees_number(raw, EVERYONE, "UA")


@pytest.mark.parametrize("raw", ["", "109", "+380671234567", "acmecom_newcomer"])
def test_other_numbers_are_not_recognised_as_an_employees(raw: str) -> None:
    assert not is_employees_number(raw, EVERYONE, "UA")


@pytest.mark.parametrize("raw", ["", "1580"])
def test_unusable_login_of_an_employee_matches_no_unusable_number(raw: str) -> None:
    careless = Employee(key=9, name="Careless", planfix_user_id=9, sip_logins=("", "1"))

    assert not is_employees_number(raw, [careless], "UA")


MOVED = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
A = Employee(key=1, name="Anna Adamenko", planfix_user_id=5, extension="102")
B = Employee(key=2, name="Borys Bondar", planfix_user_id=6, extension="101", extension_since=MOVED)


@pytest.mark.parametrize(
    ("started_at", "found"),
    [(MOVED - timedelta(days=7), None), (MOVED, B), (MOVED + timedelta(days=1), B), (None, B)],
)
def test_moved_extension_belongs_to_the_new_employee_from_that_time(
    started_at: datetime | None, found: Employee | None
) -> None:
    facts = CallFacts(ringostat_id="1.1", direction=Direction.INCOMING, extension="101", exact_start=started_at)

    assert match(facts, A, B).employee == found


def test_call_before_an_extension_moved_matches_the_employee_by_name() -> None:
    week_ago = MOVED - timedelta(days=7)
    facts = CallFacts(ringostat_id="1.1", extension="101", employee_name="Anna Adamenko", exact_start=week_ago)

    assert match(facts, A, B).employee == A
