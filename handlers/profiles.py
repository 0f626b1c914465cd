"""`/profile` and the user command "Profile": a member's level, time and streak, as a card image and as text."""

from typing import Final

from core.enums import Visibility
from core.i18n import Translator
from core.ids import GuildId
from handlers.feature import Deps, Feature, guild_of, person_named
from handlers.messages import RenderJob, avatar_path_of, embed_message, ephemeral, name_of, with_image
from handlers.streak_text import streak_line
from handlers.targets import require_human, target_or_self
from render.cards import profiles as profile_card
from render.cards.profiles import ProfileCard
from services import profiles
from services.members.names import display_name
from services.members.person import Person
from services.profiles import Profile
from wire.commands import command, user, user_menu
from wire.interaction import InteractionBase, SlashCommand, UserMenu
from wire.reply import Reply

FILENAME: Final = "profile.png"


async def show(interaction: SlashCommand, deps: Deps) -> Reply:
    return await _of(interaction, target_or_self(interaction), deps)


async def show_target(menu: UserMenu, deps: Deps) -> Reply:
    return await _of(menu, person_named(menu.target), deps)


async def _of(interaction: InteractionBase, person: Person, deps: Deps) -> Reply:
    require_human(person)
    guild = guild_of(interaction)
    viewer = interaction.user.id
    found = await profiles.profile(deps.conn, guild=guild, user=person.user, now=deps.now, viewer=viewer)
    t = deps.t
    if not found.focus_total_s:
        return ephemeral(_nothing_yet(person, t, is_own=person.user == viewer))
    card = _card(found, person, guild)
    return with_image(
        embed_message(name_of(person), _lines(found, t), footer=_footer(found, t), private=_is_private(found)),
        RenderJob(profile_card.draw, card, t),
        filename=FILENAME,
        alt=profile_card.alt(card, t=t),
        avatars=(card.avatar,),
    )


def _nothing_yet(person: Person, t: Translator, *, is_own: bool) -> str:
    if is_own:
        return t("You have no counted time here yet. Join a study channel, and after a minute it begins to count.")
    return t("{name} has no counted time here yet. It begins with a minute in a study channel.", name=name_of(person))


def _is_private(found: Profile) -> bool:
    """Private statistics are shown privately, so that a member does not publish them by looking at them."""
    return found.visibility is Visibility.PRIVATE


def _card(found: Profile, person: Person, guild: GuildId) -> ProfileCard:
    return ProfileCard(
        name=display_name(person),
        guild_name=found.guild_name,
        avatar=avatar_path_of(person, guild),
        level=found.level.number,
        xp=found.level.xp,
        floor_xp=found.level.floor_xp,
        next_xp=found.level.next_xp,
        focus_total_s=found.focus_total_s,
        today_s=found.today_s,
        week_s=found.week_s,
        streak_days=found.streak.current,
        longest_days=found.streak.longest,
        rank=found.rank,
        days=tuple((each.day, each.seconds) for each in found.last_days),
        threshold_s=found.threshold_s,
        tint=person.user,
    )


def _lines(found: Profile, t: Translator) -> list[str]:
    level = found.level
    if level.next_xp is None:
        progress = t("Level **{level}**, the highest · **{xp}** XP", level=level.number, xp=t.number(level.xp))
    else:
        progress = t(
            "Level **{level}** · **{xp}** XP, {missing} to the next level",
            level=level.number,
            xp=t.number(level.xp),
            missing=t.number(level.next_xp - level.xp),
        )
    times = t(
        "Focus time: **{today}** today · **{week}** this week · **{total}** in all",
        today=t.duration(found.today_s),
        week=t.duration(found.week_s),
        total=t.duration(found.focus_total_s),
    )
    lines = [progress, times, streak_line(found.streak, t)]
    if found.rank is not None:
        lines.append(t("Place **{rank}** on the focus board", rank=t.number(found.rank)))
    return lines


def _footer(found: Profile, t: Translator) -> str:
    return t("Here since {date}", date=t.date(found.member_since))


feature = Feature(
    name="profile",
    only_reads=True,
    commands=(
        command("profile", "Level, time and streak of a member", user("user", "Whose; yours unless you choose")),
        user_menu("Profile"),
    ),
    slash={"profile": show},
    user_menus={"Profile": show_target},
    public=frozenset({"profile", "Profile"}),
)
