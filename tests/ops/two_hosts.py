"""Runs a data host and an application host as the handbook says, and writes down what each sees of the other.

Started in mount and process namespaces of its own. Each host is a network namespace and a copy of the
shipped files. What the data host's containers run is in a third namespace: only the published ports lead
there, as with an engine. PostgreSQL, Redis, nginx, MLflow, Prometheus and the exporters are this machine's.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis
import requests

from tests.ops.compose import Service, compose, filled_in, service
from tests.ops.composed import POSTGRES, documented, training_path
from tests.portfolios import EXAMPLE
from tests.serving import ROOT, Answer, send, wait_until

NAME = "credit.example"
DATA, APPLICATION = "10.0.0.10", "10.0.0.21"
CONTAINERS = {
    "postgres": "172.30.3.2",
    "redis": "172.30.3.3",
    "mlflow": "172.30.3.4",
    "data-door": "172.30.3.5",
    "node-exporter": "172.30.3.6",
}
PORTS = (8000, 8001)
MONITORING = "172.30.2.10"
"""Where the application host's Prometheus finds the service."""
ENV = f"""CREDITAPP_HOSTNAME={NAME}
ALERT_WEBHOOK_URL=http://127.0.0.1:9/nobody
CREDITAPP_DOCUMENTATION_URL=https://docs.example
CREDITAPP_WORKERS=1
"""
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
# The project may lie below /tmp itself.
IN_PLACE = """set -e
mount --bind "$1" /etc/hosts
mount --bind "$2" /run/secrets
mkdir -p /mnt/project
mount --bind "$3" /mnt/project
mount -t tmpfs tmp /tmp
mkdir -p "$3"
mount --bind /mnt/project "$3"
cd "$3"
shift 3
exec "$@"
"""


@dataclass
class Host:
    """One of the two: its folder, and the namespace in which its containers run."""

    folder: Path
    namespace: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def follow(self, lines: str, others: Path) -> str:
        """Run lines of the handbook; what they asked the engine to do."""
        asked = self.folder / "asked"
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "ASKED": str(asked), "OTHERS": str(others)}
        subprocess.run(["sh", "-e", "-c", lines], cwd=self.folder, env=environment, check=True)
        (self.folder / "secrets").chmod(0o755)  # an engine mounts each file by itself
        return asked.read_text()

    @property
    def variables(self) -> dict[str, str]:
        """What its .env says."""
        pairs = re.findall(r"^(\w+)=(\S*)", (self.folder / ".env").read_text(), re.MULTILINE)
        return dict(pairs)

    @property
    def overrides(self) -> list[str]:
        """The compose files after the first."""
        return self.variables["COMPOSE_FILE"].split(":")[1:]

    @property
    def services(self) -> dict[str, Any]:
        """What the engine would start."""
        found: dict[str, Any] = compose(*self.overrides)["services"]
        return found

    def shipped(self, name: str) -> Service:
        """One of them, as it would be started."""
        return service(name, self.variables, *self.overrides)

    def secret(self, name: str) -> str:
        """One of its secrets."""
        return (self.folder / "secrets" / name).read_text()

    def inside(self, command: list[str]) -> list[str]:
        """The command that runs another where its containers are."""
        places = [str(self.folder / "hosts"), str(self.folder / "secrets"), str(ROOT)]
        enter = ["nsenter", f"--net=/run/netns/{self.namespace}", "unshare", "--mount"]
        return [*enter, "sh", "-c", IN_PLACE, "sh", *places, *command]

    def start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """Start a process there."""
        path = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        file = self.folder / f"{name}.log"
        with file.open("ab") as log:
            file.chmod(0o666)
            self.running[name] = subprocess.Popen(
                self.inside(command), cwd=ROOT, env={**path, **environment}, stdout=log, stderr=log
            )

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.folder / f"{name}.log").read_text()

    def job(self, name: str, command: list[str], environment: dict[str, str]) -> str:
        """Run one to its end; what it said."""
        self.start(name, command, environment)
        code = self.running.pop(name).wait(timeout=300)
        assert code == 0, f"{name}: {self.log(name)}"
        return self.log(name)

    def ours(self, name: str, *command: str, **more: str) -> tuple[list[str], dict[str, str]]:
        """A command of ours, as a service of the compose file would run it."""
        settings = self.shipped(name).environment
        own = {"PATH": training_path(), "FLASK_APP": "wsgi", "FLASK_SKIP_DOTENV": "1"}
        words = command or tuple(self.services[name]["command"])
        return [str(ROOT / "ops/entrypoint.sh"), *words], {**settings, **own, **more}

    def stop_all(self) -> None:
        """Stop what still runs, the last first."""
        for name, process in reversed(list(self.running.items())):
            process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            process.wait(timeout=60)


