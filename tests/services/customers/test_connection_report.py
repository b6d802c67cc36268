"""The lines of the check list about rules that cannot be kept in the customer's Planfix account."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.admin.customer.connection import connection_report
from integrations.models import AccountTrait, PhoneMatching, Recording, Secret, Target
from integrations.services.account_traits import FilesOnUpdate, NumberFormat, learn, traits_of
from integrations.services.customers.account_change import follow_change
from integrations.services.customers.connection_report import LIMITS as LIMITS_OF_ACCOUNT
from integrations.services.customers.connection_report import Check, Finding, limit_checks
from integrations.services.customers.connection_texts import sentence_and_steps
from tests.factories import PLANFIX_TOKEN, make_customer, make_specialist

pytestmark = pytest.mark.django_db

FULL_ONLY = frozenset({NumberFormat.FULL})
LIMITS: list[tuple[dict[str, Any], dict[str, Any], list[Finding]]] = [
    ({}, {}, []),
    ({"takes_call_tag": True, "honours_employee_author": True, "found_by": FULL_ONLY}, {}, []),
    ({"takes_call_tag": False}, {}, [Finding.CALL_TAG_REFUSED]),
    ({"takes_missed_call_tag": False}, {}, [Finding.MISSED_CALL_TAG_REFUSED]),
    ({"honours_employee_author": False}, {}, [Finding.AUTHOR_IGNORED]),
    ({"honours_contact_author": False}, {}, [Finding.CONTACT_AUTHOR_IGNORED]),
    ({"keeps_comment_time": False}, {}, [Finding.TIME_NOT_KEPT]),
    ({"keeps_html": False}, {}, [Finding.HTML_NOT_KEPT]),
    ({"takes_emoji": False}, {}, [Finding.EMOJI_NOT_KEPT]),
    ({"keeps_call_fields": False}, {}, [Finding.CALL_FIELDS_LOST]),
    ({"keeps_missed_call_fields": False}, {}, [Finding.MISSED_CALL_FIELDS_LOST]),
    ({"files_on_update": FilesOnUpdate.IGNORED}, {}, [Finding.FILES_NOT_ADDED]),
    ({"files_on_update": FilesOnUpdate.IGNORED}, {"recording": Recording.LINK}, []),
    ({"combines_filters": False}, {"phone_matching": PhoneMatching.ANY_FORMAT}, [Finding.FILTERS_NOT_COMBINED]),
    ({"combines_filters": False}, {}, []),
    ({"has_required_fields": True}, {}, [Finding.NEW_CONTACT_REFUSED]),
    ({"has_required_fields": True}, {"create_contacts": False}, []),
    ({"found_by": frozenset()}, {}, [Finding.NEW_CONTACT_NOT_FOUND]),
    ({"found_by": frozenset()}, {"create_contacts": False}, []),
    ({"finds_parts": False}, {"phone_matching": PhoneMatching.ANY_FORMAT}, [Finding.OTHER_FORMATS_MISSED]),
    ({"finds_parts": False}, {"phone_matching": PhoneMatching.FULL}, []),
    # A search that found the full number says nothing of other formats.
    ({"found_by": FULL_ONLY}, {"phone_matching": PhoneMatching.ANY_FORMAT}, []),
    ({"copies_recordings": False}, {}, [Finding.RECORDINGS_NOT_COPIED]),
    ({"copies_recordings": False}, {"recording": Recording.LINK}, []),
    ({"filters_tasks": False}, {"call_target": Target.LAST_ACTIVE_TASK}, [Finding.TASKS_MISSED]),
    ({"shows_active_tasks": False}, {"call_target": Target.LAST_ACTIVE_TASK}, [Finding.TASKS_MISSED]),
    ({"shows_active_tasks": False}, {"call_target": Target.CONTACT}, []),
]


@pytest.mark.parametrize(("traits", "settings_of_customer", "expected"), LIMITS)
def test_report_lists_rules_that_the_account_cannot_keep(
    traits: dict[str, Any], settings_of_customer: dict[str, Any], expected: list[Finding]
) -> None:
    customer = make_customer(**settings_of_customer)
    learn(customer, evidence="", **traits)

    assert [check.finding for check in limit_checks(customer)] == expected


def test_report_offers_an_own_data_tag_with_the_same_fields(client: Client) -> None:
    customer = make_customer()
    learn(customer, evidence="", takes_missed_call_tag=False)
    client.force_login(make_specialist())

    shown = client.get(reverse("admin:integrations_customer_change", args=[customer.pk])).content.decode()

    assert "these fields, in this order: Date and time, Type, Contact, External line, Contact phone" in shown
    assert not connection_report(customer).is_good


def test_choosing_another_data_tag_forgets_whether_planfix_takes_entries() -> None:
    customer = make_customer()
    learn(customer, evidence="", takes_call_tag=False, takes_emoji=False)
    customer.call_tag_id = 12
    follow_change(customer, given={"call_tag_id"})

    assert traits_of(customer).takes_call_tag is None
    assert [trait.name for trait in AccountTrait.objects.all()] == ["takes_emoji"]


def test_every_limit_of_an_account_has_a_sentence() -> None:
    for finding in LIMITS_OF_ACCOUNT:
        sentence, steps = sentence_and_steps(Check(finding=finding, names={"fields": "Date"}))
        assert "%" not in sentence
        assert sentence.endswith(".")
        assert all(step.endswith(".") or "→" in step for step in steps)


def test_new_token_forgets_whether_planfix_takes_other_authors() -> None:
    customer = make_customer()
    learn(customer, evidence="", honours_employee_author=False, keeps_html=False)
    customer.planfix_token = Secret.of(PLANFIX_TOKEN)
    follow_change(customer, given=())
    assert traits_of(customer).honours_employee_author is False

    customer.planfix_token = Secret.of("another token")
    follow_change(customer, given=())
    assert traits_of(customer).honours_employee_author is None
    assert traits_of(customer).keeps_html is False
