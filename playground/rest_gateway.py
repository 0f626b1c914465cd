"""REST routes about the gateway: where it is and how often one may start."""

from http import HTTPMethod

from playground.config import PlaygroundConfig
from playground.gateway import MAX_CONCURRENCY, STARTS_PER_DAY, Gateway
from playground.rate_limits import GATEWAY
from playground.rest import Answer, Call, Rule


def rules(config: PlaygroundConfig, gateway: Gateway) -> list[Rule]:
    """GET /gateway and GET /gateway/bot."""

    async def show(_call: Call) -> Answer:
        return Answer({"url": config.gateway_url})

    async def show_for_bots(_call: Call) -> Answer:
        return Answer(
            {
                "url": config.gateway_url,
                "shards": 1,
                "session_start_limit": {
                    "total": STARTS_PER_DAY,
                    "remaining": gateway.starts_left,
                    "reset_after": gateway.starts_reset_ms,
                    "max_concurrency": MAX_CONCURRENCY,
                },
            }
        )

    return [
        Rule(HTTPMethod.GET, "/gateway", show, needs_token=False),
        Rule(HTTPMethod.GET, "/gateway/bot", show_for_bots, GATEWAY),
    ]
