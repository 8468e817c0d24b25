"""Runs the whole of docker-compose.yml as processes, uses it, breaks it, and writes down what was seen.

Started in mount and process namespaces of its own; a network of its own comes when the image is built,
and its loopback device has the addresses of the compose file's networks. The service runs from the replayed
image, read-only and as its user; PostgreSQL, Redis, nginx, Prometheus and Alertmanager are this machine's,
started with the shipped files; what the training image does is done in the development environment.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.ops.compose import service
from tests.ops.image import Image, Stage
from tests.ops.memory_limit import MemoryLimit, limit_of, make_limit, taken_by
from tests.portfolios import EXAMPLE
from tests.serving import ROOT, Answer, send, wait_until

NAME = "credit.example"
FRONT = f"https://{NAME}:8443"
SECRETS = Path("/run/secrets")
HANDBOOK = (ROOT / "docs/operations.md").read_text()


def documented(marker: str) -> str:
    """The lines of the handbook's only block that has a marker."""
    blocks = re.findall(r"```sh\n(.*?)```", HANDBOOK, re.DOTALL)
    [block] = [one for one in blocks if marker in one]
    return str(block)


INSTALL = documented("cat > .env <<END")
VARIABLES = {
    **{name: value.strip() for name, value in re.findall(r"^([A-Z_]+)=(.*?)  +#", INSTALL, re.M)},
    "CREDITAPP_MAX_BODY_BYTES": "2000000",
}
"""What the handbook's `.env` holds, and a limit that the tests reach."""
ADDRESSES = {
    "front": {
        "nginx": "172.30.1.2",
        "blackbox-exporter": "172.30.1.3",
        "credit-score-api": "172.30.1.10",
    },
    "monitoring": {
        "prometheus": "172.30.2.2",
        "alertmanager": "172.30.2.3",
        "postgres-exporter": "172.30.2.4",
        "redis-exporter": "172.30.2.5",
        "node-exporter": "172.30.2.6",
        "blackbox-exporter": "172.30.2.7",
        "credit-score-api": "172.30.2.10",
        "credit-score-api-2": "172.30.2.11",
    },
    "data": {
        "postgres": "172.30.3.2",
        "redis": "172.30.3.3",
        "mlflow": "172.30.3.4",
        "credit-score-api": "172.30.3.10",
    },
}
HOSTS = (8000, 8001)
"""Two masters, as on two hosts that share the database and nothing else."""
STALLED = 200
BACKUP = "creditapp_last_backup_timestamp_seconds"
CLONE_NEWNET = 0x40000000
POSTGRES = str(sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1])


class System:
    """The processes, and where each writes its log."""

    def __init__(self, home: Path, image: Image, stage: Stage) -> None:
        self.home = home
        self._image, self._stage = image, stage
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._limits: dict[str, MemoryLimit | None] = {}

    def start(
        self, name: str, command: list[str], environment: dict[str, str], network: str
    ) -> None:
        """Start one under its limit of memory, where names lead to the addresses of a network."""
        bytes_allowed = limit_of(name)
        if bytes_allowed and name not in self._limits:
            self._limits[name] = make_limit(name, bytes_allowed)
        if limit := self._limits.get(name):
            command = limit.inside(command)
        hosts = self.home / f"hosts-{network}"
        own = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'
        file = self.home / f"{name}.log"
        with file.open("ab") as log:
            file.chmod(0o666)  # nginx opens its standard output once more, as its own user
            self._running[name] = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", own, "sh", str(hosts), *command],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "HOME": str(self.home), **environment},
                stdout=log,
                stderr=log,
            )

    def in_image(self, *command: str, of: str = "credit-score-api", **more: str) -> list[str]:
        """A command of ours in the image, with the settings of a service of the compose file."""
        settings = service(of, VARIABLES).environment
        return self._image.inside(
            self._stage, ["ops/entrypoint.sh", *command], **{**settings, **more}
        )

    def job(self, name: str, command: list[str], environment: dict[str, str] | None = None) -> str:
        """Run one to its end; what it said."""
        self.start(name, command, environment or {}, "data")
        code = self._running.pop(name).wait(timeout=300)
        said = (self.home / f"{name}.log").read_text()
        assert code == 0, f"{name}: {said}"
        return said

    def pid(self, name: str) -> int:
        """The process that was started; each step on the way replaced itself by the next."""
        return self._running[name].pid

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop one, and wait for its end; its exit code."""
        process = self._running.pop(name)
        process.send_signal(how)
        return process.wait(timeout=60)

    def memory(self) -> dict[str, dict[str, int]]:
        """What each process and its children take, at most took, and may take, in megabytes."""
        return {name: self._memory_of(name, limit) for name, limit in self._limits.items()}

    def _memory_of(self, name: str, limit: MemoryLimit | None) -> dict[str, int]:
        if limit is None:
            process = self._running.get(name)
            taken = taken_by(process.pid) if process else 0
            allowed = limit_of(name) or 0
            return {"taken": taken >> 20, "limit": allowed >> 20, "killed": 0}
        return {
            "taken": limit.taken >> 20,
            "peak": limit.peak >> 20,
            "limit": limit.limit >> 20,
            "killed": limit.killed,
        }

    def stop_all(self) -> None:
        """Stop what still runs, the last first."""
        for name in reversed(list(self._running)):
            self.stop(name, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        for limit in filter(None, self._limits.values()):
            limit.remove()


def write_hosts(home: Path) -> None:
    """For each network the names that lead into it."""
    for network, addresses in ADDRESSES.items():
        lines = [f"{address} {host}" for host, address in addresses.items()]
        text = "\n".join(["127.0.0.1 localhost", f"172.30.1.2 {NAME}", *lines, ""])
        (home / f"hosts-{network}").write_text(text)


def secret(name: str) -> str:
    """One of the secrets that were made."""
    return (SECRETS / name).read_text()


def leave_the_network() -> None:
    """Go where there are the compose file's networks and no other; packages were fetched before."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in {address for network in ADDRESSES.values() for address in network.values()}:
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)


