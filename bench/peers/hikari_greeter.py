"""Bot for bench.foreign on hikari's RESTBot: one command with autocomplete, and a button."""

import os

import hikari

bot = hikari.RESTBot(
    os.environ["DISCORD_TOKEN"],
    "Bot",
    public_key=os.environ["DISCORD_PUBLIC_KEY"],
    rest_url=os.environ.get("DISCORD_API_URL"),  # None: Discord's own API
    banner=None,
)
GREETINGS = {"English": "Hello", "한국어": "안녕하세요", "Español": "Hola", "Français": "Bonjour"}


async def register(bot: hikari.RESTBot) -> None:
    """Register the command at Discord."""
    application = await bot.rest.fetch_application()
    command = bot.rest.slash_command_builder("greet", "Greets somebody in their language.")
    command.add_option(
        hikari.CommandOption(
            type=hikari.OptionType.STRING,
            name="language",
            description="The language to greet in.",
            is_required=True,
            autocomplete=True,
        )
    )
    await bot.rest.set_application_commands(application.id, [command])


async def greet(interaction: hikari.CommandInteraction):
    """Respond with a greeting and a button to repeat it."""
    language = interaction.options[0].value
    row = bot.rest.build_message_action_row()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, f"again:{language}:1", label="Again")
    embed = hikari.Embed(title=f"{GREETINGS[language]}, {interaction.user.global_name}!", color=0x5865F2)
    return interaction.build_response().add_embed(embed).add_component(row)


async def complete(interaction: hikari.AutocompleteInteraction):
    """Autocomplete: the languages that start with the typed text."""
    typed = interaction.options[0].value.casefold()
    found = [language for language in GREETINGS if language.casefold().startswith(typed)]
    return interaction.build_response([hikari.impl.AutocompleteChoiceBuilder(name, name) for name in found])


async def again(interaction: hikari.ComponentInteraction):
    """Edit the message: repeat the greeting once more."""
    _, language, count = interaction.custom_id.split(":")
    row = bot.rest.build_message_action_row()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, f"again:{language}:{int(count) + 1}", label="Again")
    said = f"{GREETINGS[language]}! " * (int(count) + 1)
    response = interaction.build_response(hikari.ResponseType.MESSAGE_UPDATE)
    return response.set_content(said.strip()).add_component(row)


bot.add_startup_callback(register)
bot.set_listener(hikari.CommandInteraction, greet)
bot.set_listener(hikari.AutocompleteInteraction, complete)
bot.set_listener(hikari.ComponentInteraction, again)
bot.run(host="127.0.0.1", port=int(os.environ.get("PORT", "8080")), check_for_updates=False)
