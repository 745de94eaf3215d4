/* The history page: asks for one page of tiles after another, opens one result, and does what is done with many.
   Loaded when the history is first opened. The server writes the HTML; nothing here builds markup from data. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
  const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const narrow = () => matchMedia("(max-width: 900px)").matches;
  const UNDO_SECONDS = 12;
  const SEARCH_PAUSE = 250;
  
  /* ── one calm line at the bottom, with or without Undo ───────────────────────────────────────────────────── */
  const toast = (() => {
    let bar = null;
    let timer = 0;
    let after = null;
    const hide = () => {
      clearTimeout(timer);
      if (!bar || bar.hidden) return;
      const held = bar.contains(document.activeElement);
      bar.hidden = true;
      if (held) after?.();
    };
    const make = () => {
      bar = document.createElement("div");
      bar.className = "toast";
      bar.hidden = true;
      bar.innerHTML = '<span role="status"></span><button type="button"></button>';
      ($(".gradio-container") ?? document.body).append(bar);
      const hold = () => clearTimeout(timer);
      const go = () => { clearTimeout(timer); timer = setTimeout(hide, UNDO_SECONDS * 1000); };
      bar.addEventListener("pointerenter", hold);
      bar.addEventListener("pointerleave", go);
      bar.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); hide(); } });
    };
    return {
      hide,
      /* `undo` is [label, what to do]; `back` takes the focus when the line goes away while it holds it. */
      say(text, undo = null, back = null) {
        if (!bar?.isConnected) make();
        const button = $("button", bar);
        bar.hidden = false;
        $("span", bar).textContent = text;
        button.hidden = !undo;
        after = back;
        if (undo) {
          button.textContent = undo[0];
          button.onclick = () => { after = null; hide(); undo[1](); };
          button.focus({ preventScroll: true });
        }
        clearTimeout(timer);
        timer = setTimeout(hide, (undo ? UNDO_SECONDS : 5) * 1000);
      },
    };
  })();

  const mount = (element, names, trigger, server) => {
    const blank = () => ({ text: "", mode: "", model: "", provider: "", starred: "", since: "", until: "" });
    let query = blank();
    let next = null;
    let total = null;         // how many there are in all; told only where nothing is looked for
    let asked = 0;            // number of the newest listing; answers to older ones are let go
    let loading = false;
    let said = {};
    let spokenIn = "";
    let picked = null;        // a Set of ids while several are being chosen
    let lastPicked = "";
    let opened = "";          // id of the generation in the detail view
    let scrolledTo = 0;
    let changed = false;      // something was deleted, brought back or imported: the strip has to hear of it

    const page = () => $(".albumpage", element);
    const album = () => $(".album", element);
    const grid = () => $(".grid-view", element);
    const detail = () => $(".detail-view", element);
    const tiles = () => $$(".tile", album() ?? element);
    const tileOf = (id) => tiles().find((tile) => tile.dataset.entry === id);
    const say = (name, facts = {}) => fill(said[name] ?? "", facts);
    const isOpen = () => document.body.dataset.page === "history";
    const ask = async (name, facts = {}) => {
      try {
        const answer = await server[name]({ language: window.playground.language(), zone: zone(), ...facts });
        if (answer.failed) toast.say(answer.failed);
        return answer.failed ? null : answer;
      } catch {
        toast.say(say("failed_call"));
        return null;
      }
    };

    /* ── the frame ─────────────────────────────────────────────────────────────────────────────────────────── */
    const build = async () => {
      const answer = await ask("history_frame");
      if (!answer) return;
      element.innerHTML = answer.html;
      said = JSON.parse(page().dataset.said);
      spokenIn = window.playground.language();
      $("[data-search]", element).value = query.text;
      for (const field of $$("[data-filter]", element)) field.value = query[field.dataset.filter];
      showStarred();
      watchEnd();
      picked = null;
      await list();
    };
    const showStarred = () => {
      for (const button of $$("[data-starred]", element)) button.setAttribute("aria-pressed", String(button.dataset.starred === query.starred));
    };

    /* ── listing ───────────────────────────────────────────────────────────────────────────────────────────── */
    const list = async () => {
      const mine = (asked += 1);
      loading = true;
      const answer = await ask("history_page", { query, after: null });
      if (mine !== asked) return;
      loading = false;
      if (!answer) return;
      next = answer.next;
      album().innerHTML = answer.html || `<p class="nothing"></p>`;
      const nothing = $(".nothing", album());
      const searching = Object.values(query).some(Boolean);
      if (nothing) nothing.textContent = say(searching ? "nothing_found" : "empty");
      total = answer.total ?? null;
      settle();
      $(".told", element).textContent = nothing ? nothing.textContent : $(".albumbar h2 small", element).textContent;
    };
    const more = async () => {
      if (!next || loading) return;
      const mine = asked;
      loading = true;
      const answer = await ask("history_page", { query, after: next });
      if (mine !== asked) return;
      loading = false;
      if (!answer) return;
      next = answer.next;
      const fresh = document.createElement("div");
      fresh.innerHTML = answer.html;
      const last = $$("section[data-day]", album()).at(-1);
      const first = $("section[data-day]", fresh);
      if (last && first && last.dataset.day === first.dataset.day) {
        $(".rows", last).append(...$(".rows", first).children);
        first.remove();
      }
      album().append(...fresh.children);
      settle();
    };
    /* What follows from the tiles that are there now: sums of whole days, the button, the marks of a choice. */
    const settle = () => {
      const sections = $$("section[data-day]", album());
      sections.forEach((section, index) => {
        const whole = !next || index < sections.length - 1;
        const mine = $$(".tile", section);
        if (!mine.length) { section.remove(); return; }
        const count = mine.reduce((sum, tile) => sum + Number(tile.dataset.count), 0);
        const known = mine.every((tile) => tile.dataset.cost !== "");
        const cost = mine.reduce((sum, tile) => sum + Number(tile.dataset.cost), 0);
        const pictures = count === 1 ? say("day_sum_one") : say("day_sum", { count });
        $("h3 small", section).textContent = !whole ? "" : known && cost > 0
          ? `${pictures} · $${cost < 0.1 ? cost.toFixed(3) : cost.toFixed(2)}` : pictures;
      });
      const shown = tiles().length;
      const count = total ?? (next ? `${shown}+` : shown);
      const kind = total === null ? "found_some" : "found";
      $(".albumbar h2 small", element).textContent = !shown ? "" : count === 1 ? say(`${kind}_one`) : say(kind, { count });
      const button = $("[data-more]", element);
      button.hidden = !next;
      markPicked();
      if (next && button.getBoundingClientRect().top < innerHeight * 1.5 && isOpen() && !grid().hidden) more();
    };
    let ending = null;
    const watchEnd = () => {
      ending?.disconnect();
      ending = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) more(); }, { rootMargin: "900px" });
      ending.observe($(".ending", element));
    };

    /* ── coming and going: the browser's own Back works too ────────────────────────────────────────────────── */
    const show = async () => {
      document.body.dataset.page = "history";
      if (!page() || spokenIn !== window.playground.language()) await build();
      else await list();
      if (narrow()) $("#table")?.scrollIntoView();
      else window.scrollTo(0, 0);
      $(".albumbar h2", element)?.focus({ preventScroll: true });
    };
    const close = () => {
      if (!isOpen()) return;
      const held = element.contains(document.activeElement);
      leaveDetail(false);
      endPicking();
      delete document.body.dataset.page;
      if (changed) trigger("changed", {});
      changed = false;
      if (held) $("#strip [data-do=album]")?.focus({ preventScroll: true });
    };
    const open = () => {
      if (isOpen()) return;
      history.pushState({ playground: "history" }, "");
      show();
    };
    const back = () => {
      if (history.state?.playground) history.back();
      else if (opened) leaveDetail();
      else close();
    };
    addEventListener("popstate", (event) => {
      if (event.state?.playground === "history" && isOpen()) leaveDetail();
      else if (event.state?.playground === "entry" && isOpen()) enter(event.state.id);
      else close();
    });

    /* ── one result ────────────────────────────────────────────────────────────────────────────────────────── */
    const enter = async (id) => {
      const answer = await ask("history_entry", { id });
      if (!answer) return false;
      if (!answer.html) { toast.say(answer.said); return false; }
      if (!opened) scrolledTo = scrollY;
      opened = id;
      detail().innerHTML = answer.html;
      detail().hidden = false;
      grid().hidden = true;
      const all = tiles();
      const at = all.findIndex((tile) => tile.dataset.entry === id);
      for (const button of $$("[data-walk]", detail())) button.disabled = at < 0 || !all[at + Number(button.dataset.walk)];
      if (narrow()) $("#table")?.scrollIntoView();
      else window.scrollTo(0, 0);
      $("[data-back]", detail())?.focus({ preventScroll: true });
      return true;
    };
    const openEntry = async (id, replace = false) => {
      if (!(await enter(id))) return;
      const state = { playground: "entry", id };
      if (replace && history.state?.playground === "entry") history.replaceState(state, "");
      else history.pushState(state, "");
    };
    const leaveDetail = (focus = true) => {
      if (!opened) return;
      const id = opened;
      opened = "";
      detail().hidden = true;
      detail().innerHTML = "";
      grid().hidden = false;
      window.scrollTo(0, scrolledTo);
      if (focus) $("[data-open]", tileOf(id) ?? element)?.focus({ preventScroll: true });
    };
    const walk = (step) => {
      const all = tiles();
      const at = all.findIndex((tile) => tile.dataset.entry === opened);
      const beside = at < 0 ? null : all[at + step];
      if (beside) openEntry(beside.dataset.entry, true);
      if (at + step >= all.length - 2) more();
    };
    const shownPicture = () => $("[data-index]:not([hidden]) [data-do=edit]", detail())?.dataset.picture ?? "";

    /* ── star, delete, undo ────────────────────────────────────────────────────────────────────────────────── */
    const setStar = async (button) => {
      const on = button.getAttribute("aria-pressed") !== "true";
      const id = opened || button.closest(".tile").dataset.entry;
      button.setAttribute("aria-pressed", String(on));
      const answer = await ask("history_star", { id, on });
      if (!answer?.done) { button.setAttribute("aria-pressed", String(!on)); return; }
      const small = $("[data-star]", tileOf(id) ?? element);
      small?.setAttribute("aria-pressed", String(on));
      toast.say(say(on ? "starred" : "unstarred"));
    };
    const remove = async (ids) => {
      if (!ids.length) return;
      const answer = await ask("history_delete", { ids });
      if (!answer) return;
      changed = true;
      const all = tiles();
      const firstGone = all.findIndex((tile) => ids.includes(tile.dataset.entry));
      const neighbour = all.slice(firstGone).find((tile) => !ids.includes(tile.dataset.entry)) ?? all[firstGone - 1];
      if (opened) { leaveDetail(false); if (history.state?.playground === "entry") history.back(); }
      for (const tile of all) if (ids.includes(tile.dataset.entry)) tile.remove();
      if (total !== null) total = answer.total;
      endPicking();
      settle();
      const undo = async () => {
        if (!(await ask("history_restore", { ids }))) return;
        await list();
        toast.say(say("restored"));
        if (isOpen()) $("[data-open]", tileOf(ids[0]) ?? element)?.focus();
        else trigger("changed", {});
      };
      const home = () => ($("[data-open]", neighbour?.isConnected ? neighbour : element) ?? $(".albumbar h2", element))?.focus({ preventScroll: true });
      toast.say(ids.length === 1 ? say("deleted_one") : say("deleted", { count: ids.length }), [say("undo"), undo], home);
    };

    /* ── choosing several ──────────────────────────────────────────────────────────────────────────────────── */
    const startPicking = (id = "") => {
      picked ??= new Set();
      if (id) { picked.add(id); lastPicked = id; }
      markPicked();
    };
    const endPicking = () => { picked = null; lastPicked = ""; if (page()) markPicked(); };
    const togglePicked = (id, range) => {
      const all = tiles().map((tile) => tile.dataset.entry);
      if (range && lastPicked) {
        const [from, to] = [all.indexOf(lastPicked), all.indexOf(id)].sort((a, b) => a - b);
        for (const one of all.slice(Math.max(from, 0), to + 1)) picked.add(one);
      } else if (!picked.delete(id)) picked.add(id);
      lastPicked = id;
      markPicked();
    };
    const markPicked = () => {
      grid().classList.toggle("picking", picked !== null);
      const bar = $(".selection", element);
      bar.hidden = picked === null;
      for (const tile of tiles()) {
        const shot = $(".shot", tile);
        if (picked) shot.setAttribute("aria-pressed", String(picked.has(tile.dataset.entry)));
        else shot.removeAttribute("aria-pressed");
      }
      if (!picked) return;
      $("span", bar).textContent = picked.size === 1 ? say("selected_one") : say("selected", { count: picked.size });
      for (const button of $$("[data-zip], [data-delete-picked]", bar)) button.disabled = !picked.size;
    };

    /* ── files out and in ──────────────────────────────────────────────────────────────────────────────────── */
    const fetchFile = (address) => {
      const link = document.createElement("a");
      link.href = address;
      link.download = "";
      document.body.append(link);
      link.click();
      link.remove();
    };
    /* A form and no address: the ids of thousands would be too long for one. What comes back is a download, or,
       when something went wrong, a page in a frame that nobody sees. */
    const zip = (ids) => {
      toast.say(say("packing"));
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.name = "history-zip";
      const form = document.createElement("form");
      Object.assign(form, { method: "post", action: "history/zip", target: frame.name, hidden: true });
      const field = document.createElement("input");
      Object.assign(field, { name: "ids", value: ids.join(",") });
      form.append(field);
      $("#history-zip-frame")?.remove();
      frame.id = "history-zip-frame";
      document.body.append(frame, form);
      frame.addEventListener("load", () => { if (frame.contentDocument?.body?.textContent) toast.say(say("failed_call")); });
      form.submit();
      form.remove();
    };
    const takeIn = async (file) => {
      if (!file) return;
      toast.say(say("importing"));
      try {
        const answer = await fetch("history/import", { method: "POST", body: file, headers: { "content-type": "application/zip" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const { added, skipped, refused } = await answer.json();
        changed = true;
        await build();
        const why = Object.entries(refused).map(([code, count]) => say(`refused_${code}`, { count }));
        toast.say([say("imported", { added, skipped }), ...why].join(" "));
      } catch {
        toast.say(say("import_failed"));
      }
    };
    const copyWithRecipe = () => { toast.say(say("copying")); fetchFile(`history/copy/${shownPicture()}`); };
    const deleteAll = async () => {
      $("dialog", element).close();
      const answer = await ask("history_clear");
      if (!answer) return;
      changed = true;
      query = blank();
      await build();
      toast.say(say("all_deleted"));
    };

    /* ── what a press means ────────────────────────────────────────────────────────────────────────────────── */
    const presses = {
      "[data-back]": () => back(),
      "[data-more]": () => more(),
      "[data-star]": (button) => setStar(button),
      "[data-walk]": (button) => walk(Number(button.dataset.walk)),
      "[data-delete]": () => remove([opened]),
      "[data-with-recipe]": () => copyWithRecipe(),
      "[data-zip-one]": () => zip([opened]),
      "[data-kin]": (button) => openEntry(button.dataset.kin),
      "[data-do=open]": (button) => openEntry(button.dataset.job),
      "[data-filters]": (button) => {
        const place = $(".filters", element);
        place.hidden = !place.hidden;
        button.setAttribute("aria-expanded", String(!place.hidden));
      },
      "[data-clear-filters]": () => {
        const { text, starred } = query;
        query = { ...blank(), text, starred };
        for (const field of $$("[data-filter]", element)) field.value = "";
        list();
      },
      "[data-starred]": (button) => { query.starred = button.dataset.starred; showStarred(); list(); },
      "[data-select]": () => startPicking(),
      "[data-select-end]": () => endPicking(),
      "[data-pick-all]": () => { for (const tile of tiles()) picked.add(tile.dataset.entry); markPicked(); },
      "[data-zip]": () => zip([...picked]),
      "[data-zip-all]": () => zip([]),
      "[data-delete-picked]": () => remove([...picked]),
      "[data-import]": () => $("[data-import-file]", element).click(),
      "[data-clear]": () => $("dialog", element).showModal(),
      "[data-keep]": () => $("dialog", element).close(),
      "[data-delete-all]": () => deleteAll(),
    };
    element.addEventListener("click", (event) => {
      const menu = $(".menu[open]", element);
      if (menu && !event.target.closest("summary")) menu.open = false;
      const shot = event.target.closest("[data-open]");
      if (shot) {
        const id = shot.closest(".tile").dataset.entry;
        if (picked) togglePicked(id, event.shiftKey);
        else if (event.ctrlKey || event.metaKey) startPicking(id);
        else openEntry(id);
        return;
      }
      const found = Object.keys(presses).find((selector) => event.target.closest(selector));
      if (found) presses[found](event.target.closest(found));
      const deed = event.target.closest("[data-do]");
      if (deed && names.includes(deed.dataset.do)) {
        if (deed.dataset.do === "again") leave();
        else {
          toast.say(say("form_filled"));
          if (narrow()) window.scrollTo({ top: 0 });
        }
      }
    });
    window.playground.deeds(element, trigger, names);
    let pause = 0;
    element.addEventListener("input", (event) => {
      if (!event.target.matches("[data-search]") || event.isComposing) return;
      clearTimeout(pause);
      pause = setTimeout(() => { query.text = event.target.value; list(); }, SEARCH_PAUSE);
    });
    element.addEventListener("compositionend", (event) => {
      if (event.target.matches("[data-search]")) event.target.dispatchEvent(new Event("input", { bubbles: true }));
    });
    element.addEventListener("change", (event) => {
      if (event.target.matches("[data-filter]")) { query[event.target.dataset.filter] = event.target.value; list(); }
      if (event.target.matches("[data-import-file]")) { takeIn(event.target.files[0]); event.target.value = ""; }
    });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !$("dialog[open]", element)) {
        if ($(".menu[open]", element)) { $(".menu", element).open = false; $("summary", element).focus(); }
        else if (picked) endPicking();
        else if (opened) back();
      }
      const typing = event.target.matches("input, select, textarea, pre");
      if (opened && !typing && !event.target.closest("[data-show]") && !event.altKey && !event.ctrlKey && !event.metaKey) {
        if (event.key === "ArrowLeft") walk(-1);
        if (event.key === "ArrowRight") walk(1);
      }
      const shot = event.target.closest(".shot");
      if (shot && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
        const all = $$(".shot", album());
        all[all.indexOf(shot) + (event.key === "ArrowRight" ? 1 : -1)]?.focus();
        event.preventDefault();
      }
    });
    const leave = () => {
      if (!isOpen()) return;
      if (history.state?.playground) history.replaceState(null, "");
      close();
    };
    // A new run belongs on the table, and the page speaks the language that the rest speaks.
    document.addEventListener("click", (event) => {
      if (event.target.closest?.("#go") && !$("#go").disabled) leave();
      const menu = $(".menu[open]", element);
      if (menu && !menu.contains(event.target)) menu.open = false;
    });
    new MutationObserver(() => { if (isOpen() && page() && spokenIn !== window.playground.language()) { opened = ""; build(); } })
      .observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });

    window.playground.openHistory = open;
    open();
  };

  window.playground.history = { mount, toast };
})();
