"""The examples of the API's documentation."""

PREDICTION = {
    "prediction": 1,
    "probability_good_credit": 0.85,
    "probability_bad_credit": 0.15,
    "score": 537,
    "risk_level": "LOW",
    "model_version": "3",
    "timestamp": "2026-11-23T10:30:45.123456+00:00",
    "decision_id": "019ab0c5-7c3e-7d52-9f5e-2d6a4f1b8c90",
    "decision": "approve",
    "reasons": [],
    "outside_training": [],
    "policy_version": "default-1",
    "reference": None,
    "earlier_decisions": [],
}
PROBLEM = {
    "type": "about:blank",
    "title": "Invalid input",
    "status": 422,
    "detail": "the application breaks the rules",
    "request_id": "019ab0c5-7c3e-7d52-9f5e-2d6a4f1b8c90",
}
