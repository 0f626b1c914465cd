from collections.abc import AsyncIterator

import pytest

from tests.gateway_listener.scripted import ScriptedGateway, scripted_gateway


@pytest.fixture
async def gateway() -> AsyncIterator[ScriptedGateway]:
    async with scripted_gateway() as running:
        yield running
