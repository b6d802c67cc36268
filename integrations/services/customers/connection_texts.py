"""The findings of an access check in words, and the steps that fix them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.planfix.rights import Right
from integrations.services.customers.connection_report import Check, Finding


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A finding in words, and the steps to fix it."""

    text: str | Promise
    steps: tuple[str | Promise, ...] = ()


API_ACCESS = _("In Planfix open Account management → API access → REST API.")
AGAIN = _("Press “Check again” here.")
NEW_KEY = _("Enter it as “Ringostat Auth-key” in the settings and save.")
NEW_TOKEN = _("Enter the new token as “Planfix API token” in the settings and save.")
ASK_CUSTOMER = _("Ask the customer to fix this in Planfix, then press “Check again” here.")

CHOOSE_FOR_TASKS = _("Choose another one on the page “Callback tasks” and save.")
TRIAL_AGAIN = _("Then run the trial again.")
OWN_TAG = (
    _("In Planfix create a data tag of your own with these fields, in this order: %(fields)s."),
    _("Choose it below, under “Advanced”, and save."),
    TRIAL_AGAIN,
)

SENTENCES: Mapping[Finding, Sentence] = {
    Finding.REACHED: Sentence(text=_("%(host)s answers.")),
    Finding.NOT_REACHED: Sentence(
        text=_("%(host)s does not answer."),
        steps=(
            _("Compare the address with the one in the browser while Planfix is open."),
            _("If it is correct, Planfix may be down. Press “Check again” in a few minutes."),
        ),
    ),
    Finding.NO_PLANFIX: Sentence(
        text=_("%(host)s answers, but it is not a Planfix account."),
        steps=(
            _("Open Planfix in the browser, log in, and copy the address."),
            _("It looks like https://acme.planfix.com, or it is the company's own domain."),
        ),
    ),
    Finding.BUSY: Sentence(
        text=_("Planfix at %(host)s is not available at the moment: %(error)s"),
        steps=(_("Press “Check again” in a few minutes."),),
    ),
    Finding.KNOWN: Sentence(text=_("Planfix accepts the token.")),
    Finding.MALFORMED: Sentence(
        text=_("This does not look like a token: it is empty, or contains spaces or letters that are not allowed."),
        steps=(API_ACCESS, _("Copy the whole token and nothing else."), NEW_TOKEN),
    ),
    Finding.UNKNOWN: Sentence(
        text=_("Planfix does not know the token."),
        steps=(
            API_ACCESS,
            _("Copy the token again, or create a new one. A token belongs to one account only."),
            NEW_TOKEN,
        ),
    ),
    Finding.SWITCHED_OFF: Sentence(
        text=_("The token is switched off."), steps=(API_ACCESS, _("Open the token and activate it."), AGAIN)
    ),
    Finding.ACCOUNT_FROZEN: Sentence(text=_("The Planfix account is frozen."), steps=(ASK_CUSTOMER,)),
    Finding.EMPLOYEE_INACTIVE: Sentence(
        text=_("The token's employee is no longer active in Planfix."),
        steps=(API_ACCESS, _("Open the token and choose an active administrator or a robot."), AGAIN),
    ),
    Finding.ACCOUNT_UNPAID: Sentence(text=_("The Planfix account is not paid for."), steps=(ASK_CUSTOMER,)),
    Finding.PLAN_WITHOUT_API: Sentence(
        text=_("The account has Planfix's free plan, which does not include the API."),
        steps=(_("The customer needs a paid Planfix plan."), AGAIN),
    ),
    Finding.ACCESS_REFUSED: Sentence(text=_("Planfix denied access: %(error)s"), steps=(ASK_CUSTOMER,)),
    Finding.ACTS_FOR: Sentence(text=_("The token acts as %(name)s (Planfix employee %(id)s).")),
    Finding.ACTS_FOR_ORDINARY: Sentence(
        text=_("The token acts as %(name)s, who is neither a robot nor an administrator in Planfix."),
        steps=(
            _("Ringofix does not find contacts that %(name)s cannot see, and creates them a second time."),
            API_ACCESS,
            _("Open the token, choose a robot or an administrator, and save."),
            AGAIN,
        ),
    ),
    Finding.ACTS_FOR_UNKNOWN: Sentence(
        text=_("We could not verify whose token this is."),
        steps=(
            API_ACCESS,
            _("Check that the token's employee is a robot or an administrator. Otherwise contacts may not be found."),
        ),
    ),
    Finding.READ_ONLY: Sentence(
        text=_("The token is read-only, so Ringofix cannot write to Planfix."),
        steps=(API_ACCESS, _("Open the token, select %(scopes)s, and save."), AGAIN),
    ),
    Finding.RIGHT_GRANTED: Sentence(text=_("The token can %(rights)s.")),
    Finding.RIGHT_MISSING: Sentence(
        text=_("The token is missing permissions: %(rights)s."),
        steps=(API_ACCESS, _("Open the token, select %(scopes)s, and save."), AGAIN),
    ),
    Finding.RIGHT_UNCLEAR: Sentence(
        text=_("We could not check whether the token can %(rights)s: Planfix gave an unexpected response."),
        steps=(_("Press “Check again” in a few minutes. The permission is called %(scopes)s."),),
    ),
    Finding.TAGS_FOUND: Sentence(text=_("Calls are written to the data tags “%(call)s” and “%(missed_call)s”.")),
    Finding.TAGS_MISSING: Sentence(
        text=_("The data tags for calls were not found: %(error)s"),
        steps=(
            _("In Planfix open Account management → Integrations → Virtual PBX, and connect any PBX to create both."),
            _("Or create two data tags yourself and choose them below, under “Advanced”."),
            AGAIN,
        ),
    ),
    Finding.TEMPLATE_FOUND: Sentence(text=_("New contacts use the template “%(name)s”.")),
    Finding.TEMPLATE_GONE: Sentence(
        text=_("The chosen contact template (ID %(id)s) is no longer in Planfix."),
        steps=(_("Choose another one below, under “New contacts”, and save."),),
    ),
    Finding.TEMPLATE_MISSING: Sentence(
        text=_("Planfix shows no contact template. Contacts cannot be created without one."),
        steps=(_("In Planfix, create a contact template that the token's employee can see."), AGAIN),
    ),
    Finding.FIELDS_REQUIRED: Sentence(
        text=_("The contact template requires fields that Ringofix cannot fill in: %(fields)s."),
        steps=(
            _("In Planfix open the contact template and make these fields optional."),
            _("Or choose another template below, under “New contacts”, and save."),
            AGAIN,
        ),
    ),
    Finding.TASK_TEMPLATE_FOUND: Sentence(text=_("Callback tasks use the template “%(name)s”.")),
    Finding.TASK_TEMPLATE_GONE: Sentence(
        text=_("The chosen task template (ID %(id)s) is no longer in Planfix, or the token's employee cannot see it."),
        steps=(CHOOSE_FOR_TASKS,),
    ),
    Finding.TASK_STATUS_FOREIGN: Sentence(
        text=_("A task of the template “%(name)s” cannot have the status “%(status)s”: its process does not have it."),
        steps=(CHOOSE_FOR_TASKS,),
    ),
    Finding.TASK_GROUP_GONE: Sentence(
        text=_("The group of employees for callback tasks (ID %(id)s) is no longer in Planfix."),
        steps=(CHOOSE_FOR_TASKS,),
    ),
    Finding.SEARCH_PROVEN: Sentence(text=_("The search by phone number works.")),
    Finding.SEARCH_UNPROVEN: Sentence(
        text=_("The search by phone number was not tested: the token sees no contact with a phone number."),
        steps=(_("Create a contact with a phone number in Planfix, or check again later."), AGAIN),
    ),
    Finding.SEARCH_BLIND: Sentence(
        text=_(
            "The search by phone number does not find an existing contact. Ringofix creates no contacts until it works."
        ),
        steps=(
            _("Calls from new numbers wait until then. Nothing is lost."),
            _("Check that the token's employee can see all contacts, and ask Planfix support about filter 4003."),
            AGAIN,
        ),
    ),
    Finding.CALL_TAG_REFUSED: Sentence(
        text=_("Planfix accepts no entries of its data tag for answered calls."), steps=OWN_TAG
    ),
    Finding.MISSED_CALL_TAG_REFUSED: Sentence(
        text=_("Planfix accepts no entries of its data tag for missed calls."), steps=OWN_TAG
    ),
    Finding.NEW_CONTACT_NOT_FOUND: Sentence(
        text=_("The search does not find a contact that Ringofix has just created."),
        steps=(
            _("Switch off “create a contact for an unknown number” below, or ask Planfix support about filter 4003."),
            TRIAL_AGAIN,
        ),
    ),
    Finding.AUTHOR_IGNORED: Sentence(
        text=_("Planfix writes comments in the token's name. Their text names the employee."),
        steps=(
            API_ACCESS,
            _("To write in employees' names, choose an administrator or a robot for the token, and save."),
            TRIAL_AGAIN,
        ),
    ),
    Finding.CONTACT_AUTHOR_IGNORED: Sentence(
        text=_("Planfix writes missed calls in the token's name, not in the contact's. Their text has the number."),
        steps=(
            API_ACCESS,
            _("To write in contacts' names, choose an administrator or a robot for the token, and save."),
            TRIAL_AGAIN,
        ),
    ),
    Finding.TIME_NOT_KEPT: Sentence(
        text=_("Planfix does not keep the time of a comment. Its text has the time of the call."),
        steps=(API_ACCESS, _("Choose an administrator or a robot for the token, and save."), TRIAL_AGAIN),
    ),
    Finding.HTML_NOT_KEPT: Sentence(
        text=_("Planfix does not keep the format of comments. Ringofix writes plain text."),
        steps=(_("Ask Planfix support why comments of the API are not shown as HTML."), TRIAL_AGAIN),
    ),
    Finding.EMOJI_NOT_KEPT: Sentence(
        text=_("Planfix does not keep emoji. Ringofix leaves them out."),
        steps=(_("Avoid emoji in the names of lines and campaigns in Ringostat."),),
    ),
    Finding.CALL_FIELDS_LOST: Sentence(
        text=_("Planfix does not keep all fields of its data tag for answered calls. UTM values are in the text too."),
        steps=(_("Open the trial: it names the fields. Attach them to the data tag in Planfix."), TRIAL_AGAIN),
    ),
    Finding.MISSED_CALL_FIELDS_LOST: Sentence(
        text=_("Planfix does not keep all fields of its data tag for missed calls. UTM values are in the text too."),
        steps=(_("Open the trial: it names the fields. Attach them to the data tag in Planfix."), TRIAL_AGAIN),
    ),
    Finding.FILES_NOT_ADDED: Sentence(
        text=_("Planfix adds no files to a comment later. Ringofix links a recording that is ready late."),
        steps=(_("Allow access to recordings by link in Ringostat's project settings."), TRIAL_AGAIN),
    ),
    Finding.FILTERS_NOT_COMBINED: Sentence(
        text=_(
            "The search lists contacts that do not pass all its filters, so “any spelling of the number” is impossible."
        ),
        steps=(
            _("Calls of unknown numbers wait. Choose “full format only” under “New contacts” below, and save."),
            TRIAL_AGAIN,
        ),
    ),
    Finding.NEW_CONTACT_REFUSED: Sentence(
        text=_("Planfix refused the trial's contact: its template requires a field that Ringofix cannot fill in."),
        steps=(
            _("In Planfix open the contact template and make the field optional."),
            _("Or choose another template below, under “New contacts”, and save."),
            TRIAL_AGAIN,
        ),
    ),
    Finding.OTHER_FORMATS_MISSED: Sentence(
        text=_("The search finds whole numbers only, so “any spelling of the number” finds fewer contacts."),
        steps=(_("Store clients' numbers in Planfix in full format, such as +380671234567."),),
    ),
    Finding.TASKS_MISSED: Sentence(
        text=_("Planfix does not show which task of a contact is the last active one."),
        steps=(_("Choose “the contact” under “Where calls go” below."), TRIAL_AGAIN),
    ),
    Finding.RECORDINGS_NOT_COPIED: Sentence(
        text=_("Planfix does not copy recordings. Comments link to them in Ringostat."),
        steps=(_("Allow access to recordings by link in Ringostat's project settings."), TRIAL_AGAIN),
    ),
    Finding.KEY_KNOWN: Sentence(text=_("Ringostat accepts the Auth-key and lists %(count)s employees.")),
    Finding.KEY_MISSING: Sentence(
        text=_("No Ringostat Auth-key: Ringofix cannot read employees or recover calls whose webhook was lost."),
        steps=(_("In Ringostat open Integration → Ringostat API and copy the Auth-key."), NEW_KEY),
    ),
    Finding.KEY_UNKNOWN: Sentence(
        text=_("Ringostat does not know the Auth-key."),
        steps=(_("In Ringostat open Integration → Ringostat API and copy the Auth-key again."), NEW_KEY),
    ),
    Finding.KEY_WITHOUT_ACCESS: Sentence(
        text=_("Ringostat accepts the Auth-key, but denies it access to calls and employees."),
        steps=(_("Ask Ringostat support to enable the call list for this key."), AGAIN),
    ),
    Finding.STAFF_MISSING: Sentence(
        text=_("Ringostat lists no employees for this project: %(error)s"),
        steps=(_("Compare the project ID in the settings with the one in the address of Ringostat's pages."),),
    ),
    Finding.RINGOSTAT_BUSY: Sentence(
        text=_("Ringostat does not answer at the moment: %(error)s"),
        steps=(_("Press “Check again” in a few minutes."),),
    ),
    Finding.RINGOSTAT_REFUSED: Sentence(text=_("Ringostat refused the request: %(error)s"), steps=(AGAIN,)),
}