def start_postgres(system: System, data: Path) -> None:
    """A new PostgreSQL in a folder, with the shipped secrets, settings and databases."""
    socket = system.home / "socket"
    for folder in (data, socket):
        folder.mkdir(exist_ok=True)
        shutil.chown(folder, "postgres", "postgres")
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    initdb = [f"{POSTGRES}/initdb", "-D", data, "-U", "postgres", f"--pwfile={SECRETS}/postgres"]
    subprocess.run(
        [*as_postgres, *initdb, "--auth=scram-sha-256", "--data-checksums"],
        check=True,
        capture_output=True,
    )
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 172.30.3.0/24 scram-sha-256\n")
    shipped = service("postgres", VARIABLES)
    checked = shipped.command[: shipped.command.index("--") + 1]
    options = [
        "-D",
        str(data),
        "-h",
        "127.0.0.1,172.30.3.2",
        "-k",
        str(socket),
        "-c",
        "max_connections=200",
    ]
    system.start("postgres", [*checked, *as_postgres, f"{POSTGRES}/postgres", *options], {}, "data")
    superuser = {"PGPASSWORD": secret("postgres"), "PGHOST": "postgres"}
    ready = ["sh", "-c", "until pg_isready -q -h postgres; do sleep 0.1; done"]
    system.job("ready", ready)
    for script in ("databases", "monitor"):
        system.job(script, [str(ROOT / f"ops/postgres/{script}.sh")], superuser)


def start_data(system: System) -> None:
    """PostgreSQL, Redis with the shipped command, and the registry's server."""
    start_postgres(system, system.home / "postgres")
    system.start("redis", service("redis", VARIABLES).command, {}, "data")
    registry = service("mlflow", VARIABLES)
    training = {"MLFLOW_ARTIFACTS": str(system.home / "artifacts"), "PATH": training_path()}
    system.start(
        "mlflow",
        [str(ROOT / "ops/entrypoint.sh"), *registry.command],
        {**registry.environment, **training},
        "data",
    )
    wait_until(
        lambda: answers("http://localhost:5000/health"), 180, (system.home / "mlflow.log").read_text
    )


def training_path() -> str:
    """Where the training image's programs are: in the environment that runs this."""
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"


def train(system: System, *command: str) -> str:
    """Run a command of ours as the training image does."""
    settings = service("train", VARIABLES).environment
    environment = {**settings, "PATH": training_path(), "FLASK_APP": "wsgi"}
    return system.job("train", [str(ROOT / "ops/entrypoint.sh"), *command], environment)


def start_hosts(system: System) -> None:
    """Two masters of the service, from the image."""
    for port in HOSTS:
        start_host(system, port)


def start_host(system: System, port: int) -> None:
    """One master, and wait until it can decide."""
    system.start(f"web-{port}", system.in_image("web", PORT=str(port)), {}, "data")
    health = system.in_image("health", PORT=str(port))
    log = system.home / f"web-{port}.log"
    wait_until(
        lambda: subprocess.run(health, capture_output=True, check=False).returncode == 0,
        60,
        log.read_text,
    )