def make_network() -> None:
    """The two hosts on one wire, and the data host's containers on another."""
    for name in ("data", "application", "containers"):
        subprocess.run(["ip", "netns", "add", name], check=True)
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
    _join(("data", f"{DATA}/24"), ("application", f"{APPLICATION}/24"), "wire")
    monitoring = ["address", "add", f"{MONITORING}/24", "dev", "lo"]
    subprocess.run(["ip", "-n", "application", *monitoring], check=True)
    addresses = [f"{address}/24" for address in CONTAINERS.values()]
    _join(("data", "172.30.3.1/24"), ("containers", *addresses), "bridge")


def _join(first: tuple[str, ...], second: tuple[str, ...], name: str) -> None:
    ends = [f"{name}-0", f"{name}-1"]
    peer = ["type", "veth", "peer", "name", ends[1], "netns", second[0]]
    subprocess.run(["ip", "-n", first[0], "link", "add", ends[0], *peer], check=True)
    for (namespace, *addresses), end in zip((first, second), ends, strict=True):
        for address in addresses:
            subprocess.run(
                ["ip", "-n", namespace, "address", "add", address, "dev", end], check=True
            )
        subprocess.run(["ip", "-n", namespace, "link", "set", end, "up"], check=True)


def make_host(home: Path, name: str, namespace: str) -> Host:
    """A machine with the project's folder and its .env, and an engine that writes down what it is asked."""
    host = Host(home / name, namespace)
    shutil.copytree(ROOT / "ops", host.folder / "ops")
    programs = host.folder / "bin"
    programs.mkdir()
    (programs / "docker").write_text('#!/bin/sh\necho "$@" >>"$ASKED"\n')
    (programs / "scp").write_text('#!/bin/sh\ncp -pr "$2" "$OTHERS/${3#*:creditapp/}"\n')
    for one in programs.iterdir():
        one.chmod(0o755)
    (host.folder / ".env").write_text(ENV)
    return host


def publish(host: Host) -> list[int]:
    """Lead the published ports to the containers, as an engine does; which they are."""
    wanted = [
        (*filled_in(port, host.variables).rsplit(":", 2), CONTAINERS[name])
        for name, one in host.services.items()
        for port in one.get("ports", [])
    ]
    into = ["nsenter", "--net=/run/netns/data", sys.executable, "-m", "tests.ops.two_hosts"]
    for address, outer, inner, to in wanted:
        host.running[f"port-{outer}"] = subprocess.Popen(
            [*into, "forward", address, outer, to, inner], cwd=ROOT
        )
    return sorted(int(outer) for _, outer, _, _ in wanted)


def forward(address: str, port: str, to: str, inner: str) -> None:
    """Take connections, and pass on what both sides say."""
    listener = socket.create_server((address, int(port)))
    while True:
        near, _ = listener.accept()
        far = socket.create_connection((to, int(inner)))
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while said := one.recv(1 << 16):
            other.sendall(said)
        other.shutdown(socket.SHUT_WR)


def start_data(host: Host) -> str:
    """All that the data host runs, with a first model; what the jobs said."""
    start_postgres(host)
    redis = host.shipped("redis")
    host.start("redis", redis.command, redis.environment)
    node = ["prometheus-node-exporter", "--collector.disable-defaults", "--collector.time"]
    host.start("node-exporter", node, {})
    command, environment = host.ours("mlflow")
    host.start(
        "mlflow", command, {**environment, "MLFLOW_ARTIFACTS": str(host.folder / "artifacts")}
    )
    first_admin = {"CREDITAPP_FIRST_ADMIN_PASSWORD_FILE": "/run/secrets/first_admin"}
    said = host.job("migrate", *host.ours("migrate", **first_admin))
    healthy = ["health", "http://mlflow:5000/health"]
    wait_until(lambda: _runs(host, *host.ours("mlflow", *healthy)), 60, lambda: host.log("mlflow"))
    training = ["flask", "train", "--quick", "--without-protected"]
    host.job("train", *host.ours("train", *training))  # the shipped job takes longer
    promotion = ["1", "--reason", "the first", "--override", "--without-second-person"]
    said += host.job("promote", *host.ours("train", "flask", "promote", *promotion))
    door = host.shipped("data-door")
    host.start("data-door", [*NOBODY, *door.command], door.environment)
    return said


