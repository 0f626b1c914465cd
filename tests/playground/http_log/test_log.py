from typing import Any

import pytest

from playground.http_log.deliveries import COMMAND, Actor, Deliveries, Delivery
from playground.http_log.exchange import BODY_KEPT_BYTES, Body, File, masked
from playground.http_log.log import KEPT_BYTES, OF_ONE_MAX, Recording
from playground.state.changes import Changes
from playground.state.state import Channel, User

Json = dict[str, Any]

MULTIPART = "multipart/form-data; boundary=b"


def part(name: str, content: bytes, *, filename: str | None = None, kind: str = "application/json") -> bytes:
    told = f'; filename="{filename}"' if filename else ""
    return (
        f'--b\r\nContent-Disposition: form-data; name="{name}"{told}\r\nContent-Type: {kind}\r\n\r\n'.encode() + content
    )


class Scene:
    def __init__(self) -> None:
        self.deliveries = Deliveries(900, Changes())
        self.recording = Recording(self.deliveries, Changes())
        self._numbers = iter(range(1, 100))

    def open(self, kind: int = COMMAND) -> Delivery:
        user = User(1, "ada")
        return self.deliveries.open(next(self._numbers), kind, Actor(user, Channel(2, 0)))

    def call(
        self, path: str = "/users/@me", raw: bytes = b"", *, token: str | None = None, answer: bytes = b"{}"
    ) -> Any:
        headers = [("authorization", "Bot very-secret"), ("content-type", "application/json")]
        call = self.recording.call("POST", path, path, headers, raw, token=token)
        call.answered(200, [("content-type", "application/json")], b"{}")
        return call.exchange


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_call_with_a_token_belongs_to_its_interaction(scene: Scene) -> None:
    first, second = scene.open(), scene.open()

    exchange = scene.call(f"/webhooks/1/{first.token}", b'{"content":"x"}', token=first.token)

    assert first.exchanges == [exchange]
    assert second.exchanges == []
    assert (exchange.is_certain, exchange.body.json, exchange.answer.json) == (True, {"content": "x"}, {})
    assert (exchange.status, exchange.sender) == (200, "app")


def test_a_call_without_one_probably_belongs_to_what_is_under_way(scene: Scene) -> None:
    settled, under_way = scene.open(), scene.open()
    settled.settled.set()

    exchange = scene.call()

    assert under_way.exchanges == [exchange]
    assert not exchange.is_certain


def test_what_comes_right_after_an_answer_may_still_be_because_of_it(scene: Scene) -> None:
    delivery = scene.open()
    delivery.note("answered")
    delivery.settled.set()
    right_after = scene.call()
    delivery.started_at -= 60
    long_after = scene.call()

    assert delivery.exchanges == [right_after]
    assert list(scene.recording.outside) == [long_after]
    assert long_after.is_certain


def test_checks_of_the_endpoint_are_because_of_nobody(scene: Scene) -> None:
    ping = scene.open(kind=1)

    exchange = scene.call()

    assert ping.exchanges == []
    assert list(scene.recording.outside) == [exchange]


def test_secrets_are_masked() -> None:
    headers = [("authorization", "Bot very-secret"), ("cookie", "a=b"), ("x-audit-log-reason", "why")]

    assert masked(headers) == {"Authorization": "Bot ••••", "Cookie": "••••", "X-Audit-Log-Reason": "why"}


def test_no_recorded_call_has_the_token(scene: Scene) -> None:
    assert "very-secret" not in repr(scene.call())


def test_the_files_of_a_body_are_named_and_not_kept() -> None:
    picture = b"\x89PNG" * 1000
    raw = b"\r\n".join(
        [
            part("payload_json", b'{"content":"x"}'),
            part("files[0]", picture, filename="card.png", kind="image/png"),
            b"--b--\r\n",
        ]
    )

    body = Body.keep(MULTIPART, raw)

    assert body.json == {"content": "x"}
    assert body.files == (File("files[0]", "card.png", "image/png", 4000),)
    assert (body.size_bytes, body.is_cut) == (len(raw), False)


@pytest.mark.parametrize(
    ("content_type", "raw", "text", "files"),
    [
        ("", b"", "", ()),
        ("text/html; charset=utf-8", b"<p>No</p>", "<p>No</p>", ()),
        ("application/problem+json", b"{}", "{}", ()),
        ("application/x-www-form-urlencoded", b"a=b", "a=b", ()),
        ("image/png", b"\x89PNG", "", (File("", "", "image/png", 4),)),
        (MULTIPART, b"broken", "", ()),
        ("application/json", b"\xff", "\ufffd", ()),
    ],
)
def test_bodies_of_other_kinds(content_type: str, raw: bytes, text: str, files: tuple[File, ...]) -> None:
    body = Body.keep(content_type, raw)

    assert (body.text, body.files, body.size_bytes) == (text, files, len(raw))


def test_a_body_that_is_no_json_has_no_value() -> None:
    assert Body.keep("application/json", b"{").json is None


def test_a_long_body_is_cut() -> None:
    body = Body.keep("text/plain", b"x" * (BODY_KEPT_BYTES + 1))

    assert (len(body.text), body.is_cut, body.size_bytes) == (BODY_KEPT_BYTES, True, BODY_KEPT_BYTES + 1)


def test_one_interaction_keeps_so_many_exchanges(scene: Scene) -> None:
    delivery = scene.open()

    for _ in range(OF_ONE_MAX + 3):
        scene.call(token=delivery.token)

    assert (len(delivery.exchanges), delivery.exchanges_left_out) == (OF_ONE_MAX, 3)


def test_the_oldest_bodies_make_room(scene: Scene) -> None:
    body = b'"' + b"x" * (BODY_KEPT_BYTES - 2) + b'"'
    count = KEPT_BYTES // BODY_KEPT_BYTES

    exchanges = [scene.call(raw=body) for _ in range(count + 1)]

    assert [len(one.body.text) for one in (exchanges[0], exchanges[-1])] == [0, BODY_KEPT_BYTES]
    assert (exchanges[0].body.is_cut, exchanges[0].body.size_bytes) == (True, len(body))
    assert sum(len(one.body.text) for one in exchanges) <= KEPT_BYTES


def test_no_answer_has_a_reason(scene: Scene) -> None:
    delivery = scene.open()
    sent = scene.recording.deliver(delivery, "http://app/", [], b"{}", what="")
    sent.failed("No answer: refused")

    assert (sent.exchange.status, sent.exchange.remarks) == (None, ["No answer: refused"])
    assert delivery.exchanges == [sent.exchange]
