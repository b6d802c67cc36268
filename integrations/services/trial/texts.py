"""The sentences for a trial's findings: what was asked, what the answer means, what Ringofix does and what people must
do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.services.trial.report import (
    CLOSED_TASK,
    LIMIT,
    NO_REQUESTS_LEFT,
    NO_RESPONSE,
    NO_RIGHT,
    NOT_ASKED,
    NOT_DELETED,
    OPEN_TASK,
    REFUSED,
    UNFINDABLE_FILE,
    Finding,
    Outcome,
    Question,
)

Text = str | Promise
Q = Question


@dataclass(frozen=True, kw_only=True)
class QuestionText:
    """A question, and what was sent to answer it."""

    title: Text
    sent: Text


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an answer means and what Ringofix does about it, and the steps that a person must take."""

    means: Text
    steps: tuple[Text, ...] = ()


OUTCOMES: Mapping[Outcome, Text] = {
    Outcome.OK: gettext_lazy("As expected"),
    Outcome.ADAPTED: gettext_lazy("Adapted"),
    Outcome.TROUBLE: gettext_lazy("Problem"),
    Outcome.UNKNOWN: gettext_lazy("Not known"),
}

QUESTION_TEXTS: Mapping[Question, QuestionText] = {
    Q.ACCESS: QuestionText(
        title=gettext_lazy("Does Planfix answer?"), sent=gettext_lazy("All requests, with the customer's token.")
    ),
    Q.NUMBER_UNUSED: QuestionText(
        title=gettext_lazy("Is the number unused?"), sent=gettext_lazy("A search for the trial's number.")
    ),
    Q.CONTACT_CREATED: QuestionText(
        title=gettext_lazy("Can Ringofix create a contact?"),
        sent=gettext_lazy("A contact with the trial's name and number, by the customer's contact template."),
    ),
    Q.NUMBER_STORAGE: QuestionText(
        title=gettext_lazy("How does Planfix store a number?"), sent=gettext_lazy("The new contact was read back.")
    ),
    Q.FOUND_BY: QuestionText(
        title=gettext_lazy("In which format does the search find the number?"),
        sent=gettext_lazy(
            "A search with the plus, by digits only, in national format, by its last seven digits, by groups of digits."
        ),
    ),
    Q.FILTER_MATCHES: QuestionText(
        title=gettext_lazy("Does the search find a part of a number?"),
        sent=gettext_lazy("A search for the last seven digits."),
    ),
    Q.FILTERS_COMBINED: QuestionText(
        title=gettext_lazy("Must a contact match all filters?"),
        sent=gettext_lazy("A search for the number and for digits that it does not contain."),
    ),
    Q.COMPANIES: QuestionText(
        title=gettext_lazy("Are contacts and companies searched separately?"),
        sent=gettext_lazy("A search for the contact's number among companies."),
    ),
    Q.RECORDING_COPIED: QuestionText(
        title=gettext_lazy("Can Planfix copy a recording?"),
        sent=gettext_lazy("The address of the newest recording, or of a sound of Ringofix if there is none."),
    ),
    Q.RECORDING_FILE: QuestionText(
        title=gettext_lazy("Is the copied file whole?"), sent=gettext_lazy("The file was read back.")
    ),
    Q.EMPLOYEE_AUTHOR: QuestionText(
        title=gettext_lazy("Can a comment be in an employee's name?"),
        sent=gettext_lazy("A comment in the name of an included employee, read back."),
    ),
    Q.CONTACT_AUTHOR: QuestionText(
        title=gettext_lazy("Can a comment be in the contact's name?"),
        sent=gettext_lazy("A comment in the name of the new contact, read back."),
    ),
    Q.COMMENT_TIME: QuestionText(
        title=gettext_lazy("Does a comment keep the time of the call?"),
        sent=gettext_lazy("A comment with a time two days ago, read back."),
    ),
    Q.COMMENT_HTML: QuestionText(
        title=gettext_lazy("Does a comment keep its format?"),
        sent=gettext_lazy("A comment with bold text and several lines, read back."),
    ),
    Q.COMMENT_CHARACTERS: QuestionText(
        title=gettext_lazy("Does a comment keep special characters?"),
        sent=gettext_lazy("A comment with < > & and quotation marks, read back."),
    ),
    Q.EMOJI: QuestionText(
        title=gettext_lazy("Does a comment keep emoji?"), sent=gettext_lazy("A comment with an emoji, read back.")
    ),
    Q.COMMENT_VISIBLE: QuestionText(
        title=gettext_lazy("Can all employees see a comment?"),
        sent=gettext_lazy("A comment that is not hidden, read back."),
    ),
    Q.SOURCE_ID: QuestionText(
        title=gettext_lazy("Does Planfix show Ringofix's own ID of a comment?"),
        sent=gettext_lazy("A comment with an ID of Ringofix (sourceObjectId), read back."),
    ),
    Q.COMMENT_ORDER: QuestionText(
        title=gettext_lazy("Does Planfix list the newest comments first?"),
        sent=gettext_lazy("A list of both comments, newest first."),
    ),
    Q.CALL_TAG: QuestionText(
        title=gettext_lazy("Can Ringofix fill the data tag for answered calls?"),
        sent=gettext_lazy("An entry of the data tag on the first comment."),
    ),
    Q.CALL_FIELDS: QuestionText(
        title=gettext_lazy("Does the data tag for answered calls keep every field?"),
        sent=gettext_lazy("The entry was read back and compared field by field."),
    ),
    Q.MIDNIGHT: QuestionText(
        title=gettext_lazy("Does the data tag keep a call over midnight?"),
        sent=gettext_lazy("A call from 23:50 to 00:10, written as 23:50–24:00."),
    ),
    Q.MISSED_CALL_TAG: QuestionText(
        title=gettext_lazy("Can Ringofix fill the data tag for missed calls?"),
        sent=gettext_lazy("An entry of the data tag on the second comment."),
    ),
    Q.MISSED_CALL_FIELDS: QuestionText(
        title=gettext_lazy("Does the data tag for missed calls keep every field?"),
        sent=gettext_lazy("The entry was read back and compared field by field."),
    ),
    Q.FILES_ON_UPDATE: QuestionText(
        title=gettext_lazy("Can a recording be added later?"),
        sent=gettext_lazy("A second file for a comment that has one already."),
    ),
    Q.TASK_CREATED: QuestionText(
        title=gettext_lazy("Can Ringofix create a task?"),
        sent=gettext_lazy("A task of the chosen template, with the new contact as its counterparty."),
    ),
    Q.TASK_FILTER: QuestionText(
        title=gettext_lazy("Does Planfix find the tasks of a contact?"),
        sent=gettext_lazy("A search for the tasks of one contact, compared with tasks that exist."),
    ),
    Q.TASK_ROWS: QuestionText(
        title=gettext_lazy("Does Planfix show which task is active?"),
        sent=gettext_lazy("A list of tasks with their status and creation time."),
    ),
    Q.TASK_COMMENTS: QuestionText(
        title=gettext_lazy("Can a call be added to a task?"),
        sent=gettext_lazy("A comment in the new task."),
    ),
    Q.TASK_CLOSED: QuestionText(
        title=gettext_lazy("Can Ringofix close a task?"),
        sent=gettext_lazy("The new task was marked as deleted, then given an inactive status of its process."),
    ),
    Q.REQUEST_RATE: QuestionText(
        title=gettext_lazy("What happens when requests are too fast?"),
        sent=gettext_lazy("Two requests in one second, once."),
    ),
    Q.RIGHTS: QuestionText(
        title=gettext_lazy("Does the token have all permissions?"), sent=gettext_lazy("All requests.")
    ),
    Q.DELETED_CONTACTS: QuestionText(
        title=gettext_lazy("Does the search find deleted contacts?"),
        sent=gettext_lazy("A search for the trial's contact after its deletion."),
    ),
    Q.REMOVED: QuestionText(
        title=gettext_lazy("Was everything removed?"),
        sent=gettext_lazy("The deletion of each record of the trial."),
    ),
}

