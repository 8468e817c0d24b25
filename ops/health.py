"""The health check of a container: exit code 0 if the service, or a given address, answers."""

import os
import sys
import urllib.error
import urllib.request

PORT = os.environ.get("PORT", "8000")
HERE = "[::1]" if ":" in os.environ.get("CREDITAPP_HOST", "") else "127.0.0.1"


def request_of(address: str | None) -> urllib.request.Request:
    """The request to make; the service answers only to its trusted host names."""
    if address:
        return urllib.request.Request(address)
    [name, *_] = os.environ.get("CREDITAPP_TRUSTED_HOSTS", "localhost").split(",")
    headers = {"Host": name.strip().lstrip(".")}
    return urllib.request.Request(f"http://{HERE}:{PORT}/api/health", headers=headers)


def main(address: str | None = None) -> int:
    """Make the request and return the exit code."""
    try:
        with urllib.request.urlopen(request_of(address), timeout=4):
            return 0
    except urllib.error.HTTPError as error:
        with error:
            print(error.read(500).decode(errors="replace"), file=sys.stderr)
    except OSError as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2]))
