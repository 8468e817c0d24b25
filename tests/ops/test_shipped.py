"""What the Dockerfile and the compose file promise, as far as a reader can tell without an engine."""

import configparser
import re
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.ops.compose import compose, filled_in
from tests.ops.image import BASE, Instruction, stages
from tests.serving import ROOT

SERVICES: dict[str, dict[str, Any]] = compose()["services"]
STAGES = stages((ROOT / "Dockerfile").read_text())
TARGETS = ("serve", "train")
DOCUMENTED = {"credit-score-api": 8000, "prometheus": 9090, "grafana": 3000}
JOBS = ("migrate", "train")
SCRIPTS = ["ops/entrypoint.sh", "ops/with-secrets", "ops/make-secrets", "ops/nginx/start"]
SCRIPTS += [
    "ops/postgres/databases.sh",
    "ops/postgres/monitor.sh",
    "ops/prometheus/start",
    "ops/backup",
    "ops/data-host/with-own-key",
    "ops/hand-out",
    "ops/make-certificates",
    "ops/alertmanager/start",
    "requirements/install",
]
each_service = pytest.mark.parametrize("name", SERVICES)


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of the environment on the repository."""
    program = Path(sys.executable).parent / command[0]
    return subprocess.run(
        [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_dockerfile_passes_its_linter() -> None:
    """Without an exception."""
    done = tool("hadolint", "Dockerfile")
    assert done.returncode == 0, done.stdout


def test_the_compose_file_follows_its_specification() -> None:
    """By the schema that the specification publishes."""
    done = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SCRIPTS)
def test_scripts_are_plain_shell_and_may_be_run(path: str) -> None:
    """In the images there is no bash."""
    assert (ROOT / path).stat().st_mode & 0o111
    assert (ROOT / path).read_text().startswith("#!/bin/sh\n")
    done = subprocess.run(["sh", "-n", ROOT / path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def steps(name: str) -> list[Instruction]:
    """All steps that make a target, its parents' first."""
    stage = STAGES[name]
    return [*([] if stage.parent == BASE else steps(stage.parent)), *stage.steps]


def test_there_is_one_base_and_it_is_the_documented_one() -> None:
    """Every stage leads back to it, and the last stage is the one that serves."""
    assert {stage.parent for stage in STAGES.values()} - set(STAGES) == {BASE}
    assert list(STAGES)[-1] == "serve"


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_ends_as_a_user_without_root_and_installs_nothing_itself(target: str) -> None:
    """Packages come ready from another stage, with their hashes checked; no compiler is ever there."""
    words = [step.word for step in steps(target)]
    assert [step.text for step in steps(target) if step.word == "USER"] == ["10001:10001"]
    assert words.index("USER") > max(i for i, word in enumerate(words) if word in ("RUN", "COPY"))
    runs = " ".join(step.text for step in steps(target) if step.word == "RUN")
    assert not re.search(r"\b(pip|apt|apt-get|gcc|install \w+\.txt)\b", runs)
    assert "HEALTHCHECK" in words
    script = (ROOT / "requirements/install").read_text()
    installs = [line for line in script.splitlines() if line.startswith("pip install")]
    assert all("--require-hashes" in line and "--only-binary=:all:" in line for line in installs)


def test_what_serves_holds_nothing_that_trains() -> None:
    """Neither the packages nor the code nor the data."""
    locked = (ROOT / "requirements/serve.txt").read_text()
    names = set(re.findall(r"^([a-zA-Z0-9_.-]+)==", locked, re.MULTILINE))
    assert {"flask", "onnxruntime", "psycopg", "mlflow-skinny"} <= names
    assert not names & {"mlflow", "scikit-learn", "pandas", "scipy", "pyarrow", "skl2onnx", "dask"}
    copied = [step.text.split()[0] for step in steps("serve") if step.word == "COPY"]
    assert not {"training/", "data/", "tests/", "."} & set(copied)


