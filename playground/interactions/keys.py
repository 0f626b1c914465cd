"""The Ed25519 key that signs interactions, stored as a hex seed in one file."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

KEY_FILE: Final = "playground.key"
SEED_BYTES: Final = 32


def signing_key(data_dir: Path) -> SigningKey:
    """The key in `data_dir`, generated if missing; two processes that start at the same time use the same key.

    Raises:
        ValueError: the file does not contain a 32-byte seed in hex.
    """
    path = data_dir / KEY_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SEED_BYTES))
        # os.link is atomic: no process reads a partly written key, and the second writer discards its own.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return SigningKey(bytes.fromhex(path.read_text(encoding="ascii").strip()))
