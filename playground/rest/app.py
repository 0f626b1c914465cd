"""REST API framework: routing, authentication, body parsing, rate limits, error responses and fault injection."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPMethod
from itertools import groupby
from typing import Any, Final

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.config import PlaygroundConfig
from playground.errors import Refusal, bad_form
from playground.http_log.log import Recording
from playground.http_log.request_body import read
from playground.json_types import Json, is_object, snowflake
from playground.rate_limits import USUAL, Limit, RateLimits, TooMany
from playground.state.faults import Faults, Target
from playground.state.tokens import opens
from playground.validation.upload import Upload

log = structlog.get_logger()

MAJORS: Final = ("channel_id", "guild_id", "token")  # path parameters with separate rate limit buckets
BLOCKED_AGENTS: Final = ("Mozilla/", "Java/", "Python-urllib/")  # browsers, and defaults of HTTP clients


@dataclass(slots=True)
class Call:
    """One authorised REST request with parsed parameters and body."""

    path: dict[str, str]
    query: QueryParams
    headers: Headers
    body: Any = None  # None: empty body
    files: dict[int, Upload] = field(default_factory=dict[int, Upload])
    remarks: list[str] = field(default_factory=list[str])  # notes shown in the inspector

    def id(self, name: str) -> int:
        """The snowflake in a path parameter.

        Raises:
            Refusal: the parameter is not a snowflake.
        """
        return snowflake_at((name,), self.path[name])

    def json(self) -> Json:
        """The body as a JSON object; an empty body is an empty object.

        Raises:
            Refusal: the body is not an object.
        """
        if self.body is None:
            return {}
        if not is_object(self.body):
            raise bad_form((), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return self.body

    def number(self, name: str, least: int, most: int, *, default: int) -> int:
        """An integer from the query string.

        Raises:
            Refusal: it is not an integer, or not in `least` to `most`.
        """
        text = self.query.get(name, str(default))
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise bad_form((name,), "NUMBER_TYPE_MAX", f"int value should be between {least} and {most}.")
        return int(text)

    def moment(self, name: str) -> datetime | None:
        """A timestamp from the query string; without an offset it is UTC.

        Raises:
            Refusal: it is not a timestamp.
        """
        text = self.query.get(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text.replace(" ", "+"))  # an unescaped plus sign arrives as a space
        except ValueError:
            raise bad_form((name,), "DATE_TIME_TYPE_PARSE", f"Could not parse {text}. Should be ISO8601.") from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def wants(self, name: str) -> bool:
        """Whether a boolean query parameter is true."""
        return self.query.get(name, "").lower() in ("1", "true")


@dataclass(frozen=True, slots=True)
class Answer:
    """The response of a route; a body of None is an empty response."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One route of the REST API with its handler, rate limit and authorisation."""

    method: HTTPMethod
    path: str
    handler: Handler
    limit: Limit = USUAL
    needs_token: bool = True
    needs_person: bool = False  # requires a user's `Bearer` token; this server accepts the app's token as well
    is_interaction: bool = False  # exempt from the global limit; authorised by the token in the path
    bucket: str | None = None  # None: its own bucket; routes with the same name share one

    @property
    def bucket_name(self) -> str:
        """The name of the rate limit bucket."""
        return self.bucket or f"{self.method} {self.path}"


