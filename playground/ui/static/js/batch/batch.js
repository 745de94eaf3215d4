// What a table would send, and a batch on its way: asked for anew while it is live. Loaded when its tab is opened.

import { isThere, sayUnsent } from "../connection.js";
import { announce, find, findAll, isNarrow, loadStyle, on, scrolling } from "../dom.js";
import { language } from "../page.js";
import { token } from "../press.js";
import "../viewing.js";
import { tableNow } from "./form.js";

const EVERY = 2000; // milliseconds between two looks at a batch that is live

/** @param {import("../dom.js").Piece} piece */
export const mount = async ({ element, trigger, server, watch }) => {
  await loadStyle("batch.css");
  const view = { tab: "all", after: 0 };
  /** @type {number | undefined} */
  let planned;
  let asked = 0;

  /** One press of Start for each preview that was shown. @type {WeakMap<Element, string>} */
  const tokens = new WeakMap();

  const shown = () => find(".batch", element);
  const isOpen = () => Boolean(find("#tabs [data-tab-id=batch][aria-selected=true]"));

  /** Exchanges what has changed, and leaves the focus where it was.
   * @param {string} html
   */
  const show = (html) => {
    const made = document.createElement("div");
    made.innerHTML = html;
    const next = find(".batch", made);
    const now = shown();
    if (!next) return;
    const focused = document.activeElement;
    const place = focused instanceof HTMLElement && element.contains(focused) ? { ...focused.dataset } : null;
    if (!now || now.dataset.batch !== next.dataset.batch || !next.dataset.batch) {
      (now?.parentElement ?? element).replaceChildren(...made.children);
    } else {
      for (const part of findAll("[data-part]", next)) {
        const old = find(`[data-part=${part.dataset.part}]`, now);
        if (old && old.innerHTML !== part.innerHTML) old.replaceWith(part);
      }
      const said = next.dataset.batchState ?? "";
      if (now.dataset.batchState !== said) announce(find("h2 small", now)?.textContent ?? "");
      now.dataset.batchState = said;
      now.toggleAttribute("data-live", next.hasAttribute("data-live"));
    }
    if (!place || focused?.isConnected) return;
    for (const name of ["act", "tab", "after", "view"])
      if (place[name])
        return find(`[data-${name}="${place[name]}"]`, element)?.focus({ preventScroll: true });
  };

  const ask = async (/** @type {object} */ question) => {
    asked += 1;
    const mine = asked;
    const answer = await server.batch_status?.({ language: language(), ...view, ...question });
    if (mine === asked && answer?.html) show(answer.html);
    plan();
  };

  const look = () => {
    const id = shown()?.dataset.batch;
    if (id && isOpen() && isThere() && !document.hidden) ask({ id });
    else plan();
  };

  const plan = () => {
    clearTimeout(planned);
    if (shown()?.hasAttribute("data-live")) planned = setTimeout(look, EVERY);
  };

  const act = (/** @type {string} */ what, /** @type {DOMStringMap} */ data = {}) => {
    if (!isThere()) return sayUnsent();
    const section = shown();
    const { batch = "", digest = "" } = section?.dataset ?? {};
    const name = (section && tokens.get(section)) ?? token();
    if (section) tokens.set(section, name);
    asked += 1; // an answer to an earlier question comes too late
    trigger("act", {
      ...tableNow(),
      act: what,
      via: data.via ?? "",
      batch,
      digest,
      token: name,
      tab: view.tab,
    });
  };

  const turn = (/** @type {Partial<typeof view>} */ to) => {
    Object.assign(view, { after: 0 }, to);
    const id = shown()?.dataset.batch;
    if (id) ask({ id });
  };

  on(document, "click", "[data-look]", () => {
    act("preview");
    if (isNarrow()) element.scrollIntoView({ behavior: scrolling() });
  });
  on(element, "click", "[data-act]", (button, event) => {
    if (event instanceof MouseEvent && event.detail > 1) return; // the second click of a double click
    const what = button.dataset.act ?? "";
    if (what === "new") ask({ new: true });
    else act(what, button.dataset);
  });
  on(element, "click", "[data-tab]", (button) => turn({ tab: button.dataset.tab ?? "all" }));
  on(element, "click", "[data-after]", (button) => turn({ after: Number(button.dataset.after) }));
  on(element, "click", "[data-show-batch]", (button) => ask({ id: button.dataset.showBatch }));
  on(document, "click", "#tabs [data-tab-id=batch]", () => setTimeout(look));
  on(document, "click", "#lang", () => setTimeout(() => ask({ id: shown()?.dataset.batch ?? "" }), 300));
  document.addEventListener("visibilitychange", look);
  watch("value", () => requestAnimationFrame(plan));
  if (!shown()) ask({});
};
