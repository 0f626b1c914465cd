import pytest

from app.routes import DuplicateRoute, Routes
from handlers import FEATURES
from handlers.feature import Feature
from tests.app.conftest import ECHO, press
from wire.command_json import Option
from wire.custom_id import Action
from wire.interaction import Autocomplete, MessageMenu, SlashCommand, UserMenu
from wire.options import OptionKind
from wire.payloads import MESSAGE_MENU, SLASH, USER_MENU


def test_two_features_cannot_claim_one_route() -> None:
    other = Feature(name="other", slash=ECHO.slash)

    with pytest.raises(DuplicateRoute, match="slash 'echo' is claimed by echo and other"):
        Routes([ECHO, other])


def test_two_actions_cannot_share_one_name() -> None:
    other = Feature(name="other", buttons={Action("echo", "again", str): press})

    with pytest.raises(DuplicateRoute, match="button 'echo:again'"):
        Routes([ECHO, other])


@pytest.mark.parametrize(
    ("interaction", "kind"), [(SlashCommand, SLASH), (UserMenu, USER_MENU), (MessageMenu, MESSAGE_MENU)]
)
def test_every_command_has_a_handler_and_every_handler_a_command(interaction: type, kind: int) -> None:
    declared = {path for feature in FEATURES for each in feature.commands if each.kind == kind for path in each.paths}

    assert Routes(FEATURES).names(interaction) == declared


def test_every_option_with_suggestions_has_somebody_who_makes_them() -> None:
    wanted = {
        path
        for feature in FEATURES
        for each in feature.commands
        for path in each.paths
        for option in _options(each.options, path.split()[1:])
        if option.autocomplete
    }

    assert Routes(FEATURES).names(Autocomplete) == wanted


def _options(options: tuple[Option, ...], names: list[str]) -> tuple[Option, ...]:
    for name in names:
        [sub] = [option for option in options if option.name == name and option.kind <= OptionKind.GROUP]
        options = sub.options
    return options
