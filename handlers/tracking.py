"""`/track`: what staff decide about counting: which rooms, by which rules, and for past days once more."""

from datetime import date
from typing import Final

from msgspec.structs import replace

from core.enums import ChannelKind, Preset
from core.i18n import Words, at
from core.names import first_seen
from handlers.choices import chosen
from handlers.dates import ONE_DAY, parse, today
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import note, plain
from handlers.permissions import MANAGE_GUILD, refuse_others
from handlers.preset_names import CHOICES, name_of_preset, told
from services import tracking
from services.tracking import Preview
from wire.commands import channel, command, string, subcommand
from wire.components import Button
from wire.custom_id import Action
from wire.errors import BadPayload
from wire.interaction import ButtonPress, SlashCommand
from wire.message import Message
from wire.reply import EditMessage

APPLY: Final = Action("track", "apply", Preset, date, date)

_DATES: Final = (
    string("preset", "The rules to count by", required=True, choices=CHOICES),
    string("from", "The first day, as YYYY-MM-DD", required=True, min_length=10, max_length=10),
    string("to", "The last day, as YYYY-MM-DD", required=True, min_length=10, max_length=10),
)


async def preset(interaction: SlashCommand, deps: Deps) -> Message:
    refuse_others(interaction)
    value = interaction.options.string("preset", default="")
    guild, words = guild_of(interaction), deps.words
    if value:
        wanted = chosen(Preset, value)
        since = await tracking.choose(deps.conn, guild=guild, preset=wanted, by=interaction.user.id, now=deps.now)
        name = name_of_preset(wanted, words)
        line = words("From {when} on this server counts by **{preset}**.", when=at(since), preset=name)
        kept = words("What was counted before stays. /track preview shows what these rules make of past days.")
        return note(f"{line} {told(wanted, words)}\n{kept}")
    standing = await tracking.standing(deps.conn, guild=guild, now=deps.now)
    name = name_of_preset(standing.preset, words)
    lines = [f"{words('This server counts by **{preset}**.', preset=name)} {told(standing.preset, words)}"]
    for choice in standing.choices:
        until = "" if choice.valid_until is None else f" – {at(choice.valid_until, 'f')}"
        name = name_of_preset(choice.preset, words)
        lines.append(f"· <@{choice.set_by}> {at(choice.set_at, 'f')}: {name}, {at(choice.valid_from, 'f')}{until}")
    return note("\n".join(lines))


async def kind(interaction: SlashCommand, deps: Deps) -> Message:
    refuse_others(interaction)
    room = interaction.options.channel("channel")
    wanted = chosen(ChannelKind, interaction.options.string("kind"))
    if room is None:
        raise BadPayload("a required option is missing: channel")
    counts = await tracking.set_kind(
        deps.conn,
        guild=guild_of(interaction),
        channel=room.id,
        name=room.name or "",
        type_=room.type,
        kind=wanted,
        by=interaction.user.id,
        now=deps.now,
    )
    name, words = plain(first_seen(room.name)), deps.words
    if wanted is ChannelKind.IGNORED:
        return note(words("Time in {channel} no longer counts.", channel=name))
    if not counts:
        return note(
            words(
                "That is noted, but time in {channel} still does not count: it is the AFK channel, or its category is"
                " ignored.",
                channel=name,
            )
        )
    return note(
        words(
            "Time in {channel} counts. Whoever sits there already begins when they next move, mute or come back.",
            channel=name,
        )
    )


async def preview(interaction: SlashCommand, deps: Deps) -> Message:
    refuse_others(interaction)
    message, _ = await _previewed(interaction, deps)
    return message


async def reapply(interaction: SlashCommand, deps: Deps) -> Message:
    refuse_others(interaction)
    message, packed = await _previewed(interaction, deps)
    if not packed:
        return message
    return replace(message, components=((Button(deps.words("Count again"), custom_id=packed),),))


async def apply(press: ButtonPress, deps: Deps) -> EditMessage:
    refuse_others(press)
    wanted, first, last = APPLY.unpack(press.custom_id)
    count = await tracking.reapply(
        deps.conn, guild=guild_of(press), preset=wanted, first=first, last=last, by=press.user.id, now=deps.now
    )
    return EditMessage(
        deps.words.plural(
            "{count} member is being counted again; it takes minutes at most.",
            "{count} members are being counted again; it takes minutes at most.",
            count,
        ),
        private=True,
    )


async def _previewed(interaction: SlashCommand, deps: Deps) -> tuple[Message, str]:
    """What would change, and the custom id that changes it; empty when nothing would."""
    wanted = chosen(Preset, interaction.options.string("preset"))
    yesterday = today(deps) - ONE_DAY
    first, last = (parse(interaction.options.string(name), example=yesterday) for name in ("from", "to"))
    found = await tracking.preview(
        deps.conn, guild=guild_of(interaction), preset=wanted, first=first, last=last, now=deps.now
    )
    return note(_told(found, deps.words)), APPLY.pack(wanted, first, last) if found.changed else ""


def _told(found: Preview, words: Words) -> str:
    if not found.changed:
        return words("Nobody's time would change on those days.")
    return words(
        "On those days {people} in voice. For **{changed}** of them the time would change: {more} more, {less} less.",
        people=words.plural("{count} person was", "{count} people were", found.members),
        changed=words.number(found.changed),
        more=words.duration(found.more_s),
        less=words.duration(found.less_s),
    )


feature = Feature(
    name="track",
    commands=(
        command(
            "track",
            "Which time in voice counts here",
            subcommand(
                "preset",
                "The rules that this server counts by",
                string("preset", "The rules to count by", choices=CHOICES),
            ),
            subcommand(
                "channel",
                "What a channel or a whole category is for",
                channel("channel", "A voice channel, a stage or a category", required=True, channel_types=(2, 13, 4)),
                string(
                    "kind",
                    "What it is for",
                    required=True,
                    choices=(
                        ("Study", ChannelKind.STUDY),
                        ("Practice", ChannelKind.PRACTICE),
                        ("Stage", ChannelKind.STAGE),
                        ("Ignored: time does not count", ChannelKind.IGNORED),
                    ),
                ),
            ),
            subcommand("preview", "What other rules would make of past days", *_DATES),
            subcommand("reapply", "Count past days again by other rules", *_DATES),
            permissions=MANAGE_GUILD,
        ),
    ),
    slash={"track preset": preset, "track channel": kind, "track preview": preview, "track reapply": reapply},
    buttons={APPLY: apply},
)
