"""REST routes for the gateway: its URL, the recommended shard count and the session start limit."""

from http import HTTPMethod

from playground.config import PlaygroundConfig
from playground.gateway.sessions import Gateway
from playground.rate_limits import GATEWAY
from playground.rest.app import Answer, Call, Rule


def rules(config: PlaygroundConfig, gateway: Gateway) -> list[Rule]:
    """The routes GET /gateway and GET /gateway/bot."""

    async def show(_call: Call) -> Answer:
        return Answer({"url": config.gateway_url})

    async def show_for_bots(_call: Call) -> Answer:
        return Answer(
            {
                "url": config.gateway_url,
                "shards": config.recommended_shards,
                "session_start_limit": gateway.starts.limit(),
            }
        )

    return [
        Rule(HTTPMethod.GET, "/gateway", show, needs_token=False),
        Rule(HTTPMethod.GET, "/gateway/bot", show_for_bots, GATEWAY),
    ]