def start_postgres(host: Host) -> None:
    """A new PostgreSQL with the shipped secrets, databases and settings of the data host."""
    data, sockets = host.folder / "postgres", host.folder / "socket"
    for folder in (data, sockets):
        folder.mkdir()
        shutil.chown(folder, "postgres", "postgres")
    password = f"--pwfile={host.folder}/secrets/postgres"
    made = [f"{POSTGRES}/initdb", "-D", str(data), "-U", "postgres", password]
    subprocess.run(
        [*AS_POSTGRES, *made, "--auth=scram-sha-256", "--no-sync"], check=True, capture_output=True
    )
    # The image starts the server as its user, from its entry point.
    command = host.shipped("postgres").command
    at = command.index("docker-entrypoint.sh")
    program = [f"{POSTGRES}/postgres", "-D", str(data), "-k", str(sockets), "-h", "*"]
    before, after = command[:at], command[at + 2 :]
    host.start("postgres", [*AS_POSTGRES, *before, *program, *after], {})
    superuser = {"PGPASSWORD": host.secret("postgres"), "PGHOST": str(sockets)}
    ready = ["sh", "-c", f"until pg_isready -q -h {sockets}; do sleep 0.1; done"]
    host.job("ready", ready, {})
    for script in ("databases", "monitor"):
        host.job(script, [str(ROOT / f"ops/postgres/{script}.sh")], superuser)


def _runs(host: Host, command: list[str], environment: dict[str, str]) -> bool:
    done = subprocess.run(
        host.inside(command), cwd=ROOT, env=environment, capture_output=True, check=False
    )
    return done.returncode == 0


def wait_for_service(host: Host, port: int) -> None:
    """Wait until one of the two can decide."""
    health = host.ours("credit-score-api", "health", PORT=str(port))
    wait_until(lambda: _runs(host, *health), 60, lambda: host.log(f"web-{port}"))


def start_application(host: Host) -> None:
    """All that the application host runs, but what shows and sends alerts."""
    for port in PORTS:
        host.start(f"web-{port}", *host.ours("credit-score-api", PORT=str(port)))
    for name in ("postgres", "redis"):
        exporter = host.shipped(f"{name}-exporter")
        program = [*NOBODY, f"prometheus-{name}-exporter"]
        host.start(f"{name}-exporter", program, exporter.environment)
    prometheus = host.shipped("prometheus")
    command = [one.replace("=/prometheus", "=/tmp/tsdb") for one in prometheus.command]
    host.start("prometheus", [*NOBODY, *command], prometheus.environment)
    for port in PORTS:
        wait_for_service(host, port)
    nginx = host.shipped("nginx")
    upstreams = ",".join(f"127.0.0.1:{port}" for port in PORTS)
    own = {"TLS": "off", "UPSTREAMS": upstreams}
    host.start("nginx", [*NOBODY, *nginx.command], {**nginx.environment, **own})


def ask_inside(host: Host, *what: str) -> Any:
    """What this module sees from within a namespace."""
    command = [sys.executable, "-m", "tests.ops.two_hosts", *what]
    done = subprocess.run(
        host.inside(command), cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().rpartition("\n")[2])


