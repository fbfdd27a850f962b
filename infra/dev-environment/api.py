"""Requests to the services of the development environment: JSON in, JSON out, no proxies, a time limit on each."""

import base64
import http.client
import json
import urllib.parse

TIMEOUT_SECONDS = 15


class APIError(Exception):
    """An answer other than 2xx, or none."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class API:
    """One base URL and one way to say who calls."""

    def __init__(self, base_url, bearer=None, basic=None):
        self.base = urllib.parse.urlsplit(base_url)
        self.authorization = None
        if bearer:
            self.authorization = "Bearer " + bearer
        if basic:
            self.authorization = "Basic " + base64.b64encode(":".join(basic).encode()).decode()

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None):
        return self.call("POST", path, {} if body is None else body)

    def delete(self, path):
        return self.call("DELETE", path)

    def call(self, method, path, body=None):
        """The parsed JSON of a 2xx answer."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        content = self.raw(method, path, None if body is None else json.dumps(body).encode(), headers)
        return json.loads(content) if content else None

    def raw(self, method, path, body=None, headers=None):
        """The bytes of a 2xx answer."""
        headers = dict(headers or {})
        if self.authorization:
            headers["Authorization"] = self.authorization
        connection = http.client.HTTPConnection(
            self.base.hostname, self.base.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise APIError(0, f"{method} {self.base.geturl()}{path}: {error}") from error
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            text = content.decode(errors="replace").strip()[:500]
            raise APIError(answer.status, f"{method} {path} was answered {answer.status}: {text}")
        return content
