"""HTTP client for the local Discord's control API, used by `lyceum try` and `lyceum voice`."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from cli.addresses import in_url
from cli.errors import AWAY, FAILED, USAGE, CliError

if TYPE_CHECKING:
    import httpx

Json = dict[str, Any]

PATIENCE_S: Final = 25.0  # the server waits up to 15 s for a deferred edit
_BAD_REQUEST: Final = 400
_SERVER_ERROR: Final = 500
_MISUSE: Final = frozenset({400, 404, 405, 409, 422})


class Control:
    """A connection to the local Discord on this machine; every failure is a CliError for the operator."""

    def __init__(self, port: int, *, host: str = "127.0.0.1") -> None:
        import httpx  # noqa: PLC0415 - costs a tenth of a second and `lyceum web` does not need it

        self._port = port
        self._refused = (httpx.ConnectError, httpx.ConnectTimeout)
        self._silent = httpx.HTTPError
        # Ignore a proxy in the environment: this server is on this machine.
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
        """The whole state: users, guilds, channels, clock and endpoint."""
        return self._json("GET", "/playground/state")

    def set_events(self, url: str) -> Json:
        """Set the app's URL for webhook events; it is checked as at Discord."""
        return self._json("PUT", "/playground/events/endpoint", {"url": url})

    def set_endpoint(self, url: str) -> Json:
        """Set the app's interactions endpoint URL; it is checked as at Discord."""
        return self._json("PUT", "/playground/endpoint", {"url": url})

    def interact(self, request: Json) -> Json:
        """Perform a user's action and wait for the reply that they see."""
        return self._json("POST", "/playground/interactions", request)

    def attachment(self, attachment: str) -> bytes:
        """The bytes of an attachment."""
        return self._send("GET", f"/playground/attachments/{attachment}").content

    def voice(self, request: Json) -> Json:
        """Change a voice state: join, leave, move, mute and the like."""
        return self._json("POST", "/playground/voice", request)

    def sessions(self) -> Json:
        """The gateway sessions, each with the last sequence number sent to it."""
        return self._json("GET", "/playground/gateway")

    def simulate(self, request: Json) -> Json:
        """Start a simulation at higher speed."""
        return self._json("POST", "/playground/simulate", request)

    def simulation(self) -> Json:
        """Progress of the simulation."""
        return self._json("GET", "/playground/simulate")

    def end_simulation(self) -> Json:
        """Stop the simulation; returns its progress."""
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
