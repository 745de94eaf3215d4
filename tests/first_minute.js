/* What first_minute.py asks of a page. Loaded before the page's own scripts. */
window.measured = (() => {
  const INTERACTIVE =
    "a[href], button, input, textarea, select, summary, [contenteditable=true], [tabindex], " +
    ["button", "tab", "radio", "checkbox", "switch", "combobox", "link", "option", "slider", "menuitem"]
      .map((role) => `[role=${role}]`)
      .join(", ");

  /* The part of an element within the window, or null. */
  const inView = (element) => {
    const box = element.getBoundingClientRect();
    const left = Math.max(box.left, 0),
      right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0),
      bottom = Math.min(box.bottom, innerHeight);
    return right - left > 1 && bottom - top > 1 ? { left, right, top, bottom } : null;
  };
  const isOnTop = (element, part) => {
    const hit = document.elementFromPoint((part.left + part.right) / 2, (part.top + part.bottom) / 2);
    return hit !== null && (element.contains(hit) || hit.closest("label")?.control === element);
  };
  const isSeen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const nameOf = (element) =>
    (
      element.getAttribute("aria-label") ||
      element.textContent ||
      element.placeholder ||
      element.id ||
      element.tagName
    )
      .trim()
      .split("\n")[0]
      .slice(0, 24);

  const isWholeInView = (selector) => {
    const element = document.querySelector(selector);
    const box = element.getBoundingClientRect();
    return (
      box.top >= 0 &&
      box.left >= 0 &&
      box.bottom <= innerHeight &&
      box.right <= innerWidth &&
      isOnTop(element, box)
    );
  };

  const controls = () =>
    [...document.querySelectorAll(INTERACTIVE)]
      .filter((element) => element.tabIndex >= 0 && !element.disabled && isSeen(element))
      .filter((element) => {
        const part = inView(element);
        return part && isOnTop(element, part);
      })
      .map(nameOf);

  /* Pixels by which something sticks out at the side, also where the page cuts it off. */
  const sideways = () => {
    const scrolled = document.documentElement.scrollWidth - innerWidth;
    if (scrolled > 0) return `${scrolled} px`;
    for (const element of document.body.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      if (!isSeen(element) || box.width < 2 || (box.right <= innerWidth + 1 && box.left >= -1)) continue;
      let around = element.parentElement;
      while (around && !["auto", "scroll"].includes(getComputedStyle(around).overflowX))
        around = around.parentElement;
      if (!around) return `<${element.tagName.toLowerCase()} ${element.id || element.className}> cut off`;
    }
    return "";
  };

  const isRead = (element) => {
    const box = element.getBoundingClientRect();
    return isSeen(element) && box.width > 2 && box.height > 2;
  };
  const typeSizes = () => {
    const sizes = new Set();
    const add = (element, pseudo) => sizes.add(parseFloat(getComputedStyle(element, pseudo).fontSize));
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (walker.currentNode.data.trim() && isRead(element)) add(element);
    }
    for (const element of document.body.querySelectorAll("*")) {
      if (!isRead(element)) continue;
      if (element.matches("textarea, input:not([type=radio]):not([type=checkbox]):not([type=file])"))
        add(element);
      for (const pseudo of ["::before", "::after"]) {
        const { content, display } = getComputedStyle(element, pseudo);
        if (display !== "none" && /^".*\S.*"$/s.test(content)) add(element, pseudo);
      }
    }
    sizes.delete(0); // words that only a screen reader gets
    return [...sizes];
  };

  const allowsZoom = () => {
    const content = document.querySelector("meta[name=viewport]")?.content ?? "";
    const most = /maximum-scale\s*=\s*([\d.]+)/.exec(content);
    return !/user-scalable\s*=\s*(no|0)/.test(content) && !(most && Number(most[1]) < 2);
  };

  const isQuiet = () => {
    const ends = performance.getEntriesByType("resource").map((entry) => entry.responseEnd);
    const images = [...document.images].filter((image) => image.loading !== "lazy");
    return images.every((image) => image.complete) && performance.now() - Math.max(...ends) > 700;
  };

  const me = { isWholeInView, controls, sideways, typeSizes, allowsZoom, isQuiet, usableAt: 0, presses: 0 };
  const count = (event) => {
    me.presses += event.isTrusted; // a person's, not a script's
  };
  /* From zero, however often it is called. */
  me.countPresses = () => {
    me.presses = 0;
    document.addEventListener("click", count, true);
  };
  /* Notes in me.viewedAfter how many seconds after the next press the viewer shows something. */
  me.timeViewer = () => {
    const isSeen = (one) => one.complete && one.naturalWidth;
    const look = (start) => {
      const seen = [...document.querySelectorAll("dialog.viewer[open] .mine img")].some(isSeen);
      if (seen) me.viewedAfter = (performance.now() - start) / 1000;
      else requestAnimationFrame(() => look(start));
    };
    document.addEventListener("click", () => look(performance.now()), { capture: true, once: true });
  };

  const look = () => {
    const prompt = document.querySelector("#prompt textarea");
    if (prompt && !prompt.disabled && isSeen(prompt) && inView(prompt)) me.usableAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  return me;
})();
