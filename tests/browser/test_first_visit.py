"""What a first visit costs: sign-in page and dashboard with everything that they load."""

from __future__ import annotations

import pytest
from playwright.sync_api import Response
from support.journeys import Journey

MOST = 250_000


@pytest.mark.long
@pytest.mark.parametrize("who", ["E0004", "E0002"])
def test_a_first_visit_transfers_little(journey: Journey, who: str) -> None:
    answers: list[Response] = []
    journey.page.on("response", lambda answer: answers.append(answer))
    journey.sign_in(who)
    journey.page.wait_for_load_state("networkidle")
    sizes = {
        answer.url.removeprefix(journey.address): sum(
            answer.request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize")
        )
        for answer in answers
        if answer.status == 200
    }
    assert any("bootstrap" in path for path in sizes)
    assert sum(sizes.values()) <= MOST, sizes
