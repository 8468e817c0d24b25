"""What every version must do on a schema that suits it: decide, record, look up, and review."""

from tests.clients import csrf_token
from tests.portfolios import EXAMPLE
from tests.serving import Browser, Service

PAGES = ("/", "/decisions", "/decisions/waiting", "/models", "/policy", "/drift", "/events")


def use(service: Service, name: str, password: str) -> None:
    """Use a running service as programs and people do, and as one admin."""
    _use_as_program(service)
    _use_as_person(service, name, password)


def _use_as_program(service: Service) -> None:
    assert service.get("/api/health").status == 200
    decided = [service.post("/api/predict", EXAMPLE, once="smoke") for _ in range(2)]
    assert [one.status for one in decided] == [200, 200], decided[0].body
    assert decided[0].json["decision_id"] == decided[1].json["decision_id"]
    batch = service.post("/api/predict-batch", {"applications": [EXAMPLE] * 3})
    assert (batch.status, len(batch.json["predictions"])) == (200, 3)
    assert service.get(f"/api/decisions/{decided[0].json['decision_id']}").status == 200
    assert service.get("/api/model-info").status == 200


def _use_as_person(service: Service, name: str, password: str) -> None:
    browser = Browser(service)
    token = csrf_token(browser.get("/sign-in").body.decode())
    form = {"csrf_token": token, "name": name, "password": password}
    answer = browser.post("/sign-in", form)
    assert answer.status == 302, answer.body[-3000:]
    statuses = {path: browser.get(path).status for path in PAGES}
    assert set(statuses.values()) == {200}, statuses
    made = service.post("/api/predict", EXAMPLE).json["decision_id"]
    page = browser.get(f"/decisions/{made}")
    form = {
        "csrf_token": csrf_token(page.body.decode()),
        "outcome": "decline",
        "reason": "other",
        "note": "smoke",
        "confirmed": "decline",
    }
    assert browser.post(f"/decisions/{made}/review", form).status == 302
    assert service.get(f"/api/decisions/{made}").json["review"]["outcome"] == "decline"
