"""A request becomes code, and code becomes a request again."""

from __future__ import annotations

import base64
import json
import re

import pytest
from playwright.sync_api import expect

from playground.ui.words import words_for
from tests import first_minute
from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.conftest import Visit
from tests.browser.pictures import picture
from tests.tour import PASTE


def _is_clean(screen: Screen) -> None:
    assert first_minute.axe(screen) == []
    assert not screen.page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_the_form_and_a_result_are_told_as_code(visit: Visit, size: tuple[int, int], locale: str) -> None:
    screen = visit(size=size, locale=locale)
    code = screen.page.locator("dialog.code")
    screen.tab("edit")
    screen.add("edit", [picture("my house.png")])
    expect(screen.tray("edit")).to_have_count(1)
    screen.generate("make it night")
    screen.page.locator("#prompttools [data-share]").press("Enter")
    expect(code.locator("[data-language] pre:visible")).to_contain_text("base64 < ")
    expect(code.locator("[data-language] pre:visible")).to_contain_text("my-house.png")
    _is_clean(screen)
    code.locator("input:checked").press("ArrowRight")
    expect(code.locator("[data-language] pre:visible")).to_contain_text("import httpx")
    code.locator("[data-language] [data-copy]:visible").press("Enter")
    expect(code.locator("[data-language] [data-copy]:visible")).to_have_text(
        {"en": "Copied", "zh": "已复制"}[locale[:2]]
    )
    screen.page.keyboard.press("Escape")
    expect(code).to_be_hidden()
    expect(screen.page.locator("html")).to_have_attribute("lang", re.compile(locale[:2]))  # as it was
    screen.result.locator("[data-details]:visible").click()
    screen.result.locator("[data-share]:visible").click()
    expect(code.locator("[data-language] pre:visible")).to_contain_text(
        "import httpx"
    )  # the language that was chosen
    expect(code.locator("[data-language] pre:visible")).to_contain_text("my-house.png")
    expect(code.locator("[data-language] pre:visible")).to_contain_text("make it night")


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_a_pasted_call_fills_in_the_form(visit: Visit, size: tuple[int, int], locale: str) -> None:
    screen = visit(size=size, locale=locale)
    notice, key = screen.page.locator("#form-notice"), "sk-canary" + "-of-nobody-0123456789"
    screen.prompt.fill("what I had")
    inline = [
        {"inline_data": {"mime_type": "image/png", "data": base64.b64encode(one["buffer"]).decode()}}
        for one in (picture("a.png"), picture("b.png", colour="red"))
    ]
    body = {
        "contents": [{"role": "user", "parts": [{"text": "both on the sofa"}, *inline]}],
        "generationConfig": {"imageConfig": {"aspectRatio": "16:9"}, "temperature": 1},
    }
    url = "https://gateway.example.org/v1beta/models/gemini-3-pro-image-preview:generateContent"
    screen.page.evaluate(PASTE, f"curl '{url}?key={key}' -d '{json.dumps(body)}'")
    expect(screen.prompt).to_have_value("both on the sofa")
    expect(screen.tray("compose")).to_have_count(2)
    expect(notice).to_contain_text("temperature")
    expect(notice).to_contain_text("https://gateway.example.org")
    expect(screen.page.locator("#settings")).to_contain_text("16:9")
    assert key not in screen.page.content()
    _is_clean(screen)
    notice.locator("[data-offered]").press("Enter")
    expect(screen.pill).to_contain_text({"en": "Gateway", "zh": "网关"}[locale[:2]])
    expect(screen.tray("compose")).to_have_count(2)
    screen.page.evaluate(PASTE, '{"contents": [{"parts": [{"text": "a fox"}]}]}')
    expect(screen.prompt).to_have_value("a fox")
    notice.locator("[data-undo]").press("Enter")
    expect(screen.prompt).to_have_value("both on the sofa")
    screen.page.evaluate(PASTE, '{"contents": ')
    expect(notice.locator("span")).to_be_visible()
    expect(screen.prompt).to_have_value("both on the sofa")


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_a_link_fills_in_the_form_and_sends_nothing(visit: Visit, size: tuple[int, int], locale: str) -> None:
    screen = visit(size=size, locale=locale)
    screen.prompt.fill("a red fox")
    screen.open_settings()
    screen.choose("ratio", "16:9")
    screen.page.locator("#prompttools [data-share]").click()
    code = screen.page.locator("dialog.code")
    link = code.locator(".link pre").inner_text()
    assert link.startswith(f"{screen.base_url}/#1=")
    assert len(link) < 120
    said = words_for("en" if locale == "en-US" else "zh")("share.local")
    expect(code.locator(".link .note")).to_have_text(said)  # a colleague could not open it
    code.locator("summary").press("Enter")
    expect(code.locator("img.qr")).to_be_visible()
    _is_clean(screen)
    other = visit(size=size, locale=locale)
    other.prompt.fill("what I had")
    asked: list[str] = []
    other.page.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    other.page.evaluate("link => { location.href = link }", link)
    notice = other.page.locator("#form-notice")
    expect(other.prompt).to_have_value("a red fox")
    expect(notice).to_contain_text({"en": "Filled in from a link", "zh": "来自链接"}[locale[:2]])
    expect(other.page.locator("#settings")).to_contain_text("16:9")
    assert "#" not in other.page.url
    _is_clean(other)
    notice.locator("[data-undo]").press("Enter")
    expect(other.prompt).to_have_value("what I had")
    third = visit()
    third.page.goto("about:blank")
    third.page.goto(link)  # the first page that somebody sees
    expect(third.prompt).to_have_value("a red fox")
    expect(third.state("empty")).to_be_visible()
    assert not any("generate" in address for address in asked)


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_a_pasted_conversation_is_back_with_its_versions(
    visit: Visit, size: tuple[int, int], locale: str
) -> None:
    words, screen = words_for(locale[:2]), visit(size=size, locale=locale)
    page, notice = screen.page, screen.page.locator("#form-notice")
    versions = page.locator("#continuing-notice [data-do=go_on]")
    screen.generate("a red fox")
    screen.result.locator("[data-do=continue]:visible").click()
    expect(versions).to_have_count(1)
    going_on = versions.first.get_attribute("data-picture")
    screen.prompt.fill("make it night")
    page.locator("#prompttools [data-share]").click()
    code = page.locator("dialog.code")
    code.locator("input[type=radio]").last.check(force=True)
    body = code.locator("[data-language] pre:visible").inner_text()
    assert "<base64 of 1-1." in body
    page.keyboard.press("Escape")
    page.locator("#continuing-notice [data-do=stop_continuing]").click()
    expect(versions).to_have_count(0)
    page.evaluate(PASTE, body)
    expect(notice).to_contain_text(words("paste.back", count=1))
    expect(screen.prompt).to_have_value("make it night")
    expect(versions).to_have_count(1)
    assert versions.first.get_attribute("data-picture") == going_on, "the very one that it came from"
    # Somebody else's, whose pictures stand in it: each becomes a version, and nothing is sent for it.
    drawn = [
        base64.b64encode(picture(f"{one}.png", colour=one)["buffer"]).decode() for one in ("red", "blue")
    ]
    said = [("a sofa", drawn[0]), ("another", drawn[1])]
    contents = []
    for prompt, data in said:
        shown = {
            "inlineData": {"mimeType": "image/png", "data": data},
            "thoughtSignature": "c2ln" + data[-8:],
        }
        contents += [{"role": "user", "parts": [{"text": prompt}]}, {"role": "model", "parts": [shown]}]
    contents.append({"role": "user", "parts": [{"text": "at dusk"}]})
    page.evaluate(PASTE, json.dumps({"contents": contents}))
    expect(notice).to_contain_text(words("paste.back", count=2))
    expect(versions).to_have_count(2)
    expect(page.locator("#continuing-notice")).to_contain_text(words("versions.along", count=2))
    _is_clean(screen)
    page.evaluate(
        PASTE, json.dumps({"contents": [*contents[:1], {"role": "model", "parts": []}, contents[-1]]})
    )
    expect(notice).to_contain_text(words("paste.earlier", count=2))
    expect(versions).to_have_count(0)
