"""Users: their role and, for viewers, the customers whose calls they see."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelect2MultipleWidget, UnfoldBooleanSwitchWidget

from integrations.admin.change_messages import members, with_details
from integrations.admin.columns import coloured, time_column
from integrations.admin.query_limits import SimpleLookups
from integrations.admin.read_only import ListTitle
from integrations.models import ApiToken, Customer, SecondFactor
from integrations.users.credentials import revoke_tokens
from integrations.users.roles import Role, give_role, role_of
from integrations.users.second_factor.codes import factor_of

ROLE_COLOURS: dict[str, str] = {Role.ADMINISTRATOR: "warning", Role.SPECIALIST: "info", Role.VIEWER: ""}

admin.site.unregister(User)
admin.site.unregister(Group)  # choosing a role sets the group
# Django names this application “Authentication and Authorization”.
apps.get_app_config("auth").verbose_name = gettext_lazy("Users")


class RoleFields(forms.Form):
    """A mixin of the user forms."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=Role.choices,
        initial=Role.VIEWER,
        help_text=gettext_lazy(
            "Viewers see the calls of chosen customers. Specialists set up all customers. Administrators also manage"
            " users and delete customers."
        ),
        widget=UnfoldAdminRadioSelectWidget,
    )
    customers = forms.ModelMultipleChoiceField(
        Customer.objects.order_by("name"),
        label=gettext_lazy("Customers"),
        required=False,
        help_text=gettext_lazy("Viewers see only these customers. Specialists and administrators see all."),
        widget=UnfoldAdminSelect2MultipleWidget,
    )

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or self.cleaned_data
        if data.get("role") == Role.VIEWER and not data.get("customers"):
            self.add_error("customers", _("Choose at least one customer. A viewer without customers sees nothing."))
        return data


class NewUserForm(RoleFields, UserCreationForm):  # type: ignore[misc]
    pass


class UserForm(RoleFields, UserChangeForm):  # type: ignore[misc]
    editor: User
    second_factor = forms.BooleanField(
        label=gettext_lazy("Two-factor login"),
        required=False,
        help_text=gettext_lazy(
            "Turn it off for a user who lost both their phone and their recovery codes. Users turn it on themselves, on"
            " the page “Two-factor login”."
        ),
        widget=UnfoldBooleanSwitchWidget,
        show_hidden_initial=True,  # saving does not turn off what the user turned on meanwhile
    )

    revoke_tokens = forms.BooleanField(
        label=gettext_lazy("Revoke all API tokens"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        has_one = factor_of(self.instance) is not None
        self.fields["second_factor"].disabled = not has_one or self.instance == self.editor
        self.initial.update(
            role=role_of(self.instance), customers=list(self.instance.customer_set.all()), second_factor=has_one
        )

    def clean_role(self) -> str:
        role = str(self.cleaned_data["role"])
        if self.instance == self.editor and role != role_of(self.instance):
            raise ValidationError(_("You cannot change your own role. Ask another administrator."))
        return role


@admin.register(User)
class UserAdmin(SimpleLookups, ListTitle, DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = (
        *("username", "name", "role", "is_active", "has_second_factor"),
        time_column("last_login", gettext_lazy("last login")),
    )
    list_filter = ("is_active", "is_superuser", "is_staff")
    readonly_fields = ("api_tokens",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "second_factor")}),
        (gettext_lazy("API tokens"), {"fields": ("api_tokens", "revoke_tokens")}),
        (gettext_lazy("Role"), {"fields": ("role", "customers", "is_active")}),
        (gettext_lazy("Personal info"), {"fields": ("first_name", "last_name", "email")}),
    )
    add_fieldsets = (
        (
            None,
            {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")},
        ),
        (gettext_lazy("Role"), {"fields": ("role", "customers")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.select_related("second_factor").prefetch_related("groups")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Sends users who change their own password to the page that asks for the current one."""
        if self.get_object(request, unquote(id)) == request.user:
            return redirect("account:password")
        response: HttpResponse = super().user_change_password(request, id, form_url)
        return response

    @admin.display(description=pgettext_lazy("of a person", "name"))
    def name(self, user: User) -> str:
        return user.get_full_name() or "–"

    @coloured(gettext_lazy("role"), ROLE_COLOURS)
    def role(self, user: User) -> tuple[str, str]:
        role = role_of(user)
        return role, str(role.label)

    @admin.display(description=gettext_lazy("API tokens"))
    def api_tokens(self, user: User) -> str | SafeString:
        tokens = [
            (token.name, token.ending, date_format(token.ends_at, "j M Y"), _last_use(token))
            for token in ApiToken.objects.filter(user=user.pk)
        ]
        return format_html_join(mark_safe("<br>"), _("{} (…{}), valid until {}, {}"), tokens) or "–"

    @admin.display(description=gettext_lazy("two-factor login"), boolean=True)
    def has_second_factor(self, user: User) -> bool:
        return hasattr(user, "second_factor")

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.editor = request.user
        return form

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """Adds old and new values to the audit log: name, e-mail, active, role; and the customers added and removed."""
        if not isinstance(form, RoleFields):  # the form that changes a password
            is_disabled = not form.cleaned_data["set_usable_password"]
            return [{"changed": {"fields": ["Password (disabled)" if is_disabled else "Password"]}}]
        message: list[dict[str, Any]] = super().construct_change_message(request, form, formsets, add)
        new, old = form.cleaned_data, form.initial
        if add:
            return [*message, {"changed": {"fields": [f"Role ({Role(new['role']).value})"]}}]
        details = {name: f"{old[name]} → {new[name]}" for name in ("username", "email", "is_active")}
        details["role"] = f"{Role(old['role']).value} → {Role(new['role']).value}"
        details["customers"] = members(old["customers"], new["customers"])
        return with_details(message, form, details)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "second_factor" in form.changed_data and not form.cleaned_data["second_factor"]:
            SecondFactor.objects.filter(user=form.instance).delete()
        if form.cleaned_data.get("revoke_tokens"):
            revoke_tokens(form.instance)
        give_role(form.instance, Role(form.cleaned_data["role"]), form.cleaned_data["customers"])


def _last_use(token: ApiToken) -> str:
    if token.last_used_at is None:
        return _("never used")
    return _("last used on %(day)s") % {"day": date_format(token.last_used_at, "j M Y")}
