"""Saves and deletes a user's saved views, which are named filters, and chooses the default view."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from integrations.calllog.list.query_string import list_query, list_url
from integrations.models import SavedView
from integrations.users.decorators import login_required_htmx

MAX_VIEWS = 50


class SavedViewForm(forms.Form):
    name = forms.CharField(max_length=60)
    query = forms.CharField(max_length=2000, required=False)
    is_default = forms.BooleanField(required=False)


def saved_views_of(user: User) -> list[SavedView]:
    return list(SavedView.objects.filter(user=user).order_by("name")[:MAX_VIEWS])


@require_POST
@login_required_htmx
def save_view(request: HttpRequest) -> HttpResponse:
    """Saves the filters under a name. Replaces the view of that name."""
    form = SavedViewForm(request.POST)
    parameters = QueryDict(request.POST.get("query", "")[:2000])
    if not form.is_valid():
        messages.error(request, _("The view was not saved: enter a name of up to 60 characters."))
    elif len(saved_views_of(request.user)) >= MAX_VIEWS:  # type: ignore[arg-type]
        messages.error(request, _("The view was not saved: you have too many views. Delete one first."))
    else:
        values = form.cleaned_data
        with transaction.atomic():
            if values["is_default"]:
                SavedView.objects.filter(user=request.user.pk, is_default=True).update(is_default=False)
            SavedView.objects.update_or_create(
                user=request.user,  # type: ignore[misc]
                name=values["name"],
                defaults={"query": list_query(parameters), "is_default": values["is_default"]},
            )
        messages.success(request, _("The view “%(name)s” was saved.") % {"name": values["name"]})
    return redirect(reverse("calllog:list") + list_url(parameters))


@require_POST
@login_required_htmx
def delete_view(request: HttpRequest, view_id: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=view_id, user=request.user.pk)
    view.delete()
    messages.success(request, _("The view “%(name)s” was deleted.") % {"name": view.name})
    return redirect(reverse("calllog:list") + list_url(QueryDict(view.query)))


@require_POST
@login_required_htmx
def make_default(request: HttpRequest, view_id: int) -> HttpResponse:
    """Makes this view the default. If it is the default already, the user then has none."""
    view = get_object_or_404(SavedView, pk=view_id, user=request.user.pk)
    with transaction.atomic():
        SavedView.objects.filter(user=request.user.pk, is_default=True).update(is_default=False)
        SavedView.objects.filter(pk=view.pk).update(is_default=not view.is_default)
    return redirect(reverse("calllog:list") + list_url(QueryDict(view.query)))
