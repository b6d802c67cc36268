"""The rules as one table: each row is a call, the customer's settings, and the decision."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.employees import Employee
from integrations.domain.reasons import Reason
from integrations.domain.rules import Author, CallTarget, CustomerRules, DeliveryPlan, Skip, decide, plan_of_delivered

IRYNA = Employee(
    key=1,
    name="Iryna Bondar",
    planfix_user_id=5,
    staff_id="331851",
    sip_logins=("acmecom_iryna", "+380631112233"),
    extension="101",
    email="iryna@example.com",
)
OLEH = Employee(
    key=2,
    name="Oleh Tkachenko",
    planfix_user_id=6,
    staff_id="331852",
    sip_logins=("acmecom_oleh", "0632223344"),
    extension="102",
    participates=False,
)
BOSS = Employee(key=3, name="Olena Boss", planfix_user_id=7, participates=False)

CLIENT = "+380671234567"
LINE = "+380442223344"

RULES = CustomerRules(
    region="UA", employees=(IRYNA, OLEH), ignored_numbers=frozenset({"+380509999999"}), create_contacts=True
)
WITH_FALLBACK = replace(RULES, fallback=BOSS)

INCOMING = CallFacts(
    ringostat_id="1.1",
    is_final=True,
    call_type="in",
    direction=Direction.INCOMING,
    status="ANSWERED",
    talk_seconds=3,
    destination="380442223344",
    e164=CLIENT,
    userfield="380671234567",
    connected_with="acmecom_iryna",
    line_name="Main site",
)
MISSED = replace(INCOMING, status="NO ANSWER", talk_seconds=0, connected_with="")
OUTGOING = CallFacts(
    ringostat_id="1.2",
    is_final=True,
    call_type="out",
    direction=Direction.OUTGOING,
    status="ANSWERED",
    talk_seconds=23,
    caller='"Iryna" <acmecom_iryna>',
    destination="380671234567",
    outbound_number="380442223344",
    line_name="Main site",
)
UNANSWERED = replace(OUTGOING, status="NO ANSWER", talk_seconds=0)
NEWCOMER = {"staff_id": "999999", "employee_name": "New Comer"}

ANSWERED_INCOMING = DeliveryPlan(
    direction=Direction.INCOMING,
    outcome=Outcome.ANSWERED,
    client_number=CLIENT,
    line_number=LINE,
    line_name="Main site",
    employee=IRYNA,
    author=Author.EMPLOYEE,
    may_create_contact=True,
)
MISSED_INCOMING = replace(ANSWERED_INCOMING, outcome=Outcome.MISSED, employee=None, author=Author.CONTACT)
ANSWERED_OUTGOING = replace(ANSWERED_INCOMING, direction=Direction.OUTGOING)
UNANSWERED_OUTGOING = replace(ANSWERED_OUTGOING, outcome=Outcome.MISSED, may_create_contact=False)


def row(name: str, facts: CallFacts, due: DeliveryPlan | Skip, rules: CustomerRules = RULES) -> object:
    return pytest.param(facts, rules, due, id=name)


def skip(reason: Reason, detail: str = "") -> Skip:
    return Skip(reason=reason, detail=detail)


OUTCOMES_AND_AUTHORS = [
    row("incoming answered: in the employee's name", INCOMING, ANSWERED_INCOMING),
    row("incoming missed: in the contact's name, no employee needed", MISSED, MISSED_INCOMING),
    row("outgoing answered: in the employee's name", OUTGOING, ANSWERED_OUTGOING),
    row("outgoing unanswered: in the employee's name, creates nobody", UNANSWERED, UNANSWERED_OUTGOING),
    row("target call is answered", replace(INCOMING, status="PROPER"), ANSWERED_INCOMING),
    row("repeated call is answered", replace(INCOMING, status="REPEATED"), ANSWERED_INCOMING),
    row("busy is missed", replace(MISSED, status="BUSY"), MISSED_INCOMING),
    row(
        "voicemail is missed though it has talk time",
        replace(MISSED, status="VOICEMAIL", talk_seconds=18),
        MISSED_INCOMING,
    ),
    row("unknown status with talk time is answered", replace(INCOMING, status="NEWWORD"), ANSWERED_INCOMING),
    row("unknown status without talk time is missed", replace(MISSED, status="NEWWORD"), MISSED_INCOMING),
    row("callback is incoming", replace(INCOMING, call_type="callback"), ANSWERED_INCOMING),
    row("no direction named: a number called", replace(INCOMING, direction=None), ANSWERED_INCOMING),
    row("no direction named: a SIP login called", replace(OUTGOING, direction=None), ANSWERED_OUTGOING),
]

CLIENT_NUMBERS = [
    row("incoming: E164 before userfield", replace(INCOMING, userfield="380509999999"), ANSWERED_INCOMING),
    row("incoming: userfield without E164", replace(INCOMING, e164=""), ANSWERED_INCOMING),
    row(
        "incoming: caller without both",
        replace(INCOMING, e164="", userfield="", caller="0671234567"),
        ANSWERED_INCOMING,
    ),
    row("incoming: past a hidden E164", replace(INCOMING, e164="anonymous"), ANSWERED_INCOMING),
    row(
        "incoming: client, line and connected number all alike",
        replace(INCOMING, connected_with="380671234567", destination="380671234567", staff_id="331851"),
        replace(ANSWERED_INCOMING, line_number=""),
    ),
    row("outgoing: destination before userfield", replace(OUTGOING, userfield="380509999999"), ANSWERED_OUTGOING),
    row(
        "outgoing: userfield when a SIP login was dialled",
        replace(OUTGOING, destination="acmecom_iryna", userfield="380671234567", e164="+380509999999"),
        ANSWERED_OUTGOING,
    ),
    row("outgoing: then E164", replace(OUTGOING, destination="acmecom_iryna", e164=CLIENT), ANSWERED_OUTGOING),
    row(
        "outgoing callback: the client as caller, the employee as destination",
        replace(OUTGOING, caller="380671234567", destination="acmecom_iryna"),
        ANSWERED_OUTGOING,
    ),
    row(
        "foreign client keeps the foreign number",
        replace(INCOMING, e164="4915112345678"),
        replace(ANSWERED_INCOMING, client_number="+4915112345678"),
    ),
    row(
        "national number is of the customer's region",
        replace(INCOMING, e164="512 345 678"),
        replace(ANSWERED_INCOMING, client_number="+48512345678"),
        replace(RULES, region="PL"),
    ),
    row(
        "hidden number is skipped",
        replace(INCOMING, e164="", userfield="anonymous"),
        skip(Reason.HIDDEN_NUMBER, "anonymous"),
    ),
    row(
        "hidden number is skipped when missed and with fallback",
        replace(MISSED, e164="-1", userfield=""),
        skip(Reason.HIDDEN_NUMBER, "-1"),
        WITH_FALLBACK,
    ),
    row(
        "short number is skipped",
        replace(INCOMING, e164="", userfield="1580"),
        skip(Reason.UNUSABLE_NUMBER, "1580"),
    ),
    row(
        "no number at all is skipped",
        replace(INCOMING, e164="", userfield=""),
        skip(Reason.NO_CLIENT_NUMBER),
    ),
    row(
        "outgoing without a client is skipped, whatever our own number is",
        replace(OUTGOING, destination="", caller="380631112233"),
        skip(Reason.NO_CLIENT_NUMBER),
    ),
]

INTERNAL_AND_IGNORED = [
    row(
        "SIP to SIP is internal",
        replace(INCOMING, e164="", userfield="", caller='"I" <acmecom_iryna>', destination="acmecom_oleh"),
        skip(Reason.INTERNAL_CALL, '"I" <acmecom_iryna>'),
    ),
    row(
        "outgoing SIP to SIP is internal",
        replace(OUTGOING, destination="acmecom_oleh"),
        skip(Reason.INTERNAL_CALL, "acmecom_oleh"),
    ),
    row(
        "unknown SIP to SIP is internal, not an unknown employee",
        replace(OUTGOING, caller="acmecom_x", destination="acmecom_y"),
        skip(Reason.INTERNAL_CALL, "acmecom_y"),
        WITH_FALLBACK,
    ),
    row(
        "an employee's mobile calling in is internal",
        replace(INCOMING, e164="+380631112233"),
        skip(Reason.INTERNAL_CALL, "+380631112233"),
    ),
    row(
        "a non-participating employee's mobile is internal too",
        replace(MISSED, e164="380632223344"),
        skip(Reason.INTERNAL_CALL, "380632223344"),
    ),
    row(
        "an employee's extension dialled is internal",
        replace(OUTGOING, destination="102"),
        skip(Reason.INTERNAL_CALL, "102"),
    ),
    row(
        "ignored number is skipped",
        replace(INCOMING, e164="380509999999"),
        skip(Reason.IGNORED_NUMBER, "380509999999"),
    ),
    row(
        "ignored number is skipped when dialled",
        replace(UNANSWERED, destination="0509999999"),
        skip(Reason.IGNORED_NUMBER, "0509999999"),
        WITH_FALLBACK,
    ),
    row(
        "ignored beats unknown employee",
        replace(INCOMING, e164="+380509999999", connected_with="acmecom_newcomer"),
        skip(Reason.IGNORED_NUMBER, "+380509999999"),
    ),
    row(
        "internal beats ignored",
        replace(INCOMING, e164="+380631112233"),
        skip(Reason.INTERNAL_CALL, "+380631112233"),
        replace(RULES, ignored_numbers=frozenset({"+380631112233"})),
    ),
]

NEWCOMER_SEEN = "New Comer (staff id 999999, SIP acmecom_newcomer)"
FOR_NEWCOMER = {"employee": BOSS, "fallback_for": NEWCOMER_SEEN}
FOR_OLEH = {"employee": BOSS, "fallback_for": OLEH.name}
NAMESAKES = replace(RULES, employees=(IRYNA, replace(IRYNA, key=4, staff_id="", sip_logins=())))
BY_ONE_OF_TWO = replace(INCOMING, connected_with="", extension="101")
OLEH_SEEN = "staff id 331852, SIP acmecom_iryna"
BY_NEWCOMER = replace(INCOMING, connected_with="acmecom_newcomer", **NEWCOMER)
DIALLED_BY_NEWCOMER = replace(OUTGOING, caller='"N" <acmecom_newcomer>', **NEWCOMER)
UNANSWERED_BY_NEWCOMER = replace(UNANSWERED, caller='"N" <acmecom_newcomer>', **NEWCOMER)

EMPLOYEES = [
    row("unknown employee answered", BY_NEWCOMER, skip(Reason.UNKNOWN_EMPLOYEE, NEWCOMER_SEEN)),
    row("unknown employee dialled", DIALLED_BY_NEWCOMER, skip(Reason.UNKNOWN_EMPLOYEE, NEWCOMER_SEEN)),
    row("unknown employee dialled in vain", UNANSWERED_BY_NEWCOMER, skip(Reason.UNKNOWN_EMPLOYEE, NEWCOMER_SEEN)),
    row("nobody named, but answered", replace(INCOMING, connected_with=""), skip(Reason.UNKNOWN_EMPLOYEE)),
    row("unknown employee answered, fallback", BY_NEWCOMER, replace(ANSWERED_INCOMING, **FOR_NEWCOMER), WITH_FALLBACK),
    row(
        "unknown employee dialled, fallback",
        DIALLED_BY_NEWCOMER,
        replace(ANSWERED_OUTGOING, **FOR_NEWCOMER),
        WITH_FALLBACK,
    ),
    row(
        "unknown employee dialled in vain, fallback",
        UNANSWERED_BY_NEWCOMER,
        replace(UNANSWERED_OUTGOING, **FOR_NEWCOMER),
        WITH_FALLBACK,
    ),
    row("unknown employee missed an incoming call", replace(MISSED, **NEWCOMER), MISSED_INCOMING),
    row("missed incoming needs no fallback", MISSED, MISSED_INCOMING, WITH_FALLBACK),
    row(
        "employee missed an incoming call: known, but it stays the contact's",
        replace(MISSED, staff_id="331851"),
        replace(MISSED_INCOMING, employee=IRYNA),
    ),
    row("non-participating employee missed an incoming call", replace(MISSED, staff_id="331852"), MISSED_INCOMING),
    row(
        "non-participating employee missed an incoming call, fallback",
        replace(MISSED, staff_id="331852"),
        MISSED_INCOMING,
        WITH_FALLBACK,
    ),
    row(
        "non-participating employee answered",
        replace(INCOMING, connected_with="acmecom_oleh"),
        skip(Reason.EMPLOYEE_NOT_PARTICIPATING, "SIP acmecom_oleh"),
    ),
    row(
        "non-participating employee dialled",
        replace(OUTGOING, caller="acmecom_oleh"),
        skip(Reason.EMPLOYEE_NOT_PARTICIPATING, "SIP acmecom_oleh"),
    ),
    row(
        "non-participating employee dialled in vain",
        replace(UNANSWERED, caller="acmecom_oleh"),
        skip(Reason.EMPLOYEE_NOT_PARTICIPATING, "SIP acmecom_oleh"),
    ),
    row(
        "non-participating employee answered, fallback",
        replace(INCOMING, connected_with="acmecom_oleh"),
        replace(ANSWERED_INCOMING, **FOR_OLEH),
        WITH_FALLBACK,
    ),
    row(
        "non-participating employee dialled, fallback",
        replace(OUTGOING, caller="acmecom_oleh"),
        replace(ANSWERED_OUTGOING, **FOR_OLEH),
        WITH_FALLBACK,
    ),
    row("one of two answered", BY_ONE_OF_TWO, skip(Reason.AMBIGUOUS_EMPLOYEE, "extension 101"), NAMESAKES),
    row(
        "one of two answered, fallback",
        BY_ONE_OF_TWO,
        replace(ANSWERED_INCOMING, employee=BOSS, fallback_for="extension 101"),
        replace(NAMESAKES, fallback=BOSS),
    ),
    row(
        "nobody named, but answered, fallback",
        replace(INCOMING, connected_with=""),
        replace(ANSWERED_INCOMING, employee=BOSS, fallback_for=""),
        WITH_FALLBACK,
    ),
    row("participating employee does not need the fallback", INCOMING, ANSWERED_INCOMING, WITH_FALLBACK),
    row(
        "staff id before SIP login",
        replace(INCOMING, staff_id="331852"),
        skip(Reason.EMPLOYEE_NOT_PARTICIPATING, OLEH_SEEN),
    ),
    row("SIP login before extension", replace(INCOMING, extension="102"), ANSWERED_INCOMING),
    row("by extension", replace(INCOMING, connected_with="", extension="101"), ANSWERED_INCOMING),
    row("by e-mail", replace(INCOMING, connected_with="", employee_email="IRYNA@example.com"), ANSWERED_INCOMING),
    row("by full name", replace(INCOMING, connected_with="", employee_name="bondar iryna"), ANSWERED_INCOMING),
    row("by the mobile the call was forwarded to", replace(INCOMING, connected_with="0631112233"), ANSWERED_INCOMING),
]


@pytest.mark.parametrize(
    ("facts", "rules", "due"), [*OUTCOMES_AND_AUTHORS, *CLIENT_NUMBERS, *INTERNAL_AND_IGNORED, *EMPLOYEES]
)
def test_rules_decide_each_call_as_listed(facts: CallFacts, rules: CustomerRules, due: DeliveryPlan | Skip) -> None:
    assert decide(facts, rules) == due


SWITCHES = {
    "incoming answered": (INCOMING, "create_for_incoming_answered"),
    "incoming missed": (MISSED, "create_for_incoming_missed"),
    "outgoing answered": (OUTGOING, "create_for_outgoing_answered"),
}
SWITCH_NAMES = [switch for _, switch in SWITCHES.values()]


@pytest.mark.parametrize("scenario", SWITCHES)
def test_contact_may_be_created_when_only_the_switch_of_its_kind_is_on(scenario: str) -> None:
    facts, own = SWITCHES[scenario]
    rules = replace(RULES, **{switch: switch == own for switch in SWITCH_NAMES})

    assert decided(facts, rules).may_create_contact is True


@pytest.mark.parametrize("scenario", SWITCHES)
def test_no_contact_is_created_when_only_the_switch_of_its_kind_is_off(scenario: str) -> None:
    facts, own = SWITCHES[scenario]
    rules = replace(RULES, **{own: False})

    assert decided(facts, rules).may_create_contact is False


@pytest.mark.parametrize("facts", [INCOMING, MISSED, OUTGOING, UNANSWERED])
def test_no_contact_is_created_when_creation_is_off(facts: CallFacts) -> None:
    assert decided(facts, replace(RULES, create_contacts=False)).may_create_contact is False


def test_no_contact_is_created_with_a_number_that_cannot_exist() -> None:
    plan = decided(replace(INCOMING, e164="380000000000", userfield="", caller="380000000000"), RULES)

    assert (plan.client_number, plan.may_create_contact, plan.is_dialable) == ("+380000000000", False, False)


@pytest.mark.parametrize("switches", list(product([True, False], repeat=3)))
def test_an_unanswered_outgoing_call_never_creates_a_contact(switches: tuple[bool, ...]) -> None:
    rules = replace(RULES, **dict(zip(SWITCH_NAMES, switches, strict=True)))

    assert decided(UNANSWERED, rules).may_create_contact is False


def test_default_settings_create_no_contacts_and_write_to_the_contact() -> None:
    rules = CustomerRules(region="UA")

    assert (rules.create_contacts, rules.call_target, rules.fallback) == (False, CallTarget.CONTACT, None)


def decided(facts: CallFacts, rules: CustomerRules) -> DeliveryPlan:
    due = decide(facts, rules)
    assert isinstance(due, DeliveryPlan)
    return due


OFFICE = "+380443334455"


@pytest.mark.parametrize(
    "facts",
    [
        replace(INCOMING, e164=OFFICE, userfield="380443334455"),
        replace(MISSED, e164="", userfield="", caller="044 333-44-55", destination="380442223344"),
        replace(OUTGOING, caller="", destination="0443334455", connected_with="acmecom_iryna"),
    ],
)
def test_call_of_an_own_number_is_internal(facts: CallFacts) -> None:
    rules = replace(RULES, own_numbers=frozenset({OFFICE}))
    assert isinstance(decide(facts, RULES), DeliveryPlan)
    assert decide(facts, rules) == Skip(
        reason=Reason.INTERNAL_CALL, detail=facts.e164 or facts.caller or facts.destination
    )


def test_plan_of_a_delivered_call_needs_no_employee() -> None:
    facts = replace(INCOMING, connected_with="acmecom_stranger")
    assert isinstance(decide(facts, RULES), Skip)
    plan = plan_of_delivered(facts, RULES)
    assert isinstance(plan, DeliveryPlan)
    assert (plan.outcome, plan.employee) == (Outcome.ANSWERED, None)