def test_the_context_holds_what_is_copied_and_no_secret() -> None:
    """Everything is left out but what is named."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    named = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        word.rstrip("/")
        for stage in STAGES.values()
        for step in stage.steps
        if step.word == "COPY" and not step.text.startswith("--from=")
        for word in step.text.split()[:-1]
    }
    assert all(word in named or f"{word.split('/')[0]}/*.txt" in named for word in copied)
    assert not any(re.search(r"^secrets|instance|\.env|\.git|mlruns|\.db", name) for name in named)


def test_the_documented_services_ports_network_and_volumes_are_there() -> None:
    """Under the names that others know."""
    for name, port in DOCUMENTED.items():
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
        assert "monitoring" in SERVICES[name]["networks"]
    assert compose()["networks"]["monitoring"]["name"] == "monitoring"
    volumes = compose()["volumes"]
    assert {"prometheus-data", "grafana-data"} <= {
        volume["name"] for volume in volumes.values() if volume
    }
    assert "--storage.tsdb.retention.time=30d" in SERVICES["prometheus"]["command"]


@each_service
def test_a_service_is_checked_restarted_and_limited(name: str) -> None:
    """And its log cannot fill the disk."""
    service = SERVICES[name]
    assert "test" in service["healthcheck"]
    assert service["restart"] == ("on-failure:3" if name in JOBS else "unless-stopped")
    assert {"cpus", "memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
    assert service["logging"] == {"driver": "${CREDITAPP_LOG_DRIVER:-local}"}


def test_the_log_is_kept_for_the_days_that_the_handbook_says() -> None:
    """By journald, which deletes whole files: a file holds a day."""
    config = configparser.ConfigParser()
    config.read(ROOT / "ops/journald/creditapp.conf")
    journal = config["Journal"]
    assert (journal["maxretentionsec"], journal["maxfilesec"]) == ("30day", "1day")
    text = (ROOT / "docs/operations.md").read_text()
    assert "30 days, by journald" in text


@each_service
def test_a_service_has_no_rights_it_does_not_need(name: str) -> None:
    """No capability, no new privilege, a read-only root, and a user that is not root."""
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    if "build" not in service and not service["image"].startswith("creditapp"):
        assert int(service["user"].split(":")[0]) > 0


@each_service
def test_a_service_is_reached_from_this_machine_alone_unless_it_is_nginx(name: str) -> None:
    """A port without an address is open to everybody."""
    ports = SERVICES[name].get("ports", [])
    local = [port.startswith("127.0.0.1:") for port in ports]
    assert not any(local) if name == "nginx" else all(local)


@each_service
def test_a_version_is_pinned(name: str) -> None:
    """No image changes because a day has passed."""
    image, _, tag = SERVICES[name]["image"].rpartition(":")
    assert image
    assert re.match(r"v?\d+\.\d+", tag)


@each_service
def test_no_secret_has_a_default_or_stands_in_the_environment(name: str) -> None:
    """Secrets are files; what names one has no value of its own."""
    service = SERVICES[name]
    for key, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|SECRET|TOKEN|DATABASE_URL|STORE_URI", key) and "SIGN_UP" not in key:
            assert value.startswith("/run/secrets/"), key
            assert Path(value).name in service["secrets"]
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(r"://[^/\s$]+:[^@\s$]+@", text)


@each_service
def test_who_is_waited_for_is_waited_for_until_ready(name: str) -> None:
    """Health, or the end of a job."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in JOBS else "service_healthy"
        assert how["condition"] == expected


def test_a_stop_leaves_gunicorn_the_time_it_gives_to_requests() -> None:
    """And nginx no less than the service behind it."""
    config = (ROOT / "ops/gunicorn.conf.py").read_text()
    [graceful] = re.findall(r"^graceful_timeout = (\d+)", config, re.MULTILINE)
    grace = {
        name: int(SERVICES[name]["stop_grace_period"].rstrip("s"))
        for name in ("credit-score-api", "nginx")
    }
    assert grace["credit-score-api"] > int(graceful)
    assert grace["nginx"] >= grace["credit-score-api"]


def test_the_service_runs_twice_and_nginx_knows_both_where_they_stay() -> None:
    """Nginx looks names up at its start alone, so a replaced container must come back to its address."""
    hosts = [SERVICES[name] for name in ("credit-score-api", "credit-score-api-2")]
    fixed = [host["networks"]["front"]["ipv4_address"] for host in hosts]
    upstreams = SERVICES["nginx"]["environment"]["UPSTREAMS"].split(",")
    assert upstreams == [f"{address}:8000" for address in fixed]
    [front] = compose()["networks"]["front"]["ipam"]["config"]
    others = ip_network(front["ip_range"])
    assert not any(ip_address(address) in others for address in fixed)
    assert [host["image"] for host in hosts] == [SERVICES["migrate"]["image"]] * 2


def test_the_data_lead_nowhere_but_to_the_service() -> None:
    """The database, the limits and the registry are on an internal network, and on no other."""
    assert compose()["networks"]["data"] == {"internal": True}
    for name in ("postgres", "redis", "mlflow"):
        assert SERVICES[name]["networks"] == ["data"]


def test_what_is_required_is_asked_for() -> None:
    """Without its names the system does not start."""
    nginx = SERVICES["nginx"]["environment"]["SERVER_NAME"]
    assert filled_in(nginx, {"CREDITAPP_HOSTNAME": "x"}) == "x"
    with pytest.raises(AssertionError, match="required"):
        filled_in(nginx, {})


@pytest.mark.parametrize(
    "secret", ["", "short", "changeme-changeme", "Postgres-password-1", "admin-admin-admin-"]
)
def test_an_empty_or_known_secret_starts_nothing(secret: str, tmp_path: Path) -> None:
    """The program behind it is never reached."""
    file = tmp_path / "secret"
    file.write_text(secret)
    command = [ROOT / "ops/with-secrets", file, "--", "echo", "started"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(file) in done.stderr


def test_made_secrets_are_random_kept_and_closed_to_others(tmp_path: Path) -> None:
    """Each once; a second run changes none; each is good enough for its own check."""
    made = []
    for folder in ("first", "second", "first"):
        subprocess.run([ROOT / "ops/make-secrets", tmp_path / folder], check=True)
        made.append({one.name: one.read_text() for one in (tmp_path / folder).iterdir()})
    assert made[0] == made[2]
    random = set(made[0]) - {"secret_key_fallbacks"}
    assert all(made[0][name] != made[1][name] for name in random)
    assert (tmp_path / "first").stat().st_mode & 0o777 == 0o700
    assert set(made[0]) == set(compose()["secrets"])
    passwords = [tmp_path / "first" / name for name in ("postgres", "redis", "grafana")]
    command = [ROOT / "ops/with-secrets", *passwords, "--", "echo", "started"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "started\n")
