/* What the page does without asking the server: the clock, the tray, keys, theme, language, small memories.
   No key and no prompt is ever put into storage: only theme, language and whether the settings are open. */
(() => {
  "use strict";
  const memory = {
    get: (name) => { try { return localStorage.getItem("playground." + name); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem("playground." + name, value); } catch { /* storage is off */ } },
  };
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const escape = (text) => String(text).replace(/[&<>"'`$]/g, (c) => `&#${c.charCodeAt(0)};`);
  const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

  /* ── theme ───────────────────────────────────────────────────────────────────────────────────────────── */
  const setTheme = (dark) => {
    document.documentElement.classList.toggle("dark", dark);
    document.body?.classList.toggle("dark", dark);
  };
  const wantedTheme = () => {
    const asked = new URLSearchParams(location.search).get("__theme");
    const kept = ["light", "dark"].includes(asked) ? asked : memory.get("theme");
    return kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const toggleTheme = () => {
    const dark = !document.body.classList.contains("dark");
    setTheme(dark);
    memory.set("theme", dark ? "dark" : "light");
  };

  /* ── language ────────────────────────────────────────────────────────────────────────────────────────── */
  const browserLanguage = () => ((navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en");
  const language = () => memory.get("language") || browserLanguage();
  let htmlLang = "en";
  const speak = (code) => {
    htmlLang = code === "zh" ? "zh-CN" : "en";
    document.documentElement.lang = htmlLang;
    for (const tray of trays) tray.render();
    return code;
  };
  const trays = new Set();
  const spoken = () => (htmlLang === "en" ? "en" : "zh");
  const switchLanguage = (now) => {
    const code = now === "zh" ? "en" : "zh";
    memory.set("language", code);
    return speak(code);
  };
  // The tabs stand in the order of the server's table; what is open is told by its place.
  const mode = (before) => {
    const tabs = $$("#tabs [role=tab]").filter((tab) => tab.offsetParent);
    return ["text", "edit", "compose"][tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true")] ?? before;
  };

  /* ── running: the clock and the ruler tick here, the server only tells of real changes ──────────────────── */
  // A changed view may keep the elements of the last one: a delay begins anew when it belongs to another job.
  const secondsLeft = (element, delay) => {
    const job = element.dataset.job ?? "";
    if (element.until === undefined || element.untilFor !== job) {
      element.untilFor = job;
      element.until = performance.now() + 1000 * Number(delay);
    }
    return Math.max(0, Math.ceil((element.until - performance.now()) / 1000));
  };
  setInterval(() => {
    for (const clock of $$("[data-started]")) {
      if (!clock.startedAt || clock.startedFor !== clock.dataset.started) {
        clock.startedFor = clock.dataset.started;
        clock.startedAt = performance.now() - 1000 * Number(clock.dataset.elapsed || 0);
      }
      const seconds = (performance.now() - clock.startedAt) / 1000;
      const number = $(".now", clock);
      if (number) number.textContent = seconds.toFixed(1);
      const ruler = clock.parentElement?.querySelector(".ruler");
      if (ruler) {
        const max = Math.max(Number(ruler.dataset.max), Math.ceil(seconds / 12) * 12);
        ruler.style.setProperty("--max", max);
        ruler.style.setProperty("--now", Math.min(seconds, max).toFixed(2));
      }
    }
    for (const count of $$("[data-wait]")) {
      const left = secondsLeft(count, count.dataset.wait);
      if (count.textContent !== String(left)) count.textContent = left;
    }
    for (const button of $$("[data-after]")) button.disabled = secondsLeft(button, button.dataset.after) > 0;
  }, 100);

  /* ── how far the calls of the running job have come: the server's words, put into the view that stands ────── */
  const pulse = (told) => {
    if (!told) return;
    const { job, line, calls } = JSON.parse(told);
    const view = $$("[data-job]").find((one) => one.dataset.state === "running" && one.dataset.job === job);
    if (!view) return;
    const put = (place, html) => { if (place) place.innerHTML = html; };
    put($(".phase", view), line);
    for (const [number, html] of Object.entries(calls)) put($(`[data-call="${number}"]`, view), html);
  };

  /* ── one permanent place that tells screen readers what has changed: parts of the page come and go, and
     what a new part says at its birth is often missed. Any visible [data-say] is read out when it is new. ── */
  const live = document.createElement("div");
  live.id = "live";
  live.className = "unseen";
  live.setAttribute("role", "status");
  const announce = (text) => { if (live.textContent !== text) live.textContent = text; };
  let told = null;
  const tellNews = () => {
    const now = $$("[data-say]").filter((part) => part.offsetParent).map((part) => part.dataset.say || part.textContent.trim());
    const news = told === null ? [] : now.filter((text) => text && !told.includes(text));
    told = now;
    if (news.length) announce(news.join(" "));
  };

  /* ── copying what stands in a fold ─────────────────────────────────────────────────────────────────────── */
  const copy = async (button) => {
    const source = $("pre", button.closest(".copyable"));
    try { await navigator.clipboard.writeText(source.textContent); }
    catch { // a page without https has no clipboard of its own
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    button.label ??= button.textContent;
    button.textContent = button.dataset.done;
    announce(button.dataset.done);
    clearTimeout(button.timer);
    button.timer = setTimeout(() => { button.textContent = button.label; }, 2500);
  };

  /* ── one picture of several: numbers under the stage ───────────────────────────────────────────────────── */
  const show = (result, index) => {
    for (const part of $$("[data-index]", result)) part.hidden = part.dataset.index !== String(index);
    for (const button of $$("[data-show]", result)) {
      const chosen = button.dataset.show === String(index);
      button.setAttribute("aria-pressed", chosen);
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-show]");
    if (button) show(button.closest("[data-result]"), button.dataset.show);
    if (event.target.closest?.("#theme")) toggleTheme();
    const copied = event.target.closest?.("[data-copy]");
    if (copied) copy(copied);
    const asked = event.target.closest?.("[data-details]");
    if (asked) {
      const details = $(".details", asked.closest("[data-index], #refused"));
      details.hidden = !details.hidden;
      asked.setAttribute("aria-expanded", String(!details.hidden));
      if (!details.hidden) details.scrollIntoView({ block: "nearest" });
    }
  });

  /* ── keys: Ctrl+Enter generates, Escape closes the connection, arrows walk numbers ──────────────────────── */
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const go = $("#go");
      const before = document.activeElement;
      if (go && !go.disabled) {
        event.preventDefault();
        before?.blur?.(); // fields tell Gradio their value when they are left
        setTimeout(() => { go.click(); before?.focus?.({ preventScroll: true }); }, 30);
      }
    }
    if (event.key === "Escape" && !$("#connect")?.classList.contains("folded")) fold("connect", false);
    const tab = event.target.closest?.("#tabs [role=tab]");
    if (tab && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      const tabs = $$("#tabs [role=tab]").filter((one) => one.offsetParent);
      const next = tabs[(tabs.indexOf(tab) + (event.key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length];
      next.click();
      next.focus();
      event.preventDefault();
    }
    const number = event.target.closest?.("[data-show]");
    if (number && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      const all = $$("[data-show]", number.closest("[data-result]"));
      const next = all[(all.indexOf(number) + (event.key === "ArrowRight" ? 1 : all.length - 1)) % all.length];
      next.click();
      next.focus();
      event.preventDefault();
    }
  });

  /* ── Gradio's radios: one tab stop a group, arrows choose ──────────────────────────────────────────────── */
  let radioGroups = 0;
  const groupRadios = () => {
    for (const fieldset of $$("fieldset")) {
      const radios = $$("input[type=radio]", fieldset);
      if (!radios.length) continue;
      fieldset.radioName ??= `playground-radio-${(radioGroups += 1)}`;
      for (const radio of radios) if (radio.name !== fieldset.radioName) radio.name = fieldset.radioName;
    }
  };

  /* ── small duties after each change of the page ────────────────────────────────────────────────────────── */
  const narrow = () => matchMedia("(max-width: 900px)").matches;
  const glide = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
  let hadResult = null;
  const tidy = () => {
    if (document.documentElement.lang !== htmlLang) document.documentElement.lang = htmlLang; // Gradio sets its own
    groupRadios();
    const price = $("#price-text");
    const go = $("#go");
    if (price && go) {
      if (go.dataset.price !== price.textContent) go.dataset.price = price.textContent;
      if (go.getAttribute("aria-describedby") !== "price-text") go.setAttribute("aria-describedby", "price-text");
    }
    for (const id of Object.keys(openers)) tellFold(id);
    const state = $("#table [data-state]")?.dataset.state ?? null;
    if (state !== hadResult) {
      if (hadResult && state && state !== "empty" && narrow()) $("#table")?.scrollIntoView({ behavior: glide() });
      hadResult = state;
      document.body.dataset.state = state ?? "";
    }
    lint();
    tellNews();
  };
  let tidying = 0;
  const soon = () => { if (!tidying) tidying = requestAnimationFrame(() => { tidying = 0; tidy(); }); };

  /* ── folds: settings and connection ────────────────────────────────────────────────────────────────────── */
  const openers = { "settings-fold": "#settings", connect: "#pill" };
  const tellFold = (id) => {
    const folded = document.getElementById(id)?.classList.contains("folded") ?? true;
    $(openers[id])?.setAttribute("aria-expanded", String(!folded));
    return folded;
  };
  const fold = (id, open) => {
    document.getElementById(id)?.classList.toggle("folded", open === undefined ? undefined : !open);
    const folded = tellFold(id);
    if (id === "settings-fold") memory.set("settings", folded ? "closed" : "open");
    if (id === "connect" && folded) $("#pill")?.focus();
  };
  const unfold = (id) => {
    const button = $(openers[id]);
    if (document.getElementById(id)?.classList.contains("folded")) button?.click();
    setTimeout(() => $("#key input")?.focus(), 300);
  };
  const rememberSettings = (tries = 0) => {
    const button = $("#settings");
    if (!button) { if (tries < 100) setTimeout(() => rememberSettings(tries + 1), 50); return; }
    if (memory.get("settings") === "open") button.click();
    for (const id of Object.keys(openers)) tellFold(id);
  };

  /* ── pictures in: an ordered, numbered tray ────────────────────────────────────────────────────────────── */
  const MEGABYTE = 1e6;
  const promptText = () => $("#prompt textarea")?.value ?? "";
  const mentioned = (text) => {
    const numbers = new Set();
    const pattern = /(?:images?|pictures?|photos?|图片?|照片|第)\s*((?:\d+(?:\s*(?:,|、|and|和|&|与)\s*)?)+)/gi;
    for (const match of text.matchAll(pattern)) for (const n of match[1].matchAll(/\d+/g)) numbers.add(Number(n[0]));
    return numbers;
  };
  function lint() {
    for (const tray of trays) tray.lint();
  }

  function tray(element, props, trigger, upload, watch) {
    const previews = new Map();
    const { most, heaviest, words } = JSON.parse($("[data-tray]", element).dataset.tray);
    let busy = 0;
    let dragged = null;
    let note = "";
    const items = () => (Array.isArray(props.value) ? props.value : []);
    const say = (name, facts = {}) => fill(words?.[spoken()]?.[name] ?? "", facts);
    const address = (item) => previews.get(item.path) ?? item.url ?? "";

    const set = (next) => { props.value = next; trigger("change"); render(); };
    const move = (from, to) => {
      if (to < 0 || to >= items().length || from === to) return;
      const next = [...items()];
      next.splice(to, 0, ...next.splice(from, 1));
      note = say("moved", { number: to + 1 });
      set(next);
      $$(".pic", element)[to]?.focus();
    };
    const remove = (index) => {
      note = "";
      set(items().filter((_, i) => i !== index));
      ($$(".pic", element)[Math.min(index, items().length - 1)] ?? $("[data-add]", element))?.focus();
    };

    const looksLikePicture = (file) => /^image\//.test(file.type) || /\.(heic|heif|avif|tiff?)$/i.test(file.name);
    const add = async (files) => {
      note = "";
      let list = [...files];
      if (most === 1 && list.length) {
        list = list.slice(0, 1);
        if (items().length) note = say("replaced");
      }
      const taken = [];
      for (const file of list) {
        const name = file.name || "picture";
        const room = most === 1 ? 1 : most - items().length - busy;
        if (!looksLikePicture(file)) note = say("not_picture", { name });
        else if (file.size > heaviest) note = say("too_large", { name, limit: Math.round(heaviest / MEGABYTE) });
        else if (taken.length >= room) { note = say("full", { max: most, name }); break; }
        else taken.push(file);
      }
      if (!taken.length) { render(); return; }
      busy += taken.length;
      render();
      const added = await Promise.all(taken.map(async (file) => {
        try {
          const { path, url } = await upload(file);
          previews.set(path, URL.createObjectURL(file));
          return { path, url, name: file.name || "picture", size: file.size };
        } catch {
          note = say("failed", { name: file.name });
          return null;
        }
      }));
      busy -= taken.length;
      const good = added.filter(Boolean);
      document.dispatchEvent(new CustomEvent("playground:added", { detail: good }));
      setTimeout(pressAgain, 50);
      set(most === 1 ? good.slice(0, 1).concat(good.length ? [] : items()) : [...items(), ...good]);
    };

    const picker = document.createElement("input");
    picker.type = "file";
    picker.accept = "image/*,.heic,.heif";
    picker.multiple = most > 1;
    picker.hidden = true;
    picker.tabIndex = -1;
    picker.setAttribute("aria-hidden", "true");
    picker.dataset.picker = "";
    element.parentElement.append(picker);
    picker.addEventListener("change", () => { add(picker.files); picker.value = ""; });

    // A long name is cut in its middle: what tells two pictures apart is often at its end.
    const middle = (name) => {
      const letters = [...name];
      const tail = letters.splice(Math.max(0, letters.length - 8)).join("");
      return `<bdi class="head">${escape(letters.join(""))}</bdi><bdi>${escape(tail)}</bdi>`;
    };
    // Fingers cannot drag here: two small arrows do what the arrow keys do.
    const move1 = (number, step) => {
      if (most === 1 || number + step < 1 || number + step > items().length) return "";
      return `<button type="button" data-step="${step}" aria-label="${escape(say("move", { number, place: number + step }))}">${step < 0 ? "‹" : "›"}</button>`;
    };
    const face = (item, number) => {
      const label = escape(say("picture", { number, name: item.name }));
      return `<li draggable="true" data-place="${number - 1}">
        <button type="button" class="pic" aria-label="${label}"><img src="${escape(address(item))}" alt="" draggable="false"><span class="noview">${escape(item.name)}</span></button>
        <span class="moves">${move1(number, -1)}${move1(number, 1)}</span>
        <button type="button" class="x" aria-label="${escape(say("remove", { number }))}">×</button>
        <div class="cap"><b>${number}</b><span title="${escape(item.name)}">${middle(item.name)}</span></div></li>`;
    };

    function render() {
      const list = items();
      const single = most === 1;
      const drop = `<button type="button" class="drop" data-add><b>${escape(say(single ? "edit_title" : "compose_title"))}</b><span>${escape(single ? say("how") : say("compose_more"))}</span></button>`;
      const waiting = `<li class="uploading"><div class="pic" data-say>${escape(say("uploading"))}</div></li>`;
      let html = "";
      if (!list.length && !busy) html = drop;
      else {
        const room = single ? 0 : most - list.length - busy;
        html = `<ol class="tray${single ? " single" : ""}">${list.map((item, i) => face(item, i + 1)).join("")}${waiting.repeat(busy)}`
          + (room > 0 ? `<li><button type="button" class="addpic" data-add>${escape(say("add"))}</button></li>` : "") + "</ol>";
        if (!single) {
          const bytes = list.reduce((sum, item) => sum + (item.size || 0), 0);
          html += `<div class="budget"><span>${escape(say("count", { count: list.length, max: most }))}</span><i style="--used:${(100 * list.length) / most}%"></i><span>${escape(say("size", { size: (bytes / MEGABYTE).toFixed(1) }))}</span></div>`;
        }
      }
      html += `<p class="said" data-say>${escape(note)}</p><p class="lint unmentioned"></p>`;
      element.innerHTML = `<div class="trayhost">${html}</div>`;
      for (const image of $$("img", element))
        image.addEventListener("error", () => image.closest(".pic").classList.add("blind"), { once: true });
      me.lint();
    }

    const me = {
      render,
      isShown: () => element.offsetParent !== null,
      isBusy: () => busy > 0 && element.offsetParent !== null,
      lint() {
        if (most === 1) return;
        const named = mentioned(promptText());
        const place = $(".unmentioned", element);
        if (!place) return;
        const missing = named.size ? items().map((_, i) => i + 1).filter((n) => !named.has(n)) : [];
        $$("li[data-place]", element).forEach((li) => li.classList.toggle("unused", missing.includes(Number(li.dataset.place) + 1)));
        const text = missing.length ? say("unmentioned", { number: missing.join(", ") }) : "";
        if (place.textContent !== text) place.textContent = text;
      },
    };
    trays.add(me);

    element.addEventListener("click", (event) => {
      if (event.target.closest("[data-add]")) picker.click();
      const place = event.target.closest("li[data-place]")?.dataset.place;
      if (event.target.closest(".x")) remove(Number(place));
      const step = event.target.closest("[data-step]");
      if (step) move(Number(place), Number(place) + Number(step.dataset.step));
    });
    element.addEventListener("keydown", (event) => {
      const place = event.target.closest(".pic") && event.target.closest("li")?.dataset.place;
      if (place === undefined || place === false || place === null) return;
      const at = Number(place);
      if (event.key === "ArrowLeft" || event.key === "ArrowUp") move(at, at - 1);
      else if (event.key === "ArrowRight" || event.key === "ArrowDown") move(at, at + 1);
      else if (event.key === "Delete" || event.key === "Backspace") remove(at);
      else return;
      event.preventDefault();
    });
    const host = element.closest(".block") ?? element;
    host.addEventListener("dragstart", (event) => {
      const li = event.target.closest?.("li[data-place]");
      if (!li) return;
      dragged = Number(li.dataset.place);
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", String(dragged));
    });
    host.addEventListener("dragend", () => { dragged = null; });
    host.addEventListener("dragover", (event) => { event.preventDefault(); host.classList.add("over"); });
    host.addEventListener("dragleave", () => host.classList.remove("over"));
    host.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      host.classList.remove("over");
      const target = event.target.closest?.("li[data-place]");
      if (dragged !== null) { if (target) move(dragged, Number(target.dataset.place)); dragged = null; }
      else if (event.dataTransfer.files.length) add(event.dataTransfer.files);
    });
    me.paste = (event) => {
      if (!element.offsetParent) return false;
      const files = [...(event.clipboardData?.files ?? [])].filter(looksLikePicture);
      if (!files.length) return false;
      event.preventDefault();
      add(files);
      return true;
    };
    watch("value", render);
    render();
  }
  document.addEventListener("paste", (event) => { for (const one of trays) if (one.paste(event)) return; });
  // A picture dropped beside the tray must not make the browser leave the page.
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => {
    if (event.dataTransfer?.types?.includes("Files")) event.preventDefault();
  });

  /* ── a picture still on its way up: Generate waits for it ──────────────────────────────────────────────── */
  let pressWaits = false;
  const uploading = () => [...trays].some((one) => one.isBusy());
  function pressAgain() {
    if (!pressWaits || uploading()) return;
    pressWaits = false;
    $("#go")?.click();
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#go") || !uploading()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    pressWaits = true;
  }, true);

  /* ── one press is one job: until the server has answered, a second press is the first one again ─────────── */
  const PATIENCE = 20_000;
  let press = null;
  const unguessable = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const token = () => press?.token ?? unguessable();
  const settled = () => { press = null; };
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#go, [data-do=again]")) return;
    if (press && performance.now() - press.at < PATIENCE) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    press = { token: unguessable(), at: performance.now() };
  }, true);

  /* ── events of our HTML: a press on [data-do] becomes an event of that name ──────────────────────────────── */
  const deeds = (element, trigger, names) => {
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (!button || button.disabled || !names.includes(button.dataset.do)) return;
      trigger(button.dataset.do, { ...button.dataset, token: token() });
      // On a phone the form that was filled in stands far above.
      if (["tile", "edit", "compose", "remedy", "follow"].includes(button.dataset.do) && narrow()) window.scrollTo({ top: 0, behavior: glide() });
      if (["follow", "unfollow"].includes(button.dataset.do)) setTimeout(() => $("#prompt textarea")?.focus({ preventScroll: true }), 300);
    });
  };

  /* ── at once when Generate is pressed: the button answers before the server does ─────────────────────────── */
  const pressed = ([, ...values]) => {
    const go = $("#go");
    go?.classList.add("pressed");
    setTimeout(() => go?.classList.remove("pressed"), 1500);
    return [token(), ...values];
  };

  /* ── what is loaded only when it is wanted ───────────────────────────────────────────────────────────────── */
  const loads = new Map();
  const later = (...addresses) => Promise.all(addresses.map((address) => {
    if (!loads.has(address)) loads.set(address, new Promise((done, failed) => {
      const isStyle = /\.css(\?|$)/.test(address);
      const element = document.createElement(isStyle ? "link" : "script");
      if (isStyle) { element.rel = "stylesheet"; element.href = address; } else element.src = address;
      element.onload = done;
      element.onerror = failed;
      document.head.append(element);
    }));
    return loads.get(address);
  }));

  /* ── a picture that was made here offers its recipe, whichever tab it is dropped on ────────────────────────── */
  const recipe = (element, names, trigger, upload, server) => {
    let asked = 0;
    const recognise = async (items, unknown = "") => {
      const mine = (asked += 1);
      try {
        const answer = await server.history_recognise({ language: language(), paths: items.map((item) => item.path), unknown });
        if (mine === asked) element.innerHTML = answer.html ?? "";
      } catch { /* an offer, and nothing more: without it the picture is there all the same */ }
    };
    document.addEventListener("playground:added", (event) => { if (event.detail.length) recognise(event.detail); });
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (!button || !names.includes(button.dataset.do)) return;
      trigger(button.dataset.do, { ...button.dataset });
      element.innerHTML = "";
      $("#prompt textarea")?.focus({ preventScroll: true });
    });
    // The first tab has no tray of its own. A tray that takes the files keeps them from coming here.
    $("#composer")?.addEventListener("drop", async (event) => {
      const file = [...(event.dataTransfer?.files ?? [])].find((one) => /^image\//.test(one.type));
      if (!file || [...trays].some((one) => one.isShown())) return;
      event.preventDefault();
      const { path } = await upload(file);
      recognise([{ path }], file.name);
    });
    document.addEventListener("click", (event) => { if (event.target.closest?.("#go, #tabs [role=tab]")) element.innerHTML = ""; });
  };

  window.playground = { tray, deeds, language, switchLanguage, mode, pressed, settled, pulse, fold, unfold, later, recipe };
  setTheme(wantedTheme());
  speak(language());
  const ready = () => {
    setTheme(wantedTheme());
    document.body.append(live);
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["name", "class", "hidden"] });
    document.addEventListener("input", soon);
    rememberSettings();
    soon();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
