"""What can go wrong, rehearsed on the demo: said at the result, with remedies that send nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from playground.demo.rehearsals import REHEARSALS
from playground.ui.words import words_for
from tests.browser.chromium import Screen
from tests.browser.conftest import Visit
from tests.browser.pictures import pictures

REFUSED = {
    "blocked": "prompt_blocked",
    "refused": "picture_blocked",
    "no picture": "no_picture",
    "text only": "text_only",
    "rate limit": "rate_limited",
    "overloaded": "overloaded",
    "bad key": "key_refused",
    "html": "proxy_page",
}
"""Rehearsal -> the outcome whose words the table shows. The others bring a picture."""


def test_every_rehearsal_is_known_here() -> None:
    assert set(REFUSED) | {"slow", "thoughts", "drafts", "cut off"} == set(REHEARSALS)


@pytest.mark.parametrize(("locale", "step"), [("en-US", 1), ("zh-CN", 4)])
def test_each_is_refused_in_its_own_words(visit: Visit, locale: str, step: int) -> None:
    screen, words = visit(locale=locale), words_for(locale[:2])
    for name, code in list(REFUSED.items())[::step]:
        screen.prompt.fill(f"demo: {name} a red fox")
        screen.go.click()
        what = screen.state("refused").locator("dd").first
        told = words.get(f"outcome.{code}.what_free") or words(f"outcome.{code}.what")
        expect(what).to_have_text(told, timeout=20_000)
        card = screen.state("refused")
        expect(card.locator(".refusal dt")).to_have_text(
            [words(f"refusal.{part}") for part in ("what", "why", "do")]
        )
        assert not re.search(r"[{}]", card.locator(".refusal").inner_text()), "JSON in the explanation"
        expect(card.locator(".money")).to_have_text(words("refusal.free"))
        expect(card.locator("[data-copy]").first).to_be_hidden()
        expect(screen.go).to_be_enabled()
        expect(screen.prompt).to_have_value(f"demo: {name} a red fox")


def test_the_others_bring_their_picture(screen: Screen) -> None:
    for name in ("slow 0.5", "thoughts", "drafts"):
        screen.generate(f"demo: {name} a red fox")
        expect(screen.result.locator("h2.prompt")).to_have_text(f"demo: {name} a red fox")
    done = screen.generate("demo: cut off a red fox")
    expect(done).to_contain_text(words_for("en")("outcome.cut_off.what"))  # shown as far as it goes
    expect(done.locator("img").first).to_be_visible()


def test_a_rate_limit_is_counted_down_and_trying_again_waits_for_it(screen: Screen) -> None:
    refused = screen.generate("demo: rate limit", until="refused")
    left, again = refused.locator("[data-wait]"), refused.locator("[data-do=again]")
    expect(left).to_have_text(re.compile("[67]"))
    expect(again).to_be_disabled()
    before = again.get_attribute("data-job") or ""
    expect(left).to_have_text("5", timeout=4000)
    expect(again).to_be_enabled(timeout=15_000)
    again.click()
    expect(again).not_to_have_attribute("data-job", before, timeout=20_000)
    expect(again).to_be_disabled()


def test_remedies_change_the_form_and_send_nothing(screen: Screen) -> None:
    sent: list[str] = []
    screen.page.on("request", lambda request: sent.append(request.url))

    def remedy(name: str) -> None:
        sent.clear()
        with screen.answered():
            screen.state("refused").locator(f"[data-remedy={name}]").click()
        assert not [url for url in sent if "/queue/join" in url]

    refused = screen.generate("demo: text only a red fox", until="refused")
    expect(refused.locator("blockquote")).to_contain_text("I can only describe it: a red fox.")
    remedy("ask_for_picture")
    expect(screen.prompt).to_have_value("Draw a picture of this: demo: text only a red fox")
    expect(refused).to_be_visible()
    remedy("pictures_only")
    screen.open_settings()
    expect(screen.page.locator("#modalities input:checked")).to_have_value("IMAGE")
    expect(refused).to_be_visible()

    screen.generate("demo: overloaded", until="refused")
    expect(refused.locator("[data-remedy=model]")).to_be_visible()
    remedy("model")
    expect(screen.page.locator("#settings")).to_contain_text("Nano Banana Pro")
    expect(refused).to_be_visible()

    screen.generate("demo: bad key", until="refused")
    expect(refused.locator("[data-remedy=connect]")).to_be_visible()
    remedy("connect")
    expect(screen.page.locator("#provider input")).to_be_visible()


def test_the_raw_answer_is_copied(screen: Screen) -> None:
    screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    refused = screen.generate("demo: bad key", until="refused")
    refused.locator("[data-details]").click()
    answer = refused.locator(".copyable").last
    answer.locator("[data-copy]").click()
    expect(answer.locator("[data-copy]")).to_have_text(words_for("en")("done.copied"))
    copied = screen.page.evaluate("navigator.clipboard.readText()")
    assert "API_KEY_INVALID" in copied
    assert copied == answer.locator("pre").text_content()


def test_the_last_picture_can_be_left_out(screen: Screen) -> None:
    screen.tab("compose")
    screen.add("compose", pictures(3))
    expect(screen.tray("compose")).to_have_count(3)
    refused = screen.generate("demo: blocked", until="refused")
    with screen.answered():
        refused.locator("[data-remedy=drop_last]").click()
    expect(screen.tray("compose")).to_have_count(2)


def test_stop_ends_a_long_wait_at_once_and_what_had_arrived_is_kept(screen: Screen) -> None:
    screen.generate("a red fox")
    screen.generate("demo: slow 30 a blue whale", until="running")
    screen.stop.click()
    refused = screen.wait_for("refused", 2)
    expect(screen.page.locator("#strip [data-do=open]")).to_have_count(1)
    expect(screen.stop).to_be_hidden()
    expect(screen.go).to_be_enabled()
    refused.locator("[data-do=again]").click()  # a picture may come then
    screen.wait_for("running")
    expect(screen.stop).to_be_visible()
    screen.stop.click()
    screen.wait_for("refused", 2)
    screen.generate("a green frog")