ANY_QUESTION: Mapping[str, Answer] = {
    REFUSED: Answer(means=gettext_lazy("Planfix refused the request.")),
    NO_RIGHT: Answer(means=gettext_lazy("The token is missing the permission for this request.")),
    NO_RESPONSE: Answer(means=gettext_lazy("Planfix did not answer. Run the trial again later.")),
    NOT_ASKED: Answer(means=gettext_lazy("The trial did not get this far.")),
}
"""Answers that any question can have. ANSWERS overrides them for single questions."""

API_ACCESS = gettext_lazy("In Planfix open Account management → API access → REST API.")
READ_ANSWER = gettext_lazy("Read Planfix's answer. If it names a required field, make the field optional.")
AGAIN = gettext_lazy("Run the trial again.")
OWN_TAG = (
    gettext_lazy("In Planfix create a data tag of your own with the same fields in the same order."),
    gettext_lazy("Choose it in the customer's settings, under “Advanced”."),
    AGAIN,
)
LOST_FIELDS = (
    gettext_lazy("In Planfix open the data tag and check that it has these fields, and that their types fit."),
    gettext_lazy("Run “Check again” in the customer's settings, then the trial."),
)
ASK_PLANFIX = gettext_lazy("Ask Planfix support. Until then calls go to the contact, not to a task.")
CHANGE_TARGET = gettext_lazy("In the customer's settings choose the contact under “Where calls go”.")