def ask(path: str, key: str, value: object) -> list[Any]:
    """Status and answer of the service, through nginx."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}", "Host": NAME}
    request = urllib.request.Request(
        f"http://127.0.0.1:8080{path}", json.dumps(value).encode(), headers
    )
    answer: Answer = send(request)
    return [answer.status, answer.json]


def open_ports(address: str) -> list[int]:
    """The ports at which something answers."""

    def is_open(port: int) -> bool:
        with socket.socket() as probe:
            probe.settimeout(2)
            return probe.connect_ex((address, port)) == 0

    with ThreadPoolExecutor(16) as pool:
        found = pool.map(is_open, range(1, 65536), chunksize=2048)
        return [port for port, is_there in enumerate(found, 1) if is_there]


def knock(name: str, authority: str) -> dict[str, str]:
    """What each of the three says to a client that calls the data host by a name and trusts an authority."""
    database = _secret("database_url").replace("data.credit.example", name)
    limits = _secret("limits_storage").replace("data.credit.example", name)
    registry = f"https://{name}:5443/health"
    trusting = {"/run/secrets/data_ca": authority}
    return {
        "postgres": _failure(lambda: _connect(_exchanged(database, trusting))),
        "redis": _failure(lambda: _ping(_exchanged(limits, trusting))),
        "registry": _failure(lambda: _get(registry, authority)),
    }


def knock_without_tls() -> dict[str, str]:
    """What they say to a client without TLS, without a certificate, or with too high a role."""
    database = _secret("database_url").partition("?")[0]
    limits = _secret("limits_storage").partition("?")[0]
    plain = limits.replace("rediss:", "redis:")
    superuser = _secret("database_url").replace("://creditapp:", "://postgres:")
    return {
        "postgres": _failure(lambda: _connect(f"{database}?sslmode=disable")),
        "superuser": _failure(lambda: _connect(superuser)),
        "redis": _failure(lambda: _ping(plain)),
        "registry": _failure(lambda: _get("http://data.credit.example:5443/health")),
        "without a certificate": _failure(
            lambda: _get("https://data.credit.example:5443/health", "/run/secrets/data_ca", None)
        ),
    }


def _secret(name: str) -> str:
    return Path("/run/secrets", name).read_text()


def _exchanged(text: str, words: dict[str, str]) -> str:
    for word, other in words.items():
        text = text.replace(word, other)
    return text


def _failure(try_it: Callable[[], object]) -> str:
    try:
        try_it()
    except (OSError, psycopg.Error, redis.RedisError) as error:
        return f"{type(error).__name__}: {error}"
    return "answered"


def _connect(address: str) -> None:
    psycopg.connect(address, connect_timeout=5).close()


def _ping(address: str) -> None:
    with redis.Redis.from_url(address, socket_timeout=5) as client:
        client.ping()


def _get(address: str, authority: str = "", own: str | None = "/run/secrets/data_client") -> None:
    requests.get(address, verify=authority or True, cert=own, timeout=5).raise_for_status()


def targets() -> dict[str, str]:
    """What Prometheus says of those it asks on this host and on the data host."""
    wanted = ("data-host", "postgres", "redis", "credit-score-api")
    api = "http://127.0.0.1:9090/api/v1/targets?state=active"

    def health() -> dict[str, str]:
        active = send(api).json["data"]["activeTargets"]
        return {one["labels"]["job"]: one["health"] for one in active}

    wait_until(lambda: all(health()[name] != "unknown" for name in wanted), 30)
    return {name: health()[name] for name in wanted}


def observe(data: Host, application: Host) -> dict[str, Any]:
    """Use the service, change the model in the registry, and knock where nobody is expected."""

    def key(*scopes: str) -> str:
        options = [part for scope in scopes for part in ("--scope", scope)]
        command = application.ours("credit-score-api", "flask", "key", "add", "a program", *options)
        return application.job("key", *command).split()[-1]

    def of_database(statement: str) -> str:
        psql = ["psql", "-h", str(data.folder / "socket"), "-U", "postgres", "-d", "creditapp"]
        environment = {**os.environ, "PGPASSWORD": data.secret("postgres")}
        command = [*psql, "-Atc", statement]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def of_redis() -> str:
        command = ["redis-cli", "-h", "redis", "-a", data.secret("redis"), "DBSIZE"]
        done = subprocess.run(data.inside(command), capture_output=True, text=True, check=True)
        return done.stdout.strip()

    program = key("predict", "model:admin")
    first = ask_inside(application, "ask", "/api/predict", program, json.dumps(EXAMPLE))
    ask_inside(data, "register-again")
    reload = ask_inside(application, "ask", "/api/reload-model", program, "{}")
    second = ask_inside(application, "ask", "/api/predict", program, json.dumps(EXAMPLE))
    ssl = "SELECT count(*), bool_and(ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) "
    ca = "/run/secrets/data_ca"
    return {
        "decided": [first, second],
        "reload": reload,
        "decisions": int(of_database("SELECT count(*) FROM decision")),
        "connections": of_database(
            f"{ssl} WHERE usename = 'creditapp' AND client_addr IS NOT NULL"
        ),
        "counted": int(of_redis()),
        "start": application.log(f"web-{PORTS[0]}"),
        "right": ask_inside(application, "knock", "data.credit.example", ca),
        "plain": ask_inside(application, "plain"),
        "another name": ask_inside(application, "knock", "other.example", ca),
        "another authority": ask_inside(
            application, "knock", "data.credit.example", "/run/secrets/other_ca"
        ),
        "open": ask_inside(application, "ports", DATA),
        "containers": [ask_inside(application, "reach", one) for one in CONTAINERS.values()],
        "targets": ask_inside(application, "targets"),
    }


def register_again() -> str:
    """Register the first version once more, as the one in production."""
    import mlflow

    client = mlflow.MlflowClient("http://mlflow:5000")
    name = "RDF_score_pipeline"
    first = client.get_model_version(name, "1")
    model = first.source.rpartition("/")[2]
    made_of = {"run_id": first.run_id, "tags": first.tags, "model_id": model}
    second = client.create_model_version(name, first.source, **made_of)
    client.set_registered_model_alias(name, "production", second.version)
    return str(second.version)


def reach(address: str) -> str:
    """How an attempt to connect to an address ends."""
    return _failure(lambda: socket.create_connection((address, 5432), timeout=2).close())


def start_data_host(data: Host, application: Host) -> dict[str, Any]:
    """Follow the handbook's lines for it, and start what they ask for."""
    lines = "".join(f"{address} {name}\n" for name, address in CONTAINERS.items())
    (data.folder / "hosts").write_text(f"127.0.0.1 localhost\n{lines}")
    asked = data.follow(documented("ops/make-certificates data"), application.folder)
    handed_out = sorted(one.name for one in (application.folder / "secrets").iterdir())
    published = publish(data)
    said = start_data(data)
    return {"asked": asked, "handed out": handed_out, "published": published, "said": said}


