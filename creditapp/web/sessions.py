"""Sessions in signed cookies: nothing is made ready to read one where none was sent."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class SentSessions(SecureCookieSessionInterface):
    """Flask's own sessions, which it makes a serializer for at each request, with or without a cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie that was sent, else an empty one."""
        if self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.session_class()