RIGHTS: Mapping[str, str | Promise] = {
    Right.FIND_CONTACTS.name: _("find contacts"),
    Right.CREATE_CONTACTS.name: _("create contacts"),
    Right.FIND_TASKS.name: _("find tasks"),
    Right.CREATE_TASKS.name: _("create tasks"),
    Right.UPDATE_TASKS.name: _("change tasks"),
    Right.READ_COMMENTS.name: _("read comments"),
    Right.WRITE_COMMENTS.name: _("write comments"),
    Right.UPDATE_COMMENTS.name: _("change comments"),
    Right.READ_TAGS.name: _("read data tags"),
    Right.WRITE_TAGS.name: _("fill data tags"),
    Right.ADD_FILES.name: _("add recordings"),
    Right.READ_EMPLOYEES.name: _("read employees"),
}
"""As in “The token can …”."""


def sentence_and_steps(check: Check) -> tuple[str, tuple[str, ...]]:
    """The finding as a sentence, and what to do about it, one step after the other."""
    names = {**check.names}
    if "rights" in names:
        names["rights"] = ", ".join(str(RIGHTS[name]) for name in names["rights"].split())
    sentence = SENTENCES[check.finding]
    return str(sentence.text) % names, tuple(str(step) % names for step in sentence.steps)
