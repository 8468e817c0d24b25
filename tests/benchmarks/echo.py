"""The floor: a bare Flask route that answers with the JSON it was sent."""

from typing import Any

from flask import Flask, request

app = Flask(__name__)


@app.post("/api/predict")
def echo() -> Any:
    """What was sent."""
    return request.get_json()


@app.get("/api/live")
def live() -> dict[str, str]:
    """Whether it runs."""
    return {"status": "alive"}
