"""`/track`: staff settings for time tracking: channel kinds, presets, and changes to past days with a preview."""

from datetime import date
from typing import Final

from msgspec.structs import replace

from core.enums import ChannelKind, TrackingPreset
from core.i18n import Translator, discord_timestamp
from core.names import first_seen
from handlers.choices import parse_choice
from handlers.dates import ONE_DAY, parse, today
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import ephemeral, escape_markdown
from handlers.permissions import MANAGE_GUILD, require_permission
from handlers.preset_names import CHOICES, describe, name_of_preset
from services import tracking
from services.tracking import Preview
from wire.commands import channel, command, string, subcommand
from wire.components import Button
from wire.custom_id import Action
from wire.errors import BadPayload
from wire.interaction import ButtonClick, SlashCommand
from wire.message import Message
from wire.reply import EditMessage

APPLY: Final = Action("track", "apply", TrackingPreset, date, date)

_DATES: Final = (
    string("preset", "The rules to count by", required=True, choices=CHOICES),
    string("from", "The first day, as YYYY-MM-DD", required=True, min_length=10, max_length=10),
    string("to", "The last day, as YYYY-MM-DD", required=True, min_length=10, max_length=10),
)


async def preset(interaction: SlashCommand, deps: Deps) -> Message:
    require_permission(interaction)
    value = interaction.options.string("preset", default="")
    guild, t = guild_of(interaction), deps.t
    if value:
        wanted = parse_choice(TrackingPreset, value)
        since = await tracking.set_preset(deps.conn, guild=guild, preset=wanted, by=interaction.user.id, now=deps.now)
        name = name_of_preset(wanted, t)
        line = t("From {when} on this server counts by **{preset}**.", when=discord_timestamp(since), preset=name)
        kept = t("What was counted before stays. /track preview shows what these rules make of past days.")
        return ephemeral(f"{line} {describe(wanted, t)}\n{kept}")
    standing = await tracking.current_preset(deps.conn, guild=guild, now=deps.now)
    name = name_of_preset(standing.preset, t)
    lines = [f"{t('This server counts by **{preset}**.', preset=name)} {describe(standing.preset, t)}"]
    for choice in standing.choices:
        until = "" if choice.valid_until is None else f" – {discord_timestamp(choice.valid_until, 'f')}"
        name = name_of_preset(choice.preset, t)
        lines.append(
            f"· <@{choice.set_by}> {discord_timestamp(choice.set_at, 'f')}: "
            f"{name}, {discord_timestamp(choice.valid_from, 'f')}{until}"
        )
    return ephemeral("\n".join(lines))


async def set_kind(interaction: SlashCommand, deps: Deps) -> Message:
    require_permission(interaction)
    room = interaction.options.channel("channel")
    wanted = parse_choice(ChannelKind, interaction.options.string("kind"))
    if room is None:
        raise BadPayload("a required option is missing: channel")
    counts = await tracking.set_channel_kind(
        deps.conn,
        guild=guild_of(interaction),
        channel=room.id,
        name=room.name or "",
        type_=room.type,
        kind=wanted,
        by=interaction.user.id,
        now=deps.now,
    )
    name, t = escape_markdown(first_seen(room.name)), deps.t
    if wanted is ChannelKind.IGNORED:
        return ephemeral(t("Time in {channel} no longer counts.", channel=name))
    if not counts:
        return ephemeral(
            t(
                "That is noted, but time in {channel} still does not count: it is the AFK channel, or its category is"
                " ignored.",
                channel=name,
            )
        )
    return ephemeral(
        t(
            "Time in {channel} counts. Whoever sits there already begins when they next move, mute or come back.",
            channel=name,
        )
    )


async def preview(interaction: SlashCommand, deps: Deps) -> Message:
    require_permission(interaction)
    message, _ = await _previewed(interaction, deps)
    return message


async def reapply(interaction: SlashCommand, deps: Deps) -> Message:
    require_permission(interaction)
    message, packed = await _previewed(interaction, deps)
    if not packed:
        return message
    return replace(message, components=((Button(deps.t("Count again"), custom_id=packed),),))


async def apply(press: ButtonClick, deps: Deps) -> EditMessage:
    require_permission(press)
    wanted, first, last = APPLY.unpack(press.custom_id)
    count = await tracking.reapply(
        deps.conn, guild=guild_of(press), preset=wanted, first=first, last=last, by=press.user.id, now=deps.now
    )
    return EditMessage(
        deps.t.plural(
            "{count} member is being counted again; it takes minutes at most.",
            "{count} members are being counted again; it takes minutes at most.",
            count,
        ),
        private=True,
    )


async def _previewed(interaction: SlashCommand, deps: Deps) -> tuple[Message, str]:
    """The preview, and the custom id that applies the change; the id is empty when nothing would change."""
    wanted = parse_choice(TrackingPreset, interaction.options.string("preset"))
    yesterday = today(deps) - ONE_DAY
    first, last = (parse(interaction.options.string(name), example=yesterday) for name in ("from", "to"))
    found = await tracking.preview(
        deps.conn, guild=guild_of(interaction), preset=wanted, first=first, last=last, now=deps.now
    )
    return ephemeral(describe_preview(found, deps.t)), APPLY.pack(wanted, first, last) if found.changed else ""


def describe_preview(found: Preview, t: Translator) -> str:
    if not found.changed:
        return t("Nobody's time would change on those days.")
    return t(
        "On those days {people} in voice. For **{changed}** of them the time would change: {more} more, {less} less.",
        people=t.plural("{count} person was", "{count} people were", found.members),
        changed=t.number(found.changed),
        more=t.duration(found.more_s),
        less=t.duration(found.less_s),
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
    slash={"track preset": preset, "track channel": set_kind, "track preview": preview, "track reapply": reapply},
    buttons={APPLY: apply},
)
