"""Decides which customers and calls a user may see. Every query of the call log and the API starts here."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.models import BackgroundJob, Call, Customer, JobFile

SPECIALISTS = "Specialists"
"""The group whose staff see all customers. integrations.users.roles creates it."""


def customers_visible_to(user: User | AnonymousUser) -> QuerySet[Customer]:
    """All customers for superusers and specialists. For others, the customers that name the user as a viewer."""
    if not user.is_active:
        return Customer.objects.none()
    if sees_all_customers(user):
        return Customer.objects.all()
    return Customer.objects.filter(viewers=user.pk)


def calls_visible_to(user: User | AnonymousUser) -> QuerySet[Call]:
    """The calls of the customers that the user may see."""
    customers = customers_visible_to(user)
    if user.is_active and sees_all_customers(user):
        return Call.objects.all()
    # A list of ids: with a subquery, PostgreSQL would read the calls of all customers to find the newest of one.
    return Call.objects.filter(customer__in=list(customers.values_list("pk", flat=True)))


def jobs_visible_to(user: User | AnonymousUser) -> QuerySet[BackgroundJob]:
    """The background jobs that the user started. Users who may act on calls also see the other jobs of their customers,
    whose sentences are written for specialists.
    """
    own = Q(asked_by=user.pk)
    theirs = Q(customer__in=customers_visible_to(user)) if may_act_on_calls(user) else Q()
    return BackgroundJob.objects.filter(own | theirs)


def job_files_visible_to(user: User | AnonymousUser) -> QuerySet[JobFile]:
    """The files that the user has ordered, until they expire, and only while the user may see all customers in them."""
    own = JobFile.objects.filter(user=user.pk, is_ready=True, expires_at__gt=timezone.now())
    customers = customers_visible_to(user)
    if user.is_active and sees_all_customers(user):
        return own
    return own.filter(customer_ids__contained_by=list(customers.values_list("pk", flat=True)))


def may_act_on_calls(user: User | AnonymousUser) -> bool:
    """Tells whether the user may retry calls, dismiss them and so on. Viewers only read."""
    return user.is_active and sees_all_customers(user) and user.has_perm("integrations.change_call")


def sees_all_customers(user: User | AnonymousUser) -> bool:
    """Tells whether the user is an administrator or a specialist.

    Keeps the result in the user object, so it computes it once per request.
    """
    known: bool | None = user.__dict__.get("_sees_all_calls")
    if known is None:
        known = user.__dict__["_sees_all_calls"] = user.is_superuser or _is_specialist(user)
    return known


def _is_specialist(user: User | AnonymousUser) -> bool:
    may = user.is_staff and user.has_perm("integrations.view_call")
    return may and user.groups.filter(name=SPECIALISTS).exists()
