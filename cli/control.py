"""The local Discord's control interface, as the commands `try` and `voice` use it."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from cli.addresses import in_url
from cli.errors import AWAY, FAILED, USAGE, CliError

if TYPE_CHECKING:
    import httpx

Json = dict[str, Any]

PATIENCE_S: Final = 25.0  # it waits 15 s itself for a deferred edit
_BAD_REQUEST: Final = 400
_SERVER_ERROR: Final = 500
_MISUSE: Final = frozenset({400, 404, 405, 409, 422})


class Control:
    """A connection to the local Discord on this machine; every failure is a sentence for the person at the terminal."""

    def __init__(self, port: int, *, host: str = "127.0.0.1") -> None:
        import httpx  # noqa: PLC0415 - a tenth of a second that `lyceum web` never needs

        self._port = port
        self._refused = (httpx.ConnectError, httpx.ConnectTimeout)
        self._silent = httpx.HTTPError
        # A proxy in the environment is for the outside; this server is on this machine.
        self._client: httpx.Client = httpx.Client(
            base_url=f"http://{in_url(host)}:{port}", timeout=PATIENCE_S, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def state(self) -> Json:
        """Everybody and everything there is, the clock, and the endpoint."""
        return self._json("GET", "/playground/state")

    def set_events(self, url: str) -> Json:
        """Tell it where the app takes webhook events; it is checked as Discord does."""
        return self._json("PUT", "/playground/events/endpoint", {"url": url})

    def set_endpoint(self, url: str) -> Json:
        """Tell where interactions are posted; the address is probed as Discord does."""
        return self._json("PUT", "/playground/endpoint", {"url": url})

    def interact(self, request: Json) -> Json:
        """Do what a person does and wait for what they get to see."""
        return self._json("POST", "/playground/interactions", request)

    def attachment(self, attachment: str) -> bytes:
        """The bytes of a picture."""
        return self._send("GET", f"/playground/attachments/{attachment}").content

    def voice(self, request: Json) -> Json:
        """Join, leave and everything else that happens in voice."""
        return self._json("POST", "/playground/voice", request)

    def sessions(self) -> Json:
        """Who listens at the gateway, and up to which number they were told."""
        return self._json("GET", "/playground/gateway")

    def simulate(self, request: Json) -> Json:
        """Begin an evening in fast motion."""
        return self._json("POST", "/playground/simulate", request)

    def simulation(self) -> Json:
        """How far the evening is."""
        return self._json("GET", "/playground/simulate")

    def end_simulation(self) -> Json:
        """Break off the evening; answers how far it was."""
        return self._json("DELETE", "/playground/simulate")

    def _json(self, method: str, path: str, body: Json | None = None) -> Json:
        answer: Any = self._send(method, path, body).json()
        return answer

    def _send(self, method: str, path: str, body: Json | None = None) -> "httpx.Response":
        try:
            response = self._client.request(method, path, json=body)
        except self._refused:
            raise CliError(
                f"The local Discord is not running on port {self._port}: start it with `make up` in another terminal.",
                code=AWAY,
            ) from None
        except self._silent as error:
            raise CliError(
                f"The local Discord on port {self._port} does not answer ({type(error).__name__}): "
                "look at the terminal of `make up`.",
                code=AWAY,
            ) from None
        if response.status_code < _BAD_REQUEST:
            return response
        raise CliError(_sentence(response, self._port), code=USAGE if response.status_code in _MISUSE else FAILED)


def _sentence(response: "httpx.Response", port: int) -> str:
    try:
        told: Any = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        if response.status_code >= _SERVER_ERROR:
            return f"The local Discord failed ({response.status_code}): look at the terminal of `make up`."
        return f"What answers on port {port} is not the local Discord: set PLAYGROUND_PORT to its port."
    return str(told)
