"""Sentences about the answers to Ringostat's question whom to ring first."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import RoutingAnswer, RoutingReason, RoutingSource
from integrations.services.routing.decide import Proposal
from integrations.ui.labels import LazyText

RANG: Mapping[RoutingSource, LazyText] = {
    RoutingSource.RESPONSIBLE: gettext_lazy("Rang %(who)s first: responsible for contact %(contact)s."),
    RoutingSource.LAST_TALKED: gettext_lazy("Rang %(who)s first: talked with the client last."),
    RoutingSource.FIXED: gettext_lazy("Rang %(who)s first: the fixed direction of the routing."),
}


def answer_sentence(answer: RoutingAnswer) -> str:
    """Describes an answer and its reason, such as "Rang Iryna first: responsible for contact 812"."""
    if answer.directions:
        who = ", ".join(answer.names or answer.directions)
        return str(RANG[RoutingSource(answer.source)]) % {"who": who, "contact": answer.contact_id}
    return _("Ringostat asked whom to ring first and got no direction: %(why)s.") % {"why": reason_text(answer.reason)}


RINGS: Mapping[RoutingSource, LazyText] = {
    RoutingSource.RESPONSIBLE: gettext_lazy("Rings %(who)s: responsible for contact %(contact)s."),
    RoutingSource.LAST_TALKED: gettext_lazy("Rings %(who)s: talked with the client last."),
    RoutingSource.FIXED: gettext_lazy("Rings %(who)s: the fixed direction."),
}


def proposal_sentence(proposal: Proposal) -> str:
    """Describes the proposal of one source for a number that a person tries out."""
    names = {"who": ", ".join(proposal.names or proposal.directions), "contact": proposal.contact_id}
    if proposal.directions:
        return str(RINGS[proposal.source]) % names
    text = _("%(source)s: %(why)s.")
    return text % {"source": proposal.source.label, "why": reason_text(proposal.reason or "")}


def reason_text(reason: str) -> str:
    return str(RoutingReason(reason).label) if reason in RoutingReason else _("no source is set")
