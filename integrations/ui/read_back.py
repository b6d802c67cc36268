"""Labels and rows for pages that show a read-back call: verified, or what differs in Planfix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.models import ReadBack
from integrations.services.read_back.compare import Difference, Part
from integrations.services.read_back.findings import differences_in
from integrations.ui.labels import Badge, LazyText

VERIFIED = Badge(label=_("Verified in Planfix"), icon="check_circle", colour="success")
DIFFERS = Badge(label=_("Differs in Planfix"), icon="error", colour="danger")

PARTS: Mapping[Part, LazyText] = {
    Part.COMMENT: _("Comment"),
    Part.TARGET: _("Contact or task"),
    Part.AUTHOR: _("Author"),
    Part.TIME: _("Time"),
    Part.TEXT: _("Text"),
    Part.LINK: _("Link"),
    Part.HIDDEN: _("Visibility"),
    Part.FILE: _("Recording file"),
    Part.TAG: _("Data tag entry"),
}
"""Names of parts. VALUE, a data tag's value, is named after its field."""

VALUES: Mapping[str, LazyText] = {
    "visible": pgettext_lazy("of a comment", "visible"),
    "hidden": pgettext_lazy("of a comment", "hidden"),
}
"""Stored words, and what pages show for them in the reader's language."""

NOTHING = pgettext_lazy("read from Planfix", "nothing")


@dataclass(frozen=True, kw_only=True)
class DifferenceRow:
    name: LazyText
    sent: LazyText
    read: LazyText


@dataclass(frozen=True, kw_only=True)
class ReadBackResult:
    badge: Badge
    read_at: datetime
    is_verified: bool
    differences: list[DifferenceRow]
    """Empty for a verified call, and after retention has deleted them."""

    @property
    def names(self) -> list[LazyText]:
        """The parts that differ."""
        return [row.name for row in self.differences]


def read_back_result(row: ReadBack | None) -> ReadBackResult | None:
    """None for a call that was not read back."""
    if row is None or row.read_at is None:
        return None
    return ReadBackResult(
        badge=VERIFIED if row.verified else DIFFERS,
        read_at=row.read_at,
        is_verified=bool(row.verified),
        differences=[_row(difference) for difference in differences_in(row)],
    )


def _row(difference: Difference) -> DifferenceRow:
    return DifferenceRow(
        name=PARTS.get(difference.part, difference.field),
        sent=VALUES.get(difference.sent, difference.sent),
        read=VALUES.get(difference.read, difference.read) or NOTHING,
    )