def start_keepers(system: System) -> None:
    """What seals the record, and what verifies it each day."""
    public = system.home / "heads" / "public-keys.pem"
    for name in ("sealer", "keeper"):
        system.start(name, system.in_image(*service(name, VARIABLES).command, of=name), {}, "data")
        wait_until(public.exists, 60, (system.home / f"{name}.log").read_text)


def sealed(system: System) -> dict[str, Any]:
    """What the sealer has kept, what the keeper said, and what another verification says."""
    log = system.home / "keeper.log"
    wait_until(lambda: "verified" in log.read_text(), 60, log.read_text)
    verify = system.in_image("flask", "audit", "verify", "--full", of="keeper")
    return {
        "keys": (system.home / "heads" / "public-keys.pem").read_text().count("BEGIN PUBLIC"),
        "heads": len((system.home / "heads" / "heads.jsonl").read_text().splitlines()),
        "kept": log.read_text(),
        "verified": system.job("verify", verify),
        "codes": [system.stop(name) for name in ("sealer", "keeper")],
    }


def start_front(system: System) -> None:
    """Nginx with a certificate, and the monitoring."""
    nginx = service("nginx", VARIABLES)
    upstreams = ",".join(f"credit-score-api:{port}" for port in HOSTS)
    more = {"TLS_FOLDER": str(system.home / "tls"), "UPSTREAMS": upstreams}
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"]
    system.start("nginx", [*nobody, *nginx.command], {**nginx.environment, **more}, "front")
    wait_until(
        lambda: answers("http://127.0.0.1:8081/healthy"), 20, (system.home / "nginx.log").read_text
    )
    prometheus = service("prometheus", VARIABLES)
    command = [one.replace("=/prometheus", f"={system.home}/tsdb") for one in prometheus.command]
    system.start("prometheus", command, prometheus.environment, "monitoring")
    alertmanager = service("alertmanager", VARIABLES)
    own = {
        "ALERTMANAGER": "prometheus-alertmanager",
        "ALERTMANAGER_STORAGE": str(system.home / "alerts"),
    }
    system.start(
        "alertmanager", alertmanager.command, {**alertmanager.environment, **own}, "monitoring"
    )


def start_exporters(system: System) -> None:
    """What tells the monitoring of the host, PostgreSQL, Redis and the certificate, each as its user."""
    owner = ["--reuid=10001", "--regid=10001"]
    nobody = ["--reuid=65534", "--regid=65534"]
    networks = {"postgres": "data", "redis": "data", "node": "monitoring", "blackbox": "front"}
    for name, network in networks.items():
        shipped = service(f"{name}-exporter", VARIABLES)
        user = owner if name == "node" else nobody
        options = [one.replace("/volumes/seals", f"{system.home}/heads") for one in shipped.command]
        command = ["setpriv", *user, "--clear-groups", f"prometheus-{name}-exporter", *options]
        system.start(f"{name}-exporter", command, shipped.environment, network)


