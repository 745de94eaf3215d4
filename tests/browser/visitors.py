"""Visitors of the app, each of their own, in contexts that are used again.

A context that has loaded the app before has its files: a page opens in it in a fraction of the time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import DESKTOP, context

_KEPT = "cookies,file_systems,indexeddb,local_storage,service_workers,cache_storage"
"""All that a site can keep in a browser; not the files that the browser keeps to save itself the loading."""


class Visitors:
    """All visitors of one browser.

    Attributes:
        browser: for whom a context that has nothing is what matters.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._idle: dict[object, list[BrowserContext]] = defaultdict(list)
        self._been: dict[BrowserContext, set[str]] = defaultdict(set)

    @contextmanager
    def one(self, size: tuple[int, int] = DESKTOP, **options: str) -> Iterator[Page]:
        """An empty page of somebody who was never here: nothing stored, nothing allowed.

        What is done to the context itself, and not to its pages, has to be undone.
        """
        idle = self._idle[(size, *sorted(options.items()))]
        visitor = idle.pop() if idle else context(self.browser, size, **options)
        page = visitor.new_page()
        self._forget(page)
        try:
            yield page
        except BaseException:
            visitor.close()
            raise
        been = [frame.url for one in visitor.pages for frame in one.frames]
        self._been[visitor] |= {f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in been}
        for one in visitor.pages:
            one.close()
        visitor.set_offline(False)
        visitor.clear_permissions()
        idle.append(visitor)

    def _forget(self, page: Page) -> None:
        """After the pages have gone: as they go, they keep what was typed."""
        page.context.clear_cookies()
        session = page.context.new_cdp_session(page)
        for origin in self._been.pop(page.context, ()):
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": _KEPT})
        session.detach()
