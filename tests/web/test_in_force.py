"""The metrics say which model and which policy are in force: the dashboard marks the moment of a change."""

from flask import Flask

from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Policy
from creditapp.serving import change_lock, deployments
from creditapp.serving.deployments import Change
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE


def in_force(client: StrictClient, name: str) -> dict[str, float]:
    """The samples of a gauge after a decision, by their labels."""
    assert client.post("/api/predict", json=EXAMPLE).status_code == 200
    lines = client.get("/metrics").text.splitlines()
    samples = [line.removeprefix(name).split() for line in lines if line.startswith(name + "{")]
    return {labels: float(value) for labels, value in samples}


def test_the_policy_in_force_is_1_and_the_one_before_is_0(app: Flask, client: StrictClient) -> None:
    """From the first request that is decided by it."""
    name = "creditapp_policy_in_force"
    [before] = [one for one, value in in_force(client, name).items() if value == 1]
    with app.app_context():
        version = policy_versions.put_in_force(Policy("tried", 0.9, 0.6), A_TEST, "to try").version
    after = in_force(client, name)
    assert (after[before], after[f'{{policy="{version}"}}']) == (0, 1)
    assert sum(after.values()) == 1


def test_a_deployment_of_the_same_version_is_a_change_too(app: Flask, client: StrictClient) -> None:
    """A version that comes back after another is marked once more."""
    name = "creditapp_model_in_force"
    assert in_force(client, name)['{deployment="1",version="1"}'] == 1
    for version in ("2", "1"):
        with app.app_context(), change_lock.hold("a test") as turn:
            first = deployments.history()[-1]
            bundle = deployments.load_bundle(first.bundle_digest)
            change = Change(A_TEST, "to try", turn)
            deployments.deploy(first.model_name, version, first.portfolio, bundle, change)
        in_force(client, name)
    after = in_force(client, name)
    assert after['{deployment="3",version="1"}'] == 1
    assert sum(after.values()) == 1