def told(exporter: str, sample: str) -> float | None:
    """A sample that an exporter tells Prometheus; none if it has none of this name."""
    text = send(f"http://{exporter}/metrics").body.decode()
    found = re.search(rf"^{re.escape(sample)}(?:{{.*}})? (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


def exported() -> dict[str, Any]:
    """What the exporters tell."""
    certificate = "172.30.2.7:9115/probe?module=tls&target=nginx:8443"
    expiry = re.search(
        rb"^probe_ssl_earliest_cert_expiry (\S+)$", send(f"http://{certificate}").body, re.MULTILINE
    )
    return {
        "certificate": expiry and float(expiry[1]) - time.time(),
        "postgres": told("172.30.2.4:9187", "pg_up"),
        "connections": told("172.30.2.4:9187", "pg_settings_max_connections"),
        "redis": told("172.30.2.5:9121", "redis_up"),
        "redis memory": told("172.30.2.5:9121", "redis_memory_used_bytes"),
        "disk": told("172.30.2.6:9100", "node_filesystem_avail_bytes"),
        "backup": told("172.30.2.6:9100", BACKUP),
    }


def refused_to_the_monitoring() -> list[str]:
    """What the monitoring's role and user answer to a reader of data."""
    password = {**os.environ, "PGPASSWORD": secret("postgres_monitor")}
    psql = ["psql", "-h", "172.30.3.2", "-U", "monitor", "-Atc", "SELECT 1", "-d"]
    redis = ["redis-cli", "-h", "172.30.3.3", "--user", "monitor", "-a", secret("redis_monitor")]
    commands = [[*psql, "creditapp"], [*psql, "mlflow"], [*redis, "KEYS", "*"]]
    done = [
        subprocess.run(one, env=password, capture_output=True, text=True, check=False)
        for one in commands
    ]
    return [one.stdout + one.stderr for one in done]


def answers(address: str) -> bool:
    """Whether something answers there."""
    try:
        return send(address).status < 300
    except OSError:
        return False


def ask(path: str, value: object = None, key: str = "", **headers: str) -> Answer:
    """Ask the system through nginx, as a client does."""
    body = None if value is None else json.dumps(value).encode()
    if key:
        headers["Authorization"] = f"Bearer {key}"
    sent = {"Content-Type": "application/json", **headers}
    return send(urllib.request.Request(FRONT + path, body, sent))


def stall(count: int) -> list[socket.socket]:
    """Clients that begin a request and say no more: half in the header, half in the body."""
    trusting = ssl.create_default_context()
    beginnings = [
        b"POST /api/predict HTTP/1.1\r\nHost: credit.example\r\nContent-",
        b"POST /api/predict HTTP/1.1\r\nHost: credit.example\r\nContent-Length: 900\r\n\r\n{",
    ]
    stalled = []
    for number in range(count):
        plain = socket.create_connection((NAME, 8443), timeout=10)
        one = trusting.wrap_socket(plain, server_hostname=NAME)
        one.sendall(beginnings[number % 2])
        stalled.append(one)
    return stalled


def while_stalled(key: str) -> dict[str, Any]:
    """What others get while many clients stall, and how many of those still hold their connection."""
    stalled = stall(STALLED)
    began = time.monotonic()
    statuses = Counter(ask("/api/predict", EXAMPLE, key).status for _ in range(50))
    took = time.monotonic() - began
    for one in stalled:
        one.close()
    return {"statuses": statuses, "seconds": took, "stalled": len(stalled)}


class Load:
    """Clients that keep asking through nginx; what they were answered."""

    def __init__(self, key: str, clients: int = 6) -> None:
        self.statuses: Counter[int | str] = Counter()
        self.versions: list[tuple[float, str]] = []
        self._key = key
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._keep_asking) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for one in self._threads:
            one.join()

    def _keep_asking(self) -> None:
        while not self._stop.is_set():
            try:
                answer = ask("/api/predict", EXAMPLE, self._key)
            except OSError as error:
                self.statuses[type(error).__name__] += 1
                continue
            self.statuses[answer.status] += 1
            if answer.status == 200:
                self.versions.append((time.monotonic(), answer.json["model_version"]))


def reloaded(system: System, keys: dict[str, str]) -> dict[str, Any]:
    """A new version in the registry, a reload through one host under load, and what both serve then."""
    train(system, "flask", "train", "--quick", "--without-protected")
    import mlflow

    mlflow.MlflowClient("http://localhost:5000").set_registered_model_alias(
        "RDF_score_pipeline", "production", "2"
    )
    with Load(keys["predict"]) as load:
        time.sleep(1)
        answer = ask("/api/reload-model", {}, keys["reload"])
        done = time.monotonic()
        time.sleep(3)
    late = [version for moment, version in load.versions if moment > done + 1]
    return {
        "answer": answer.json,
        "status": answer.status,
        "late": Counter(late),
        "statuses": load.statuses,
    }


def without_the_database(key: str) -> dict[str, Any]:
    """The database's address is gone, and comes back."""
    route = ["172.30.3.2/32", "dev", "lo"]
    subprocess.run(["ip", "address", "delete", *route], check=True)
    began = time.monotonic()
    away = [ask("/api/predict", EXAMPLE, key).status for _ in range(4)]
    took = time.monotonic() - began
    health = ask("/api/health").status
    subprocess.run(["ip", "address", "add", *route], check=True)
    until = time.monotonic() + 30
    while ask("/api/predict", EXAMPLE, key).status != 200 and time.monotonic() < until:
        time.sleep(0.2)
    back = Counter(ask("/api/predict", EXAMPLE, key).status for _ in range(20))
    return {"away": away, "seconds": took, "health": health, "back": back}


