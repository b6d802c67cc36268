"""URLs of the call log."""

from __future__ import annotations

from django.urls import URLPattern, path

from integrations.calllog.bulk.progress import job_progress
from integrations.calllog.bulk.views import begin, bulk_job, confirm
from integrations.calllog.call.actions import act
from integrations.calllog.call.recording import recording
from integrations.calllog.call.views import call_page, call_updates, request_body, webhook_body
from integrations.calllog.export.views import delete_export, export_csv, export_file, export_xlsx, exports
from integrations.calllog.list.saved_views import delete_view, make_default, save_view
from integrations.calllog.list.search import search
from integrations.calllog.list.views import call_list, chart, customer_names, new_calls, talk
from integrations.calllog.waiting.views import called_back_table, waiting
from integrations.users.api_tokens import api_access, withdraw_token
from integrations.users.login import Login, Logout
from integrations.users.second_factor.pages import EnterCode, second_factor, switch_second_factor_off

app_name = "calllog"
urlpatterns: list[URLPattern] = [
    path("", call_list, name="list"),
    path("waiting/", waiting, name="waiting"),
    path("waiting/called-back/", called_back_table, name="called_back_by"),
    path("news/", new_calls, name="new_calls"),
    path("chart/", chart, name="chart"),
    path("talk/", talk, name="talk"),
    path("search/", search, name="search"),
    path("customers/", customer_names, name="customer_names"),
    path("views/", save_view, name="save_view"),
    path("views/<int:view_id>/delete/", delete_view, name="delete_view"),
    path("views/<int:view_id>/first/", make_default, name="make_default"),
    path("<int:call_id>/", call_page, name="call"),
    path("<int:call_id>/news/", call_updates, name="call_updates"),
    path("<int:call_id>/webhooks/<int:event_id>/", webhook_body, name="webhook_body"),
    path("<int:call_id>/requests/<int:request_id>/", request_body, name="request_body"),
    path("<int:call_id>/do/<slug:action>/", act, name="act"),
    path("<int:call_id>/recording", recording, name="recording"),
    path("bulk/", confirm, name="bulk"),
    path("bulk/begin/", begin, name="bulk_begin"),
    path("bulk/<int:job_id>/", bulk_job, name="bulk_job"),
    path("work/<int:job_id>/", job_progress, name="job_progress"),
    path("export.csv", export_csv, name="export_csv"),
    path("export.xlsx", export_xlsx, name="export_xlsx"),
    path("exports/", exports, name="exports"),
    path("exports/<int:file_id>/", export_file, name="export_file"),
    path("exports/<int:file_id>/delete/", delete_export, name="delete_export"),
    path("api/", api_access, name="api_access"),
    path("api/<int:token_id>/withdraw/", withdraw_token, name="withdraw_token"),
    path("second-factor/", second_factor, name="second_factor"),
    path("second-factor/off/", switch_second_factor_off, name="second_factor_off"),
    path("second-factor/code/", EnterCode.as_view(), name="second_factor_code"),
    path("login/", Login.as_view(), name="login"),
    path("logout/", Logout.as_view(), name="logout"),
]