def snowflake_at(path: Sequence[str | int], value: Any) -> int:
    """Parse a snowflake at a path of the body.

    Raises:
        Refusal: it is not a snowflake.
    """
    found = snowflake(value)
    if found is None:
        raise bad_form(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
    return found


def nothing() -> Answer:
    """204 No Content, the response of most deletions."""
    return Answer(None, 204)


def create_api(config: PlaygroundConfig, rules: Sequence[Rule], recording: Recording, faults: Faults) -> Starlette:
    """The REST API as an ASGI app to mount at /api/v10."""
    door = _Door(config, recording, faults)
    ordered = sorted(rules, key=lambda rule: rule.path)
    routes = [
        Route(path, door.to({rule.method: rule for rule in group}), methods=[*HTTPMethod])
        for path, group in groupby(ordered, key=lambda rule: rule.path)
    ]
    # Fixed segments such as @original and @me come before parameters that would match them.
    routes.sort(key=lambda route: route.path.replace("{", "~"))
    routes.append(Route("/{rest:path}", door.to({}), methods=[*HTTPMethod]))
    return Starlette(routes=routes, exception_handlers={Exception: _failed})


class _Door:
    """Authorises, records, rate limits and dispatches REST calls, and applies faults."""

    def __init__(self, config: PlaygroundConfig, recording: Recording, faults: Faults) -> None:
        self._config = config
        self._recording = recording
        self._faults = faults
        self._limits = RateLimits()

    def to(self, rules: Mapping[HTTPMethod, Rule]) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of one path with a rule per method; without rules, the endpoint of unknown paths."""

        async def enter(request: Request) -> Response:
            rule = rules.get(HTTPMethod(request.method))
            raw = await request.body()
            query = f"?{request.url.query}" if request.url.query else ""
            call = self._recording.call(
                request.method,
                _path(request) + query,
                rule.path if rule else "",
                request.headers.items(),
                raw,
                token=request.path_params.get("token"),
            )
            try:
                response = await self._answer(request, rule, raw, call.exchange.remarks) if rule else _lost(rules)
            except Exception as error:
                call.failed(f"The local Discord failed: {error!r}")
                raise
            call.answered(response.status_code, response.headers.items(), bytes(response.body))
            return response

        return enter

    async def _answer(self, request: Request, rule: Rule, raw: bytes, remarks: list[str]) -> Response:
        headers: dict[str, str] = {}
        try:
            _check_caller(self._config, request, rule, remarks)
            await self._faults.strike(_target(request, rule), remarks)
            if self._config.limits_requests:
                headers = self._count(request, rule)
            kind = request.headers.get("content-type", "")
            body, files = await read(kind, raw, takes_forms=True) if raw else (None, {})
            call = Call(dict(request.path_params), request.query_params, request.headers, body, files, remarks)
            answer = await rule.handler(call)
        except TooMany as many:
            return JSONResponse(many.body, 429, headers=many.headers)
        except Refusal as refusal:
            return JSONResponse(refusal.body(), refusal.status, headers=headers)
        if answer.body is None:
            return Response(None, answer.status, headers=headers | answer.headers)
        content = msgspec.json.encode(answer.body)
        return Response(content, answer.status, headers | answer.headers, "application/json")

    def _count(self, request: Request, rule: Rule) -> dict[str, str]:
        if not rule.is_interaction:
            self._limits.take_global()
        major = next((request.path_params[name] for name in MAJORS if name in request.path_params), "")
        return self._limits.take(rule.bucket_name, str(major), rule.limit)


def _target(request: Request, rule: Rule) -> Target:
    return Target(
        request.method,
        rule.path,
        _path(request),
        snowflake(request.path_params.get("channel_id")),
        needs_token=rule.needs_token,
        bucket=rule.bucket_name,
        limit=rule.limit,
    )


def _path(request: Request) -> str:
    """The path without the API version."""
    return str(request.scope["path"]).removeprefix(request.scope.get("root_path", ""))


def _lost(rules: Mapping[HTTPMethod, Rule]) -> Response:
    status, words = (405, "405: Method Not Allowed") if rules else (404, "404: Not Found")
    return JSONResponse({"message": words, "code": 0}, status)


def _check_caller(config: PlaygroundConfig, request: Request, rule: Rule, remarks: list[str]) -> None:
    agent = request.headers.get("user-agent", "")
    if not agent or agent.startswith(BLOCKED_AGENTS):
        raise Refusal(403, 40333, "internal network error")  # Cloudflare's response, before Discord sees the request
    if not agent.startswith("DiscordBot ("):
        remarks.append(
            f"The User-Agent is {agent}. Discord takes it, but asks for DiscordBot ($url, $versionNumber), "
            "and may block others without notice."
        )
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if rule.needs_token and (scheme not in ("Bot", "Bearer") or not opens(config, token.strip())):
        raise Refusal(401, 0, "401: Unauthorized")
    if rule.needs_person and scheme == "Bot":
        raise Refusal(403, 20001, "Bots cannot use this endpoint")
    if rule.needs_token and not rule.needs_person and scheme == "Bearer":
        raise Refusal(401, 0, "401: Unauthorized")


async def _failed(request: Request, _error: Exception) -> Response:
    log.error("a REST route fails", method=request.method, path=request.url.path)
    return JSONResponse({"message": "500: Internal Server Error", "code": 0}, 500)