def start_application_host(application: Host, data: Host) -> dict[str, Any]:
    """Follow the handbook's lines for it, and start what they ask for."""
    asked = application.follow(documented("application-host.yml"), data.folder)
    [found] = application.services["credit-score-api"]["extra_hosts"]
    name, _, address = filled_in(found, application.variables).rpartition(":")
    hosts = [
        "127.0.0.1 localhost postgres-exporter redis-exporter",
        f"{MONITORING} credit-score-api credit-score-api-2",
        f"{address} {name} other.example",
        "",
    ]
    (application.folder / "hosts").write_text("\n".join(hosts))
    start_application(application)
    return {"asked there": asked}


def make_other_authority(home: Path, application: Host) -> None:
    """Lay an authority that signed nothing here beside the application host's own."""
    command = [ROOT / "ops/make-certificates", "data.credit.example", home / "other"]
    subprocess.run(command, check=True)
    shutil.copy(home / "other" / "data_ca", application.folder / "secrets" / "other_ca")


def _print_logs(*hosts: Host) -> None:
    for host in hosts:
        for log in sorted(host.folder.glob("*.log")):
            print(f"--- {host.folder.name} {log.name}\n{log.read_text()[-1500:]}", file=sys.stderr)


def main(findings: Path) -> None:
    """Prepare, start, observe, stop, and write the findings."""
    home = Path("/mnt")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "home", home], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    Path("/run/secrets").mkdir()
    make_network()
    data, application = make_host(home, "data", "containers"), make_host(home, "app", "application")
    try:
        seen = start_data_host(data, application)
        make_other_authority(home, application)
        seen |= start_application_host(application, data)
        seen |= observe(data, application)
    except BaseException:
        _print_logs(application, data)
        raise
    finally:
        application.stop_all()
        data.stop_all()
    findings.write_text(json.dumps(seen))


WITHIN: dict[str, Callable[..., Any]] = {
    "ask": lambda path, key, value: ask(path, key, json.loads(value)),
    "knock": knock,
    "plain": knock_without_tls,
    "ports": open_ports,
    "reach": reach,
    "register-again": register_again,
    "targets": targets,
}

if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    if what == "forward":
        forward(*arguments)
    elif what == "main":
        main(Path(*arguments))
    else:
        print(json.dumps(WITHIN[what](*arguments)))
