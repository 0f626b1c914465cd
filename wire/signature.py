"""Is this request from Discord, and from now? Ed25519 over the raw bytes, the key decoded once."""

import re
from binascii import unhexlify
from collections.abc import Sequence
from typing import Final

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from wire.errors import BadSignature
from wire.limits import PUBLIC_KEY_BYTES, SIGNATURE_BYTES

MAX_SKEW_S: Final = 300  # seconds that a timestamp may lie behind or ahead of us; Discord documents none

_TIMESTAMP_MAX: Final = 12  # digits of Unix seconds; keeps int() cheap
_HEX_KEY: Final = re.compile(rf"[0-9a-fA-F]{{{2 * PUBLIC_KEY_BYTES}}}", re.ASCII)


class Verifier:
    """Checks requests against the application's public keys; more than one while a key is being changed.

    Calls libsodium through PyNaCl's binding: VerifyKey.verify does the same with two more copies of its checks.
    """

    def __init__(self, public_keys: Sequence[str]) -> None:
        if not public_keys:
            raise ValueError("At least one public key is needed.")
        for key in public_keys:
            if not _HEX_KEY.fullmatch(key):
                raise ValueError("A public key is 64 hexadecimal characters.")
        self._keys = tuple(bytes.fromhex(key) for key in public_keys)

    def verify(self, body: bytes, *, signature: bytes, timestamp: bytes, now_s: float) -> None:
        """Return when `body` was signed by Discord within five minutes of `now_s`.

        Args:
            body: the bytes as received, never re-serialised.
            signature: header X-Signature-Ed25519, as received.
            timestamp: header X-Signature-Timestamp, as received.
            now_s: seconds since 1970.

        Raises:
            BadSignature: the cheap checks first, so that old and unsigned requests cost no curve arithmetic.
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
