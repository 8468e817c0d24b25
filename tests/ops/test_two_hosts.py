"""A data host and an application host, as the handbook leads to them, in two network namespaces."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ops.compose import compose, filled_in
from tests.serving import ROOT

DATA_HOST, APPLICATION_HOST = "ops/compose/data-host.yml", "ops/compose/application-host.yml"
NAMESPACE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
SERVERS = ("postgres", "redis", "registry")


@pytest.fixture(scope="session")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the two saw of each other."""
    found = tmp_path_factory.mktemp("two-hosts") / "findings.json"
    command = [sys.executable, "-m", "tests.ops.two_hosts", "main", str(found)]
    done = subprocess.run(
        [*NAMESPACE, *command],
        cwd=ROOT,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-8000:]
    seen: dict[str, Any] = json.loads(found.read_text())
    return seen


@pytest.mark.parametrize("override", [DATA_HOST, APPLICATION_HOST])
def test_a_host_of_several_follows_the_specification(override: str, tmp_path: Path) -> None:
    """The override by itself, and merged into the file that it belongs to."""
    merged = tmp_path / "merged.yml"
    merged.write_text(yaml.safe_dump(compose(override)))
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, override, merged]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_each_service_runs_on_one_kind_of_host() -> None:
    """But the numbers of the host, which each has."""
    everything, data, application = (
        set(compose(*files)["services"]) for files in ((), (DATA_HOST,), (APPLICATION_HOST,))
    )
    assert data | application == everything | {"data-door"}
    assert data & application == {"node-exporter"}
    assert {"postgres", "redis", "mlflow", "migrate", "train", "sealer", "keeper"} <= data
    assert {"credit-score-api", "credit-score-api-2", "nginx", "prometheus"} <= application