ANSWERS: Mapping[tuple[Question, str], Answer] = {
    (Q.ACCESS, "works"): Answer(means=gettext_lazy("Planfix answers and accepts the token.")),
    (Q.ACCESS, REFUSED): Answer(
        means=gettext_lazy("Planfix denied access, so the trial ended."),
        steps=(gettext_lazy("Run the access check in the customer's settings and follow its steps."), AGAIN),
    ),
    (Q.ACCESS, NO_RESPONSE): Answer(
        means=gettext_lazy("Planfix did not answer, so the trial ended."),
        steps=(gettext_lazy("Run the trial again in a few minutes."),),
    ),
    (Q.ACCESS, LIMIT): Answer(means=gettext_lazy("The trial reached its limit of requests and ended early.")),
    (Q.NUMBER_UNUSED, "unused"): Answer(means=gettext_lazy("No contact has this number.")),
    (Q.NUMBER_UNUSED, "used"): Answer(
        means=gettext_lazy("Contact %(contacts)s has this number already. The trial wrote nothing."),
        steps=(gettext_lazy("Run the trial with another number."),),
    ),
    (Q.CONTACT_CREATED, "created"): Answer(means=gettext_lazy("The contact was created.")),
    (Q.CONTACT_CREATED, REFUSED): Answer(
        means=gettext_lazy("Planfix refused the contact. Calls from new numbers would fail."),
        steps=(
            READ_ANSWER,
            gettext_lazy("Or choose another contact template in the customer's settings."),
            AGAIN,
        ),
    ),
    (Q.CONTACT_CREATED, NO_RIGHT): Answer(
        means=gettext_lazy("The token cannot create contacts. Calls from new numbers would wait."),
        steps=(API_ACCESS, gettext_lazy("Open the token, select contact_add, and save."), AGAIN),
    ),
    (Q.NUMBER_STORAGE, "as_written"): Answer(means=gettext_lazy("The number is stored as it was written.")),
    (Q.NUMBER_STORAGE, "digits"): Answer(
        means=gettext_lazy("Planfix stores the digits without the plus. Ringofix compares numbers by their digits.")
    ),
    (Q.NUMBER_STORAGE, "formatted"): Answer(
        means=gettext_lazy("Planfix stores the number in another format. Ringofix compares numbers by their digits.")
    ),
    (Q.NUMBER_STORAGE, "national"): Answer(
        means=gettext_lazy("Planfix stores the number without its country code. Ringofix compares it in any format.")
    ),
    (Q.NUMBER_STORAGE, "changed"): Answer(
        means=gettext_lazy(
            "Planfix did not store the number. Ringofix could not find a contact again that it creates, so calls of "
            "unknown numbers wait."
        ),
        steps=(
            gettext_lazy("Check the phone field of the contact template in Planfix."),
            AGAIN,
        ),
    ),
    (Q.FOUND_BY, "full"): Answer(means=gettext_lazy("The search finds the full number.")),
    (Q.FOUND_BY, "other"): Answer(
        means=gettext_lazy("The search finds the number only as %(formats)s. Ringofix searches for it in this format.")
    ),
    (Q.FOUND_BY, "none"): Answer(
        means=gettext_lazy("The search does not find the new contact. Ringofix would create it again for each call."),
        steps=(
            gettext_lazy("Switch off “Create a contact for an unknown number” in the customer's settings."),
            gettext_lazy(
                "Check that the token's employee sees all contacts, and ask Planfix support about filter 4003."
            ),
            AGAIN,
        ),
    ),
    (Q.FILTER_MATCHES, "parts"): Answer(
        means=gettext_lazy("The search finds parts of numbers, so Ringofix can find a number in any format.")
    ),
    (Q.FILTER_MATCHES, "whole_numbers"): Answer(
        means=gettext_lazy("The search compares whole numbers. Ringofix finds a number in several formats, not in all.")
    ),
    (Q.FILTER_MATCHES, "same_text"): Answer(
        means=gettext_lazy("The search finds only numbers in the same format. Other formats are not found.")
    ),
    (Q.FILTERS_COMBINED, "all"): Answer(means=gettext_lazy("A contact must match all filters.")),
    (Q.FILTERS_COMBINED, "any"): Answer(
        means=gettext_lazy("One filter is enough for Planfix. Ringofix compares every contact that comes back.")
    ),
    (Q.COMPANIES, "separate"): Answer(means=gettext_lazy("Contacts and companies are searched separately.")),
    (Q.COMPANIES, "mixed"): Answer(
        means=gettext_lazy("Planfix finds both at once. Ringofix reads from each row what it is.")
    ),
    (Q.RECORDING_COPIED, "copied"): Answer(means=gettext_lazy("Planfix copied the sound.")),
    (Q.RECORDING_COPIED, "own_refused"): Answer(
        means=gettext_lazy(
            "Planfix could not fetch the sound from this server. Run the trial again after the first recorded call."
        )
    ),
    (Q.RECORDING_COPIED, REFUSED): Answer(
        means=gettext_lazy("Planfix did not copy the sound. Ringofix writes a link to the recording instead.")
    ),
    (Q.RECORDING_COPIED, NO_RIGHT): Answer(
        means=gettext_lazy("The token cannot add files. Recordings are written as links."),
        steps=(API_ACCESS, gettext_lazy("Open the token, select file_add, and save."), AGAIN),
    ),
    (Q.RECORDING_FILE, "same"): Answer(means=gettext_lazy("The file has its name and its content.")),
    (Q.RECORDING_FILE, "renamed"): Answer(
        means=gettext_lazy("Planfix changed the file's name. The recording can be downloaded, but may not play.")
    ),
    (Q.RECORDING_FILE, "empty"): Answer(
        means=gettext_lazy("The copied file is empty."),
        steps=(
            gettext_lazy("Choose links under “Recordings” in the customer's settings."),
            gettext_lazy("Ask Planfix support why the file is empty."),
        ),
    ),
    (Q.EMPLOYEE_AUTHOR, "honoured"): Answer(means=gettext_lazy("The comment is in the name of %(employee)s.")),
    (Q.EMPLOYEE_AUTHOR, "same_as_token"): Answer(
        means=gettext_lazy("The comment is in the name of %(employee)s, but so is every comment of this token.")
    ),
    (Q.EMPLOYEE_AUTHOR, "ignored"): Answer(
        means=gettext_lazy(
            "Planfix writes comments in the token's name. Ringofix writes the employee's name in the text; an "
            "administrator's or robot's token may change this."
        )
    ),
    (Q.EMPLOYEE_AUTHOR, REFUSED): Answer(
        means=gettext_lazy(
            "Planfix refuses comments in an employee's name. Ringofix writes them in the token's name, with the "
            "employee's name in the text; an administrator's or robot's token may change this."
        )
    ),
    (Q.EMPLOYEE_AUTHOR, NO_RIGHT): Answer(
        means=gettext_lazy("The token cannot write comments. No call would reach Planfix."),
        steps=(API_ACCESS, gettext_lazy("Open the token, select comment_add, and save."), AGAIN),
    ),
    (Q.CONTACT_AUTHOR, "honoured"): Answer(means=gettext_lazy("The comment is in the contact's name.")),
    (Q.CONTACT_AUTHOR, "ignored"): Answer(
        means=gettext_lazy("Planfix writes comments in the token's name. The text says that the client called.")
    ),
    (Q.CONTACT_AUTHOR, REFUSED): Answer(
        means=gettext_lazy(
            "Planfix refuses comments in a contact's name. Ringofix writes them in the token's name; the text "
            "says that the client called."
        )
    ),
    (Q.CONTACT_AUTHOR, NO_RIGHT): Answer(
        means=gettext_lazy("The token cannot write comments. No call would reach Planfix."),
        steps=(API_ACCESS, gettext_lazy("Open the token, select comment_add, and save."), AGAIN),
    ),
    (Q.COMMENT_TIME, "kept"): Answer(means=gettext_lazy("The comment has the time of the call.")),
    (Q.COMMENT_TIME, "own_time"): Answer(
        means=gettext_lazy(
            "The comment has the time at which it was written. Its text and the data tag have the time of the call."
        )
    ),
    (Q.COMMENT_TIME, "shifted"): Answer(
        means=gettext_lazy(
            "The comment's time is %(hours)s hours off. Its text and the data tag have the time of the call."
        ),
        steps=(
            gettext_lazy("Compare the time zone in the customer's settings with the account's in Planfix."),
            gettext_lazy("Use the token of an administrator or a robot."),
            AGAIN,
        ),
    ),
    (Q.COMMENT_HTML, "kept"): Answer(means=gettext_lazy("Bold text and lines are kept.")),
    (Q.COMMENT_HTML, "removed"): Answer(means=gettext_lazy("Planfix removes the format. Ringofix writes plain text.")),
    (Q.COMMENT_HTML, "escaped"): Answer(
        means=gettext_lazy("Planfix shows the format as text, such as <b>. Ringofix writes plain text.")
    ),
    (Q.COMMENT_CHARACTERS, "kept"): Answer(means=gettext_lazy("Special characters are kept.")),
    (Q.COMMENT_CHARACTERS, "changed"): Answer(
        means=gettext_lazy("Planfix changes special characters. Names of lines and campaigns may be incomplete."),
        steps=(gettext_lazy("Avoid < > & in the names of lines and campaigns in Ringostat."),),
    ),
    (Q.EMOJI, "kept"): Answer(means=gettext_lazy("Emoji are kept.")),
    (Q.EMOJI, "emoji_removed"): Answer(means=gettext_lazy("Planfix removes emoji. The rest of the text is kept.")),
    (Q.EMOJI, "emoji_refused"): Answer(means=gettext_lazy("Planfix refuses emoji. Ringofix leaves them out.")),
    (Q.COMMENT_VISIBLE, "visible"): Answer(means=gettext_lazy("The comment is visible.")),
    (Q.COMMENT_VISIBLE, "hidden"): Answer(
        means=gettext_lazy("Planfix hides the comment. Only administrators see calls."),
        steps=(API_ACCESS, gettext_lazy("Choose an administrator or a robot for the token, and save."), AGAIN),
    ),
    (Q.SOURCE_ID, "shown"): Answer(means=gettext_lazy("Ringofix finds its own comments by their ID.")),
    (Q.SOURCE_ID, "missing"): Answer(
        means=gettext_lazy("Planfix does not show the ID. Ringofix finds its comments by the call ID in their text.")
    ),
    (Q.COMMENT_ORDER, "newest_first"): Answer(means=gettext_lazy("The newest comment comes first.")),
    (Q.COMMENT_ORDER, "oldest_first"): Answer(
        means=gettext_lazy("Planfix lists the oldest comment first. Ringofix reads the list to its end.")
    ),
    (Q.CALL_TAG, "written"): Answer(means=gettext_lazy("The data tag was filled.")),
    (Q.CALL_TAG, REFUSED): Answer(
        means=gettext_lazy("Planfix refused an entry of this data tag. Answered calls would fail."), steps=OWN_TAG
    ),
    (Q.CALL_TAG, NO_RIGHT): Answer(
        means=gettext_lazy("The token cannot fill data tags. No call would be complete."),
        steps=(API_ACCESS, gettext_lazy("Open the token, select datatag_add, and save."), AGAIN),
    ),
    (Q.CALL_FIELDS, "kept"): Answer(means=gettext_lazy("Every field reads as it was written.")),
    (Q.CALL_FIELDS, "lost"): Answer(
        means=gettext_lazy("Planfix did not store these fields as they were written: %(fields)s."), steps=LOST_FIELDS
    ),
    (Q.MIDNIGHT, "period_kept"): Answer(means=gettext_lazy("The times of the call are kept.")),
    (Q.MIDNIGHT, "period_changed"): Answer(
        means=gettext_lazy("Planfix does not store 24:00. The duration shows how long such a call lasted.")
    ),
    (Q.MISSED_CALL_TAG, "written"): Answer(means=gettext_lazy("The data tag was filled.")),
    (Q.MISSED_CALL_TAG, REFUSED): Answer(
        means=gettext_lazy("Planfix refused an entry of this data tag. Missed calls would fail."), steps=OWN_TAG
    ),
    (Q.MISSED_CALL_TAG, NO_RIGHT): Answer(
        means=gettext_lazy("The token cannot fill data tags. No call would be complete."),
        steps=(API_ACCESS, gettext_lazy("Open the token, select datatag_add, and save."), AGAIN),
    ),
    (Q.MISSED_CALL_FIELDS, "kept"): Answer(means=gettext_lazy("Every field reads as it was written.")),
    (Q.MISSED_CALL_FIELDS, "lost"): Answer(
        means=gettext_lazy("Planfix did not store these fields as they were written: %(fields)s."), steps=LOST_FIELDS
    ),
    (Q.FILES_ON_UPDATE, "added"): Answer(
        means=gettext_lazy("Planfix adds the file. A late recording reaches its call.")
    ),
    (Q.FILES_ON_UPDATE, "replaced"): Answer(
        means=gettext_lazy(
            "Planfix replaces the files. Ringofix sends the files that are there together with a late recording."
        )
    ),
    (Q.FILES_ON_UPDATE, "ignored"): Answer(
        means=gettext_lazy("Planfix ignores the file. Ringofix links a recording that is ready late.")
    ),
    (Q.TASK_CREATED, "created"): Answer(means=gettext_lazy("The task was created.")),
    (Q.TASK_CREATED, REFUSED): Answer(
        means=gettext_lazy("Planfix refused the task. Callback tasks of this template would fail."),
        steps=(
            READ_ANSWER,
            gettext_lazy("Or choose another task template."),
            AGAIN,
        ),
    ),
    (Q.TASK_CREATED, NO_RIGHT): Answer(
        means=gettext_lazy("The token cannot create tasks. Only callback tasks need this permission."),
        steps=(API_ACCESS, gettext_lazy("Open the token, select task_add, and save."), AGAIN),
    ),
    (Q.TASK_COMMENTS, "taken"): Answer(means=gettext_lazy("The task takes comments.")),
    (Q.TASK_COMMENTS, REFUSED): Answer(
        means=gettext_lazy("The template's process takes no comments. Ringofix adds such calls to the contact.")
    ),
    (Q.TASK_COMMENTS, NO_RIGHT): Answer(
        means=gettext_lazy("The token cannot write comments. No call would reach Planfix."),
        steps=(API_ACCESS, gettext_lazy("Open the token, select comment_add, and save."), AGAIN),
    ),
    (Q.TASK_CLOSED, "deleted"): Answer(means=gettext_lazy("The task was deleted.")),
    (Q.TASK_CLOSED, "closed"): Answer(means=gettext_lazy("The task was closed.")),
    (Q.TASK_CLOSED, "stays_open"): Answer(
        means=gettext_lazy("The template's process does not let Ringofix close a task. Callback tasks stay open.")
    ),
    (Q.TASK_CLOSED, "not_tried"): Answer(means=gettext_lazy("The task could neither be deleted nor closed.")),
    (Q.TASK_FILTER, "works"): Answer(means=gettext_lazy("Planfix finds the contact's tasks and no others.")),
    (Q.TASK_FILTER, "no_tasks"): Answer(means=gettext_lazy("The account shows no task of a contact to try it with.")),
    (Q.TASK_FILTER, "others_found"): Answer(
        means=gettext_lazy("Planfix lists tasks of other contacts too. Calls could go to the wrong task."),
        steps=(CHANGE_TARGET, ASK_PLANFIX),
    ),
    (Q.TASK_FILTER, "not_found"): Answer(
        means=gettext_lazy("Planfix does not find the contact's tasks. Calls go to the contact."),
        steps=(CHANGE_TARGET,),
    ),
    (Q.TASK_ROWS, "complete"): Answer(
        means=gettext_lazy("Planfix shows the status and the creation time of each task.")
    ),
    (Q.TASK_ROWS, "no_tasks"): Answer(means=gettext_lazy("The account shows no task to try it with.")),
    (Q.TASK_ROWS, "no_activity"): Answer(
        means=gettext_lazy("Planfix does not show which task is active. Calls go to the contact."),
        steps=(CHANGE_TARGET,),
    ),
    (Q.TASK_ROWS, "no_creation_time"): Answer(
        means=gettext_lazy("Planfix does not show when a task was created. Calls could go to the wrong task."),
        steps=(CHANGE_TARGET,),
    ),
    (Q.TASK_ROWS, "wrong_creation_time"): Answer(
        means=gettext_lazy("Planfix shows another creation time. Calls could go to the wrong task."),
        steps=(CHANGE_TARGET, ASK_PLANFIX),
    ),
    (Q.TASK_ROWS, "not_active"): Answer(
        means=gettext_lazy("A new task of this template is not active. Calls go to such a task once it is.")
    ),
    (Q.REQUEST_RATE, "accepted"): Answer(means=gettext_lazy("Planfix accepted both.")),
    (Q.REQUEST_RATE, "with_wait"): Answer(
        means=gettext_lazy(
            "Planfix refused the second request and asked to wait %(seconds)s s. Ringofix waits this long."
        )
    ),
    (Q.REQUEST_RATE, "without_wait"): Answer(
        means=gettext_lazy(
            "Planfix refused the second request without saying how long to wait. Ringofix tries again after growing"
            " delays."
        )
    ),
    (Q.RIGHTS, "complete"): Answer(means=gettext_lazy("No permission was missing.")),
    (Q.RIGHTS, "missing"): Answer(
        means=gettext_lazy("The token is missing permissions: %(scopes)s."),
        steps=(API_ACCESS, gettext_lazy("Open the token, select %(scopes)s, and save."), AGAIN),
    ),
    (Q.RIGHTS, "only_trial"): Answer(
        means=gettext_lazy("The token is missing %(scopes)s. Only the trial needs them; calls do not.")
    ),
    (Q.DELETED_CONTACTS, "hidden"): Answer(means=gettext_lazy("Deleted contacts are not found.")),
    (Q.DELETED_CONTACTS, "marked"): Answer(
        means=gettext_lazy("Deleted contacts are found, with a mark. Ringofix ignores them.")
    ),
    (Q.DELETED_CONTACTS, "not_marked"): Answer(
        means=gettext_lazy("Deleted contacts are found like others. A call could go to a deleted contact."),
        steps=(gettext_lazy("Ask Planfix support why the API does not show which contacts are deleted."),),
    ),
    (Q.REMOVED, "all"): Answer(means=gettext_lazy("Nothing of the trial is left in Planfix.")),
    (Q.REMOVED, "kept_on_purpose"): Answer(
        means=gettext_lazy("Records of the trial that stay in Planfix, as you asked: %(count)s.")
    ),
    (Q.REMOVED, "closed_task"): Answer(
        means=gettext_lazy("Planfix's API deletes no tasks. The trial's task is closed; delete it by hand.")
    ),
    (Q.REMOVED, "some_left"): Answer(
        means=gettext_lazy("Records of the trial that are still in Planfix: %(count)s."),
        steps=(
            gettext_lazy("Delete the records below in Planfix, or give the token the permission and clean up here."),
        ),
    ),
}
"""By question and answer."""


