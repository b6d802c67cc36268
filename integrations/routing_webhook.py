"""The view of Ringostat's webhook forwarding number: answers whom to ring. Knows nothing of contacts."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from integrations.services.intake.traffic_limit import count_wrong_address
from integrations.services.routing.question_limit import count_question
from integrations.services.routing.respond import GivenAnswer, answer_at
from integrations.users.client_ip import client_network
from integrations.webhooks import RawRequestView, Refusal


class QuestionThrottle(BaseThrottle):
    """Answers 429 above the limit of the customer, or of wrong addresses."""

    seconds = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.seconds = count_question(view.kwargs["token"], lambda: client_network(request.META))
        return not self.seconds

    def wait(self) -> float | None:
        return self.seconds or None


class RingostatRouting(RawRequestView):
    """Answers 200 with the direction to ring, or with an empty one. 503 only while the database cannot be reached."""

    throttle_classes = (QuestionThrottle,)

    def post(self, request: Request, token: str) -> HttpResponse:
        self.check_network(request, "questions are not taken from here")
        answer = answer_at(token, self.raw(request))
        if answer is None:
            count_wrong_address(client_network(request.META))
            raise Refusal(404, "unknown address")
        return _RoutingResponse(answer)

    get = put = post


class _RoutingResponse(HttpResponse):
    """Stores the answer after it has been sent, so that the ringing telephone does not wait for that."""

    def __init__(self, answer: GivenAnswer) -> None:
        super().__init__(answer.reply.body, content_type=answer.reply.content_type)
        self._store = answer.store

    def close(self) -> None:
        store, self._store = self._store, lambda: None
        try:
            store()
        finally:
            super().close()