@pytest.mark.parametrize("override", [DATA_HOST, APPLICATION_HOST])
def test_a_host_waits_for_nothing_that_is_elsewhere(override: str) -> None:
    """Compose refuses a file in which a service needs one that is not enabled."""
    services = compose(override)["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services or how.get("required") is False, (name, other)


def test_the_data_are_published_on_the_address_that_must_be_named() -> None:
    """By three services, on a network from which nothing gets out; without an address nothing starts."""
    found = compose(DATA_HOST)
    ports = {name: one["ports"] for name, one in found["services"].items() if one.get("ports")}
    assert set(ports) == {"postgres", "redis", "data-door"}
    for [port] in ports.values():
        assert filled_in(port, {"CREDITAPP_DATA_ADDRESS": "10.0.0.10"}).startswith("10.0.0.10:")
        with pytest.raises(AssertionError, match="required"):
            filled_in(port, {})
    options = found["networks"]["published"]["driver_opts"]
    assert options == {"com.docker.network.bridge.enable_ip_masquerade": "false"}


def test_the_door_has_no_rights_it_does_not_need() -> None:
    """No more than any other service."""
    door, nginx = (compose(DATA_HOST)["services"]["data-door"], compose()["services"]["nginx"])
    for key in ("cap_drop", "security_opt", "read_only", "user", "restart", "logging", "image"):
        assert door[key] == nginx[key]
    assert {"cpus", "memory", "pids"} <= set(door["deploy"]["resources"]["limits"])


def test_an_application_host_knows_no_more_than_it_must(findings: dict[str, Any]) -> None:
    """Neither the key of the seals nor the superuser's password, and all that its services read."""
    services = compose(APPLICATION_HOST)["services"].values()
    assert set(findings["handed out"]) == {
        name for service in services for name in service.get("secrets", [])
    }


def test_an_application_host_decides_and_records_on_the_data_host(findings: dict[str, Any]) -> None:
    """By connections that are all encrypted; what it counts for the limits is there too."""
    asked = findings["asked"], findings["asked there"]
    assert asked == ("compose up --build --detach --wait\n",) * 2
    assert [status for status, _ in findings["decided"]] == [200, 200]
    assert findings["decisions"] == 2
    number, encrypted = findings["connections"].split("|")
    assert (int(number) > 0, encrypted) == (True, "t")
    assert findings["counted"] > 0


def test_an_application_host_reloads_from_the_registry_on_the_data_host(
    findings: dict[str, Any],
) -> None:
    """The second version is read through the door, and served."""
    assert (findings["reload"][0], findings["reload"][1]["model_version"]) == (200, "2")
    assert [answer["model_version"] for _, answer in findings["decided"]] == ["1", "2"]


def test_whoever_names_the_data_host_rightly_is_answered(findings: dict[str, Any]) -> None:
    """By all three, and the start has nothing to warn of."""
    assert findings["right"] == dict.fromkeys(SERVERS, "answered")
    assert "not protected" not in findings["start"]


def test_a_connection_without_tls_is_refused(findings: dict[str, Any]) -> None:
    """By each in its own words; and the superuser is refused with TLS too."""
    said = findings["plain"]
    assert "no encryption" in said["postgres"]
    assert "no pg_hba.conf entry" in said["superuser"]
    assert said["redis"].startswith(("TimeoutError", "ConnectionError"))
    assert "400" in said["registry"]
    assert "400" in said["without a certificate"]


@pytest.mark.parametrize("case", ["another name", "another authority"])
def test_a_certificate_of_another_is_refused(findings: dict[str, Any], case: str) -> None:
    """The client ends the connection before it says its password."""
    for server in SERVERS:
        said = findings[case][server]
        assert "certificate" in said, server
        assert ("match" in said or "not valid for" in said) == (case == "another name")


def test_nothing_but_three_ports_answers_on_the_data_host(findings: dict[str, Any]) -> None:
    """Of all 65,535; and no container can be reached by its own address."""
    assert findings["published"] == findings["open"] == [5432, 5443, 6380]
    assert all("unreachable" in said for said in findings["containers"])


def test_the_monitoring_of_an_application_host_sees_the_data_host(findings: dict[str, Any]) -> None:
    """PostgreSQL, Redis, its disks and its backups, besides the service itself."""
    jobs = ("data-host", "postgres", "redis", "credit-score-api")
    assert findings["targets"] == dict.fromkeys(jobs, "up")


def make_certificates(folder: Path, name: str = "data.example") -> subprocess.CompletedProcess[str]:
    """Run the shipped command on a folder."""
    command = [ROOT / "ops/make-certificates", name, folder]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_certificates_are_kept_and_made_anew_when_they_are_gone(tmp_path: Path) -> None:
    """By the same authority, which only its owner may use."""
    assert make_certificates(tmp_path).returncode == 0
    before = {file.name: file.read_text() for file in tmp_path.iterdir()}
    for name in ("data_host_certificate", "data_host_key"):
        (tmp_path / name).unlink()
    assert make_certificates(tmp_path).returncode == 0
    after = {file.name: file.read_text() for file in tmp_path.iterdir()}
    changed = {name for name, text in after.items() if before[name] != text}
    assert changed == {"data_host_certificate", "data_host_key"}
    assert (tmp_path / "data_ca_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["other.example", "Data.example", "a b", "*.example", ""])
def test_certificates_for_a_wrong_name_are_an_error(name: str, tmp_path: Path) -> None:
    """A name that is none, or that the certificate there does not have."""
    assert make_certificates(tmp_path).returncode == 0
    done = make_certificates(tmp_path, name)
    assert done.returncode == 2
    assert "ops/make-certificates" in done.stderr


def test_certificates_of_another_authority_are_taken_as_they_are(tmp_path: Path) -> None:
    """Without its key, what is missing cannot be made, and that is said."""
    assert make_certificates(tmp_path).returncode == 0
    (tmp_path / "data_ca_key").unlink()
    assert make_certificates(tmp_path).returncode == 0
    (tmp_path / "data_client").unlink()
    done = make_certificates(tmp_path)
    assert (done.returncode, (tmp_path / "data_client").exists()) == (2, False)
    assert "data_ca_key" in done.stderr