WHY: Mapping[str, Text] = {
    UNFINDABLE_FILE: gettext_lazy("Planfix did not confirm the copy, and its API cannot search for files."),
    NO_REQUESTS_LEFT: gettext_lazy("The trial's limit of requests is reached."),
    NOT_DELETED: gettext_lazy("Planfix did not delete the contact."),
    CLOSED_TASK: gettext_lazy("Planfix's API deletes no tasks. The task is closed."),
    OPEN_TASK: gettext_lazy("Planfix's API deletes no tasks, and the task's process does not let it be closed."),
}
"""Reasons why a record is still in Planfix. Other reasons are Planfix's own words."""


def why_left(why: str) -> str:
    return str(WHY.get(why, why))


def title_of(question: Question) -> str:
    return str(QUESTION_TEXTS[question].title)


def answer_of(finding: Finding) -> Answer:
    """The sentences for a finding. Falls back to the answer's code if this release does not know the answer."""
    special = ANSWERS.get((finding.question, finding.answer))
    return special or ANY_QUESTION.get(finding.answer) or Answer(means=finding.answer)


def meaning_of(finding: Finding) -> str:
    return str(answer_of(finding).means) % _Names(finding.names)


def steps_of(finding: Finding) -> list[str]:
    return [str(step) % _Names(finding.names) for step in answer_of(finding).steps]


def detail_of(finding: Finding) -> str:
    """One line: what the finding means, what Planfix answered, and what to do."""
    came = _("Planfix: %(came)s") % {"came": finding.came} if finding.came else ""
    return " ".join(part for part in (meaning_of(finding), came, *steps_of(finding)) if part)


class _Names(dict[str, str]):
    """Shows a missing value as nothing."""

    def __missing__(self, name: str) -> str:
        return ""
