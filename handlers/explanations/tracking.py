"""Text of `/why` about a day: which intervals counted, and why the others were excluded."""

from typing import Final

from core.enums import SessionEndReason
from core.i18n import Translator, discord_timestamp
from db.queries.voice.corrections import DayAct
from handlers import preset_names
from handlers.messages import REASON_MAX, escape_markdown
from services.explanations.tracking import DayExplanation, ExplainedInterval, SessionEnd
from services.voice.eligibility import ExclusionReason
from services.voice.tracking_policies import preset_of

STEPS_MAX: Final = 15  # the latest steps of the day; more would not fit a message in every language
CHANNELS_MAX: Final = 8
CORRECTIONS_MAX: Final = 3
_MINUTE: Final = 60


def describe(day: DayExplanation, t: Translator, *, name: str | None) -> list[str]:
    """Lines of the explanation; `name` is the member's, or None when the reader asked about themselves."""
    holds = t("This server counts by **{preset}**.", preset=preset_names.name_of_preset(day.preset, t))
    lines = [f"{holds} {preset_names.describe(day.preset, t)}"]
    if places := _never(day, t):
        lines.append(t("Time never counts in {channels}.", channels=places))
    lines.append(t("Counted today: **{time}**.", time=t.duration(day.counted_seconds)))
    if day.estimated_seconds >= _MINUTE:
        lines.append(
            t(
                "{time} of it is estimated: I could not hear Discord then, and worked out who was still there.",
                time=t.duration(day.estimated_seconds),
            )
        )
    steps = sorted([*day.intervals, *day.endings], key=_begin)
    if (left_out := len(steps) - STEPS_MAX) > 0:
        lines.append(f"· {t.plural('{count} earlier step', '{count} earlier steps', left_out)} …")
    lines += [_step(step, t) for step in steps[-STEPS_MAX:]]
    lines += [_correction(each, t) for each in day.corrections[-CORRECTIONS_MAX:]]
    if not day.is_here and name is None:
        lines.append(t("You are in no channel that counts now. Join one, and your time begins."))
    elif not day.is_here:
        lines.append(t("{name} is in no channel that counts now.", name=name))
    return lines


def _correction(correction: DayAct, t: Translator) -> str:
    facts = {
        "when": discord_timestamp(correction.started_at),
        "time": t.duration(abs(correction.seconds)),
        "reason": escape_markdown(correction.reason, longest=REASON_MAX),
    }
    if correction.seconds < 0:
        return f"· {t('Staff took {time} off the session of {when}: {reason}', **facts)}"
    return f"· {t('Staff added {time} to the session of {when}: {reason}', **facts)}"


def _never(day: DayExplanation, t: Translator) -> str:
    afk = [] if day.afk is None else [t("{channel} (AFK)", channel=f"<#{day.afk}>")]
    ignored = [f"<#{channel}>" for channel in day.ignored if channel != day.afk]
    found = [*afk, *ignored]
    return ", ".join(found[:CHANNELS_MAX]) + (" …" if len(found) > CHANNELS_MAX else "")


def _begin(step: ExplainedInterval | SessionEnd) -> int:
    return step.start if isinstance(step, ExplainedInterval) else step.at


def _step(step: ExplainedInterval | SessionEnd, t: Translator) -> str:
    if isinstance(step, SessionEnd):
        return f"· <t:{step.at}:t> {_ended(step.reason, t)}"
    until = t("now") if step.is_open else f"<t:{step.end}:t>"
    length = t("less than 1 min") if step.seconds < _MINUTE else t.duration(step.seconds)
    reason = t("counted") if step.excluded_for is None else _paused(step.excluded_for, step, t)
    return f"· <t:{step.start}:t>–{until} <#{step.channel}> {length}: {reason}"


def _ended(reason: SessionEndReason, t: Translator) -> str:
    match reason:
        case SessionEndReason.LOST:
            return t("I heard nothing from Discord for a while, and what I do not hear I cannot count")
        case SessionEndReason.GUILD_GONE:
            return t("I was not in this server for a while")
        case SessionEndReason.IGNORED_CHANNEL | SessionEndReason.LEFT:
            return t("from here on in a channel that never counts")


def _paused(pause: ExclusionReason, spell: ExplainedInterval, t: Translator) -> str:  # noqa: PLR0911 - a lookup table
    """Why an interval is excluded, and what makes the time count again."""
    preset = preset_names.name_of_preset(preset_of(spell.policy), t)
    match pause:
        case ExclusionReason.DEAFENED:
            return t("paused, the sound was off. {preset} counts time with the sound on.", preset=preset)
        case ExclusionReason.NO_CAMERA:
            return t("paused, no camera and no stream. {preset} counts time with one of them on.", preset=preset)
        case ExclusionReason.ALONE:
            return t("paused, no other person was there. {preset} counts time in company.", preset=preset)
        case ExclusionReason.UNATTENDED:
            cap = t.duration(int(spell.policy.unattended_cap.total_seconds()))
            return t(
                "paused after {time} without a sign of life. Muting, moving or any command makes it count again.",
                time=cap,
            )
        case ExclusionReason.DAILY_CAP:
            cap = t.duration(int(spell.policy.daily_cap.total_seconds()))
            return t(
                "paused, {time} is the most that {preset} counts in a day. It counts again tomorrow, after a rest.",
                time=cap,
                preset=preset,
            )
        case ExclusionReason.AWAY:
            return t("not there, so not counted")
        case ExclusionReason.TOO_SHORT if spell.is_open:
            return t("counts as soon as it is a whole minute")
        case ExclusionReason.TOO_SHORT:
            return t("not counted, the whole stay made less than a minute")
