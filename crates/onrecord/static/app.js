// Small comforts on every page. Everything essential works without them.
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  const announce = (button) => {
    const label = button.querySelector("span") ?? button;
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    label.setAttribute("role", "status");
    setTimeout(() => {
      label.textContent = before;
      label.removeAttribute("role");
    }, 2000);
  };

  const copy = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
      announce(button);
    } catch {
      // Not allowed here (no https, or refused): select it, so that the keyboard can copy.
      const pre = button.parentElement?.querySelector("pre");
      if (pre) getSelection()?.selectAllChildren(pre);
    }
  };
  window.onrecordCopy = copy;

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;

    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(target) || target.closest("[popovertarget]")) menu.open = false;
    }

    const copyButton = target.closest("[data-copy]");
    if (copyButton) copy(copyButton, copyButton.parentElement.querySelector("pre").textContent);

    const add = target.closest("[data-add-slot]");
    if (add) {
      event.preventDefault();
      addSlot(add);
    }

    const sure = target.closest("[data-confirm]");
    if (sure && !window.confirm(sure.dataset.confirm)) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest("details.menu[open]") ?? document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // The next time slot: as the last one, a week later.
  const addSlot = (button) => {
    const list = document.querySelector("[data-slots]");
    const rows = list.querySelectorAll("[data-slot]");
    const last = [...rows].reverse().find((row) => row.querySelector("input[type=date]"));
    if (!last) return button.form.requestSubmit(button);
    const index = Math.max(-1, ...[...list.querySelectorAll("[name^=slot-]")].map((f) => Number(f.name.split("-")[1]))) + 1;
    const row = last.cloneNode(true);
    row.querySelectorAll("input[type=hidden], .choice, .field__error").forEach((part) => part.remove());
    row.querySelector("legend").textContent = button.dataset.legend.replace("{n}", String(rows.length + 1));
    for (const part of row.querySelectorAll("[id^=slot-], [for^=slot-], [name^=slot-]")) {
      for (const name of ["id", "for", "name"]) {
        const value = part.getAttribute(name);
        if (value) part.setAttribute(name, value.replace(/^slot-\d+/, `slot-${index}`));
      }
      part.removeAttribute("aria-invalid");
      part.removeAttribute("aria-describedby");
    }
    const date = row.querySelector("input[type=date]");
    const before = last.querySelector("input[type=date]").value;
    if (before) {
      const next = new Date(`${before}T00:00:00Z`);
      next.setUTCDate(next.getUTCDate() + 7);
      date.value = next.toISOString().slice(0, 10);
    }
    list.append(row);
    date.focus();
    document.body.dispatchEvent(new CustomEvent("slots-changed"));
  };

  const settle = () => {
    document.querySelectorAll("[data-keep-in-view] [aria-current]").forEach((stop) => {
      const line = stop.closest("[data-keep-in-view]");
      line.scrollLeft = stop.offsetLeft - (line.clientWidth - stop.offsetWidth) / 2;
    });
    const tab = document.querySelector(".tabs [aria-current]");
    tab?.parentElement.scrollTo({ left: tab.offsetLeft - tab.parentElement.offsetLeft - 16 });
  };
  settle();
  document.getElementById("problems")?.focus();

  // A part that refreshes itself never takes away a field, a menu or a dialog that is in use.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (!target?.matches("#class, #join")) return;
    const fresh = new DOMParser().parseFromString(event.detail.serverResponse, "text/html").getElementById(target.id);
    const same = fresh?.textContent.replace(/\s+/g, " ") === target.textContent.replace(/\s+/g, " ");
    const active = document.activeElement;
    const busy = (target.contains(active) && active.matches("input, textarea, select"))
      || target.querySelector("details[open], :popover-open");
    if (!fresh || same || busy) event.detail.shouldSwap = false;
    else if (target.contains(active)) keepFocus = active.getAttribute("href") ?? active.form?.getAttribute("action");
  });
  let keepFocus = null;
  document.addEventListener("htmx:afterSwap", () => {
    if (!keepFocus) return;
    const name = CSS.escape(keepFocus);
    document.querySelector(`main a[href="${name}"], main form[action="${name}"] button`)?.focus({ preventScroll: true });
    keepFocus = null;
  });
  const failed = (event) => {
    const form = event.detail.elt;
    const place = document.getElementById("syncing");
    if (!form?.dataset?.failed || !place) return;
    place.textContent = form.dataset.failed;
    place.classList.remove("htmx-indicator");
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:afterSettle", settle);
})();
