"""Verifies the Ed25519 signature and the timestamp of requests from Discord."""

import re
from binascii import unhexlify
from collections.abc import Sequence
from typing import Final

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from wire.errors import BadSignature
from wire.limits import PUBLIC_KEY_BYTES, SIGNATURE_BYTES

MAX_SKEW_S: Final = 300  # allowed difference of a timestamp in either direction, seconds; Discord documents none

_TIMESTAMP_MAX: Final = 12  # digits of Unix seconds; keeps int() cheap
_HEX_KEY: Final = re.compile(rf"[0-9a-fA-F]{{{2 * PUBLIC_KEY_BYTES}}}", re.ASCII)


class Verifier:
    """Verifies requests with the public keys of the application; several keys during a key change.

    Keys are decoded once. Calls PyNaCl's libsodium binding directly: VerifyKey.verify adds redundant checks.
    """

    def __init__(self, public_keys: Sequence[str]) -> None:
        if not public_keys:
            raise ValueError("At least one public key is needed.")
        for key in public_keys:
            if not _HEX_KEY.fullmatch(key):
                raise ValueError("A public key is 64 hexadecimal characters.")
        self._keys = tuple(bytes.fromhex(key) for key in public_keys)

    def verify(self, body: bytes, *, signature: bytes, timestamp: bytes, now_s: float) -> None:
        """Return if Discord signed `body` within five minutes of `now_s`; else raise.

        Args:
            body: the bytes as received, never re-serialised.
            signature: header X-Signature-Ed25519, as received.
            timestamp: header X-Signature-Timestamp, as received.
            now_s: Unix time in seconds.

        Raises:
            BadSignature: invalid or too old. Cheap checks come first, so old and unsigned requests cost little time.
        """
        if not (timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_MAX):
            raise BadSignature("no timestamp")
        if abs(now_s - int(timestamp)) > MAX_SKEW_S:
            raise BadSignature("timestamp too far off")
        if len(signature) != 2 * SIGNATURE_BYTES:
            raise BadSignature("signature is not hex")
        try:
            signed = unhexlify(signature) + timestamp + body
        except ValueError as error:
            raise BadSignature("signature is not hex") from error
        for key in self._keys:
            try:
                crypto_sign_open(signed, key)
            except BadSignatureError:
                continue
            return
        raise BadSignature("signature does not match")
