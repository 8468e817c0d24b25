"""What is done before and after each request: one function each, as Flask takes long to call several."""

from collections.abc import Collection
from typing import Any

from flask import Flask, Response, request

from creditapp.observability import logs, queue_time, request_ids
from creditapp.web import access, headers, hosts, large_files, natural_addresses, prefix
from creditapp.web.large_files import Refused


def init_app(app: Flask, host_names: Collection[str], refuse: Refused) -> None:
    """Do all of it, in this order; the access is checked before anything else is done for the request.

    `host_names` are those that the service is called by; `refuse` answers an upload that cannot be taken.
    """
    known = [name.lower() for name in host_names]

    @app.before_request
    def begin() -> Any:
        # why: the object itself, as each look through the proxy costs as much as what it finds.
        asked = request._get_current_object()  # type: ignore[attr-defined]
        request_ids.assign(asked)
        queue_time.observe(asked)
        logs.start()
        prefix.check(asked)
        hosts.check(asked, known)
        access.guard(asked)
        return large_files.read_upload(asked, refuse) or (
            natural_addresses.lead_to_address_without_slash(asked)
        )

    @app.after_request
    def end(response: Response) -> Response:
        asked = request._get_current_object()  # type: ignore[attr-defined]
        headers.protect(asked, response)
        request_ids.answer(response)
        logs.note(asked, response)
        return response
