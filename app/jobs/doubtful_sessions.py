"""Checks doubtful voice sessions against Discord's REST API. No transaction is open while a request is in progress."""

from datetime import datetime
from typing import Final

import structlog

from db.connection import Pool
from services.voice import doubtful_sessions
from services.voice.gateway_events import DEAF, MUTE, SELF_DEAF, SELF_MUTE, STREAM, SUPPRESS, VIDEO
from wire.errors import DiscordError
from wire.rest import CurrentVoiceState, Rest

_NOWHERE: Final = CurrentVoiceState()

log = structlog.get_logger()


async def confirm_sessions(pool: Pool, rest: Rest, now: datetime) -> int:
    """Look up each doubtful session at Discord and end or move it accordingly; returns how many changed.

    Raises:
        DiscordUnavailable, ServiceUnavailable: the remaining sessions are checked in the next run.
    """
    async with pool.connection() as conn:
        doubtful = await doubtful_sessions.list_doubtful(conn, now=now)
    changed = 0
    for doubt in doubtful:
        try:
            state = await rest.get_voice_state(doubt.guild_id, doubt.user_id) or _NOWHERE
        except DiscordError as error:  # an outage of the guild, or the app is no longer in it: the state is unknown
            log.info("voice_state_refused", guild=doubt.guild_id, code=error.code)
            continue
        async with pool.connection() as conn:
            changed += await doubtful_sessions.apply_answer(
                conn, doubt, channel=state.channel_id, flags=flags_of(state), now=now
            )
    return changed


def flags_of(state: CurrentVoiceState) -> int:
    """The voice state's flags as one bit field."""
    marks = (
        (SELF_MUTE, state.self_mute),
        (SELF_DEAF, state.self_deaf),
        (MUTE, state.mute),
        (DEAF, state.deaf),
        (STREAM, state.self_stream),
        (VIDEO, state.self_video),
        (SUPPRESS, state.suppress),
    )
    return sum(flag for flag, is_on in marks if is_on)