def stopped_under_load(system: System, key: str, decisions: Callable[[], int]) -> dict[str, Any]:
    """Both hosts are replaced in turn under load, then both stop: what was answered is what was recorded."""
    before = decisions()
    codes = []
    with Load(key) as load:
        for port in HOSTS:
            time.sleep(1)
            codes.append(system.stop(f"web-{port}"))
            start_host(system, port)
            time.sleep(3)  # nginx looks again after two seconds
        one_at_a_time = dict(load.statuses)
        codes += [system.stop(f"web-{port}") for port in HOSTS]
        time.sleep(0.5)
        with_nobody = ask("/api/predict", EXAMPLE, key)
    recorded = decisions() - before
    return {
        "codes": codes,
        "one at a time": one_at_a_time,
        "statuses": load.statuses,
        "recorded": recorded,
        "with nobody": [
            with_nobody.status,
            with_nobody.headers.get("Content-Type"),
            with_nobody.json,
        ],
    }


def restored(system: System, decisions: Callable[[], int]) -> dict[str, Any]:
    """The handbook's lines for a backup and for a restore on a new server, in their order."""
    variables = {"HOME_OF_SYSTEM": str(system.home), "OPS": str(ROOT / "ops")}
    path = f"{put_engine(system.home)}:{POSTGRES}:{os.environ['PATH']}"
    environment = {**os.environ, **variables, "PATH": path}

    def run(lines: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-e", "-c", lines],
            cwd=ROOT,
            env={**environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )

    (system.home / "backup").mkdir()
    backup = documented("ops/backup /mnt/backup/2026")
    cut = run(backup, CUT="1")
    left = [one.name for one in (system.home / "backup").iterdir()]
    made = run(backup)
    told_at = time.time() - (told("172.30.2.6:9100", BACKUP) or 0)
    before = decisions()
    system.stop("mlflow")
    system.stop("postgres", signal.SIGINT)
    for folder in ("artifacts", "heads"):
        # why: not the folder itself, which is mounted in the image.
        for one in (system.home / folder).iterdir():
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    start_postgres(system, system.home / "new-postgres")
    *lines, verification = documented("ops/restore").splitlines()
    done = run("\n".join(lines))
    verify = system.in_image(*verification.split()[5:], of="keeper")
    return {
        "cut": [cut.returncode, [name for name in left if not name.endswith(".part")]],
        "made": [made.returncode, made.stdout, made.stderr],
        "done": [done.returncode, done.stdout, done.stderr],
        "decisions": [before, decisions()],
        "backup told": told_at,
        "verified": system.job("verify-restored", verify),
        "artifacts": len(list((system.home / "artifacts").rglob("*"))),
    }


def browsed() -> dict[str, Any]:
    """A person signs in and scores through nginx, in a real browser."""
    from playwright.sync_api import sync_playwright

    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    arguments += [
        "--disable-component-update",
        "--disable-sync",
        f"--host-resolver-rules=MAP {NAME} 172.30.1.2",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        page = browser.new_page(ignore_https_errors=True)
        page.goto(FRONT)
        page.get_by_label("Name").fill("admin")
        page.get_by_label("Password").fill(secret("first_admin"))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Fill in an example").click()
        page.get_by_role("button", name="Score").click()
        result = page.get_by_role("region", name="Result")
        result.locator(".verdict").wait_for()
        seen = {"verdict": result.locator(".verdict").inner_text(), "address": page.url}
        browser.close()
    return seen


def monitored() -> dict[str, Any]:
    """What Prometheus says of its targets and of Alertmanager."""
    api = "http://172.30.2.2:9090/api/v1"

    def health() -> dict[str, str]:
        targets = send(f"{api}/targets?state=active").json["data"]["activeTargets"]
        return {one["labels"]["job"]: one["health"] for one in targets}

    wait_until(lambda: answers(f"{api}/targets") and "unknown" not in health().values(), 40)
    managers = send(f"{api}/alertmanagers").json["data"]["activeAlertmanagers"]
    return {"targets": health(), "alertmanagers": [one["url"] for one in managers]}


def users(pid: int) -> dict[str, str]:
    """Under which user, and with which rights, a process runs."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return {name: fields[name].split()[0] for name in ("Uid", "CapEff", "CapBnd", "NoNewPrivs")}


def observe(system: System) -> dict[str, Any]:
    """Use the system, then break it piece by piece."""

    def key(*scopes: str) -> str:
        options = [part for scope in scopes for part in ("--scope", scope)]
        return system.job(
            "key", system.in_image("flask", "key", "add", "a program", *options)
        ).split()[-1]

    def decisions() -> int:
        count = "SELECT count(*) FROM decision"
        command = ["psql", "-h", "172.30.3.2", "-U", "postgres", "-d", "creditapp", "-Atc", count]
        environment = {**os.environ, "PGPASSWORD": secret("postgres")}
        return int(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)

    keys = {"predict": key("predict"), "reload": key("model:admin")}
    first = ask("/api/predict", EXAMPLE, keys["predict"])
    findings: dict[str, Any] = {
        "first": [first.status, first.json],
        "without a key": ask("/api/predict", EXAMPLE).status,
        "live": ask("/api/live").status,
        "another name": [
            ask("/api/live", Host="evil.example").status,
            send(
                urllib.request.Request(
                    f"http://127.0.0.1:{HOSTS[0]}/api/live", headers={"Host": "evil"}
                )
            ).status,
        ],
        "plain": send(f"http://{NAME}:8080/sign-in").headers["Location"],
        "too large": [
            (answer := ask("/api/predict", "x" * 2_000_000, keys["predict"])).status,
            answer.json,
        ],
        "metrics for a stranger": ask("/metrics").status,
        "metrics with a forged address": ask(
            "/metrics", **{"X-Forwarded-For": "172.30.2.2"}
        ).status,
        "user": users(system.pid(f"web-{HOSTS[0]}")),
        "stalled": while_stalled(keys["predict"]),
        "browser": browsed(),
        "monitored": monitored(),
        "exported": exported(),
        "refused": refused_to_the_monitoring(),
        "reload": reloaded(system, keys),
        "without the database": without_the_database(keys["predict"]),
    }
    findings["sealed"] = sealed(system)
    findings["memory"] = system.memory()
    findings["stopped"] = stopped_under_load(system, keys["predict"], decisions)
    findings["restored"] = restored(system, decisions)
    findings["redis"] = system.stop("redis")
    return findings


def install(home: Path) -> Path:
    """Run the handbook's lines for an empty machine; what `docker compose up` starts is started here."""
    folder = home / "project"
    shutil.copytree(ROOT / "ops", folder / "ops")
    path = {"PATH": f"{put_engine(home)}:{os.environ['PATH']}", "HOME_OF_SYSTEM": "", "OPS": ""}
    subprocess.run(["sh", "-e", "-c", INSTALL], cwd=folder, env=path, check=True)
    written = (folder / ".env").read_text()
    assert all(f"{name}=" in written for name in VARIABLES if name != "CREDITAPP_MAX_BODY_BYTES")
    return folder


def put_engine(home: Path) -> Path:
    """A folder for the search path with what takes the place of `docker`."""
    engine = home / "bin" / "docker"
    if not engine.exists():
        engine.parent.mkdir()
        engine.symlink_to(ROOT / "tests/ops/engine")
    return engine.parent


def prepare(home: Path, certificates: Path) -> None:
    """Networks, names, secrets and the certificate, as the machine of an operator has them."""
    leave_the_network()
    write_hosts(home)
    subprocess.run(["mount", "--bind", home / "hosts-front", "/etc/hosts"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    shutil.copytree(install(home) / "secrets", SECRETS)
    SECRETS.chmod(0o755)  # Compose mounts each file by itself
    shutil.copytree(certificates, home / "tls")


def main(certificates: Path, findings: Path) -> None:
    """Build, start, observe, stop, and write the findings."""
    home = Path("/mnt")  # other users must get there, and outside of this namespace it stays empty
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "home", home], check=True)
    image = Image(home / "image")
    stage = image.build("serve")
    prepare(home, certificates)
    heads = home / "heads"
    heads.mkdir()
    os.chown(heads, 10001, 10001)  # as the folder in the image, whose owner a new volume gets
    shared = {SECRETS: "run/secrets", home / "hosts-data": "etc/hosts"}
    image.close(stage, {**shared, heads: "var/lib/creditapp"})
    system = System(home, image, stage)
    admin = {"CREDITAPP_FIRST_ADMIN_PASSWORD_FILE": str(SECRETS / "first_admin")}
    try:
        start_data(system)
        jobs = {
            "migrated": system.job("migrate", system.in_image("migrate", **admin)),
            "trained": train(system, "train"),
        }
        start_hosts(system)
        start_keepers(system)
        start_front(system)
        start_exporters(system)
        seen = {**jobs, **observe(system)}
    except BaseException:
        for log in sorted(home.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text()[-2000:]}", file=sys.stderr)
        raise
    finally:
        system.stop_all()
    findings.write_text(json.dumps(seen))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
