"""How `/why` tells a day: which stretches counted, and which rule paused the others."""

from typing import Final

from core.enums import CloseReason
from core.i18n import Words, at
from db.queries.voice.corrections import DayAct
from handlers import preset_names
from handlers.messages import REASON_MAX, plain
from services.explanations.tracking import Day, Ending, Spell
from services.voice.eligibility import Pause
from services.voice.tracking_policies import preset_of

STEPS_MAX: Final = 15  # the latest of the day; more would not fit a message in every language
CHANNELS_MAX: Final = 8
CORRECTIONS_MAX: Final = 3
_MINUTE: Final = 60


def told(day: Day, words: Words, *, name: str | None) -> list[str]:
    """The lines; `name` is whose day it is, None: the reader's own."""
    holds = words("This server counts by **{preset}**.", preset=preset_names.name_of_preset(day.preset, words))
    lines = [f"{holds} {preset_names.told(day.preset, words)}"]
    if places := _never(day, words):
        lines.append(words("Time never counts in {channels}.", channels=places))
    lines.append(words("Counted today: **{time}**.", time=words.duration(day.counted_s)))
    if day.estimated_s >= _MINUTE:
        lines.append(
            words(
                "{time} of it is estimated: I could not hear Discord then, and worked out who was still there.",
                time=words.duration(day.estimated_s),
            )
        )
    steps = sorted([*day.spells, *day.endings], key=_begin)
    if (left_out := len(steps) - STEPS_MAX) > 0:
        lines.append(f"· {words.plural('{count} earlier step', '{count} earlier steps', left_out)} …")
    lines += [_step(step, words) for step in steps[-STEPS_MAX:]]
    lines += [_correction(each, words) for each in day.corrections[-CORRECTIONS_MAX:]]
    if not day.is_here and name is None:
        lines.append(words("You are in no channel that counts now. Join one, and your time begins."))
    elif not day.is_here:
        lines.append(words("{name} is in no channel that counts now.", name=name))
    return lines


def _correction(correction: DayAct, words: Words) -> str:
    facts = {
        "when": at(correction.started_at),
        "time": words.duration(abs(correction.seconds)),
        "reason": plain(correction.reason, longest=REASON_MAX),
    }
    if correction.seconds < 0:
        return f"· {words('Staff took {time} off the session of {when}: {reason}', **facts)}"
    return f"· {words('Staff added {time} to the session of {when}: {reason}', **facts)}"


def _never(day: Day, words: Words) -> str:
    afk = [] if day.afk is None else [words("{channel} (AFK)", channel=f"<#{day.afk}>")]
    ignored = [f"<#{channel}>" for channel in day.ignored if channel != day.afk]
    found = [*afk, *ignored]
    return ", ".join(found[:CHANNELS_MAX]) + (" …" if len(found) > CHANNELS_MAX else "")


def _begin(step: Spell | Ending) -> int:
    return step.start if isinstance(step, Spell) else step.at


def _step(step: Spell | Ending, words: Words) -> str:
    if isinstance(step, Ending):
        return f"· <t:{step.at}:t> {_ended(step.reason, words)}"
    until = words("now") if step.is_open else f"<t:{step.end}:t>"
    length = words("less than 1 min") if step.seconds < _MINUTE else words.duration(step.seconds)
    reason = words("counted") if step.pause is None else _paused(step.pause, step, words)
    return f"· <t:{step.start}:t>–{until} <#{step.channel}> {length}: {reason}"


def _ended(reason: CloseReason, words: Words) -> str:
    match reason:
        case CloseReason.LOST:
            return words("I heard nothing from Discord for a while, and what I do not hear I cannot count")
        case CloseReason.GUILD_GONE:
            return words("I was not in this server for a while")
        case CloseReason.IGNORED_CHANNEL | CloseReason.LEFT:
            return words("from here on in a channel that never counts")


def _paused(pause: Pause, spell: Spell, words: Words) -> str:  # noqa: PLR0911 - a table
    """Which rule stopped the count, and what makes it go on."""
    preset = preset_names.name_of_preset(preset_of(spell.policy), words)
    match pause:
        case Pause.DEAFENED:
            return words("paused, the sound was off. {preset} counts time with the sound on.", preset=preset)
        case Pause.NO_CAMERA:
            return words("paused, no camera and no stream. {preset} counts time with one of them on.", preset=preset)
        case Pause.ALONE:
            return words("paused, no other person was there. {preset} counts time in company.", preset=preset)
        case Pause.UNATTENDED:
            cap = words.duration(int(spell.policy.unattended_cap.total_seconds()))
            return words(
                "paused after {time} without a sign of life. Muting, moving or any command makes it count again.",
                time=cap,
            )
        case Pause.DAILY_CAP:
            cap = words.duration(int(spell.policy.daily_cap.total_seconds()))
            return words(
                "paused, {time} is the most that {preset} counts in a day. It counts again tomorrow, after a rest.",
                time=cap,
                preset=preset,
            )
        case Pause.AWAY:
            return words("not there, so not counted")
        case Pause.TOO_SHORT if spell.is_open:
            return words("counts as soon as it is a whole minute")
        case Pause.TOO_SHORT:
            return words("not counted, the whole stay made less than a minute")
