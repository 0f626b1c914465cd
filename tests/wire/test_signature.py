from binascii import hexlify, unhexlify
from datetime import UTC, datetime

import pytest
from discord_interactions import verify_key
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from wire.errors import BadSignature
from wire.signature import Verifier

KEY = SigningKey(b"k" * 32)
OTHER = SigningKey(b"o" * 32)
PUBLIC = KEY.verify_key.encode().hex()
NOW_S = datetime(2026, 11, 21, 9, 30, tzinfo=UTC).timestamp()
BODY = b'{"type":1}'


def sign(body: bytes, *, key: SigningKey = KEY, at: float = NOW_S) -> tuple[bytes, bytes]:
    timestamp = b"%d" % at
    return hexlify(key.sign(timestamp + body).signature), timestamp


def test_verify_takes_what_discord_signed() -> None:
    signature, timestamp = sign(BODY)

    Verifier([PUBLIC]).verify(BODY, signature=signature, timestamp=timestamp, now_s=NOW_S)
    Verifier([PUBLIC.upper()]).verify(BODY, signature=signature.upper(), timestamp=timestamp, now_s=NOW_S)


def test_verify_takes_any_of_several_keys() -> None:
    signature, timestamp = sign(BODY, key=OTHER)
    keys = [PUBLIC, OTHER.verify_key.encode().hex()]

    Verifier(keys).verify(BODY, signature=signature, timestamp=timestamp, now_s=NOW_S)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_verify_takes_timestamps_up_to_five_minutes_off(seconds: int) -> None:
    signature, timestamp = sign(BODY, at=NOW_S + seconds)

    Verifier([PUBLIC]).verify(BODY, signature=signature, timestamp=timestamp, now_s=NOW_S)


@pytest.mark.parametrize("seconds", [-301, 301, -3600, 86_400])
def test_verify_refuses_old_and_future_timestamps_though_well_signed(seconds: int) -> None:
    signature, timestamp = sign(BODY, at=NOW_S + seconds)

    with pytest.raises(BadSignature, match=r"^timestamp too far off$"):
        Verifier([PUBLIC]).verify(BODY, signature=signature, timestamp=timestamp, now_s=NOW_S)


@pytest.mark.parametrize(
    "timestamp", ["", " ", "abc", "1e9", "-1", "+1795253400", "1795253400.0", "\uff11\uff17\uff19\uff15", "9" * 13]
)
def test_verify_refuses_a_timestamp_that_is_no_unix_time(timestamp: str) -> None:
    said = timestamp.encode()
    signature = hexlify(KEY.sign(said + BODY).signature)

    with pytest.raises(BadSignature, match=r"^no timestamp$"):
        Verifier([PUBLIC]).verify(BODY, signature=signature, timestamp=said, now_s=NOW_S)


@pytest.mark.parametrize(
    "signature", ["", "zz" * 64, "ab" * 63, "ab" * 65, "ab " * 43, "ab " * 42 + "ab", "0x" + "ab" * 63, "é" * 128]
)
def test_verify_refuses_a_signature_that_is_not_128_hex_digits(signature: str) -> None:
    with pytest.raises(BadSignature, match=r"^signature is not hex$"):
        Verifier([PUBLIC]).verify(BODY, signature=signature.encode(), timestamp=sign(BODY)[1], now_s=NOW_S)


def test_verify_refuses_another_key_and_another_body() -> None:
    verifier = Verifier([PUBLIC])
    forged, timestamp = sign(BODY, key=OTHER)
    signature, _ = sign(BODY)

    with pytest.raises(BadSignature, match=r"^signature does not match$"):
        verifier.verify(BODY, signature=forged, timestamp=timestamp, now_s=NOW_S)
    with pytest.raises(BadSignature, match=r"^signature does not match$"):
        verifier.verify(BODY + b" ", signature=signature, timestamp=timestamp, now_s=NOW_S)


@pytest.mark.parametrize("keys", [[], ["ab"], ["zz" * 32], [PUBLIC, ""]])
def test_verifier_refuses_keys_that_are_none(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="key"):
        Verifier(keys)


@given(body=st.binary(max_size=300), flip=st.none() | st.integers(0, 511), other=st.booleans())
def test_verify_and_discord_interactions_agree(*, body: bytes, flip: int | None, other: bool) -> None:
    signature, timestamp = sign(body, key=OTHER if other else KEY)
    if flip is not None:
        changed = bytearray(unhexlify(signature))
        changed[flip // 8] ^= 1 << flip % 8
        signature = hexlify(changed)

    try:
        Verifier([PUBLIC]).verify(body, signature=signature, timestamp=timestamp, now_s=NOW_S)
        verdict = True
    except BadSignature:
        verdict = False

    assert verdict is verify_key(body, signature.decode(), timestamp.decode(), PUBLIC) is (flip is None and not other)
