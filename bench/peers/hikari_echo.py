"""Peer for bench.echo: an echo command on hikari's RESTBot, written as in hikari's documentation."""

import os
import sys

import hikari

bot = hikari.RESTBot("token", "Bot", public_key=os.environ["DISCORD_PUBLIC_KEY"], banner=None, logs="WARNING")


async def echo(interaction: hikari.CommandInteraction):
    """Respond with one embed."""
    text = interaction.options[0].value
    embed = hikari.Embed(title="Echo", description=text)
    return interaction.build_response().add_embed(embed)


bot.set_listener(hikari.CommandInteraction, echo)
bot.run(host="127.0.0.1", port=int(sys.argv[1]), check_for_updates=False)
