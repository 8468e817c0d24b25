"""The security headers of every answer, including errors."""

from flask import Request, Response

from creditapp.settings.current import current_settings
from creditapp.web.preferences import select_language

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; form-action 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
INLINE_STYLES = {"docs.redoc": " 'unsafe-inline'"}
"""ReDoc writes inline styles; no other page may."""

PROBLEM = "application/problem+json"

ONE_YEAR = 365 * 24 * 3600


def protect(asked: Request, response: Response) -> None:
    """Add the headers to an answer."""
    endpoint = asked.endpoint
    styles = INLINE_STYLES.get(endpoint or "", "")
    headers = response.headers
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(styles=styles)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if endpoint != "static":
        headers["Cache-Control"] = "no-store"
    if response.mimetype == PROBLEM or asked.blueprint == "api":
        _name_language(response)
    if current_settings().production:
        headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"


def _name_language(response: Response) -> None:
    """Say in which language the texts of an answer of the API are, and what it was chosen by."""
    if "Vary" in response.headers:
        response.vary.add("Accept-Language")
    else:
        response.headers["Vary"] = "Accept-Language"
    # why: an answer that is given again keeps the language of the first request.
    if "Idempotency-Replayed" not in response.headers:
        response.headers["Content-Language"] = select_language()
