"""Chromium for page tests, with desktop and phone viewports; console errors fail the test."""

import os
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Response,
    async_playwright,
    expect,
)

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING: Final = "No Chromium is here: deploy/install-chromium installs it, as root or with sudo"

Json = dict[str, Any]
Scheme = Literal["light", "dark"]

expect.set_options(timeout=30_000)  # generous, for busy machines


def executable() -> str | None:
    """The path of this machine's browser; None if there is none that starts."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    return next((path for path in found if _starts(path)), None)


def _starts(path: str) -> bool:
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """This machine's browser, headless."""
    async with async_playwright() as playwright:
        # see tests/on_other_days.py
        environ: dict[str, str | float | bool] = {name: os.environ[name] for name in os.environ if name != "LD_PRELOAD"}
        browser = await playwright.chromium.launch(executable_path=executable(), args=list(FLAGS), env=environ)
        yield browser
        await browser.close()


@dataclass
class Visits:
    """Opens pages, each in its own browser context, and collects console errors."""

    browser: Browser
    complaints: list[str] = field(default_factory=list[str])
    _contexts: list[BrowserContext] = field(default_factory=list[BrowserContext])

    async def __call__(self, address: str, *, phone: bool = False, scheme: Scheme = "dark") -> Page:
        """Open a URL; returns the page once its websocket has sent the initial state."""
        context = await self.browser.new_context(
            viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 800},
            device_scale_factor=2 if phone else 1,
            is_mobile=phone,
            has_touch=phone,
            color_scheme=scheme,
            locale="en-GB",
            timezone_id="Europe/London",
            permissions=["clipboard-read", "clipboard-write"],
        )
        self._contexts.append(context)
        context.set_default_timeout(30_000)  # generous, for busy machines
        page = await context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", self._fail)
        page.on("response", self._look)
        await page.goto(address)
        await page.locator("body[data-feed=here]").wait_for()
        return page

    def forgive(self, part: str) -> None:
        """Expect a console error and remove it; fails if there is none."""
        kept = [one for one in self.complaints if part not in one]
        assert len(kept) < len(self.complaints), f"nothing complained about {part}"
        self.complaints = kept

    async def close(self) -> None:
        """Close all pages and contexts."""
        for context in self._contexts:
            await context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        refused = message.text.startswith("Failed to load resource")  # the response itself shows which URL, see _look
        if message.type in ("error", "warning") and not refused:
            self.complaints.append(f"{message.type}: {message.text}")

    def _fail(self, error: Error) -> None:
        self.complaints.append(f"error: {error}")

    def _look(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} for {response.request.method} {response.url}")


async def violations(page: Page) -> list[str]:
    """The accessibility violations that axe-core finds on a page: rule, impact, and the first elements."""
    axe: Any = Axe()
    found: list[Json] = (await axe.run(page)).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: " + "; ".join(node["html"][:160] for node in one["nodes"][:3])
        for one in found
    ]
