/* What script adds to pages that work without it. Each part looks for its own attribute and does nothing without it. */
"use strict";

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/* Light or dark, remembered in this browser. */
function theme() {
  const root = document.documentElement;
  all("[data-theme-toggle]").forEach((button) => {
    button.addEventListener("click", () => {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* a private window keeps nothing */ }
    });
  });
}

/* A console's menu is longer than a low screen: the section that is open is in sight. */
function sectionInSight() {
  all(".sections-wide [aria-current]").forEach((link) => {
    const menu = link.closest("nav");
    menu.scrollTop = Math.max(0, link.offsetTop + link.offsetHeight - menu.clientHeight + 40);
  });
}

/* Suggestions under the search box: arrows, Enter and Escape work as in any list box. */
function suggestions() {
  all("[data-suggest]").forEach((input) => {
    const list = document.getElementById(input.getAttribute("aria-controls"));
    let at = -1, asked = "", timer = 0;
    const links = () => all("a", list);
    const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const mark = (step) => {
      const every = links();
      if (!every.length) return;
      at = (at + step + every.length) % every.length;
      every.forEach((link, n) => link.setAttribute("aria-selected", n === at));
      input.setAttribute("aria-activedescendant", every[at].id);
    };
    const show = (found) => {
      list.replaceChildren(...found.map((suggestion, n) => {
        const link = document.createElement("a");
        link.id = `${list.id}-${n}`;
        link.role = "option";
        link.tabIndex = -1;
        link.href = suggestion.url || `/search?q=${encodeURIComponent(suggestion.text)}`;
        link.textContent = suggestion.text;
        if (suggestion.image) {
          const picture = document.createElement("img");
          Object.assign(picture, { src: suggestion.image, alt: "", width: 36, height: 36 });
          link.prepend(picture);
        }
        if (suggestion.note) {
          const note = document.createElement("span");
          note.className = "soft small";
          note.textContent = suggestion.note;
          link.append(note);
        }
        return link;
      }));
      at = -1;
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", String(found.length > 0));
    };
    const ask = async () => {
      const query = input.value.trim();
      if (query === asked) return;
      asked = query;
      if (query.length < 2) return close();
      try {
        const answer = await fetch(`/api/suggest?q=${encodeURIComponent(query)}`);
        if (answer.ok && input.value.trim() === query) show((await answer.json()).suggestions);
      } catch { close(); }
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { event.preventDefault(); mark(1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(-1); }
      else if (event.key === "Escape") close();
      else if (event.key === "Enter" && at >= 0) { event.preventDefault(); links()[at].click(); }
    });
    input.addEventListener("blur", () => setTimeout(close, 150));
  });
}

/* Plus and minus beside a number; with data-submit the form is sent after a moment. */
function steppers() {
  all(".stepper").forEach((stepper) => {
    const input = one("input", stepper);
    let timer = 0;
    all("button[data-step]", stepper).forEach((button) => {
      button.addEventListener("click", () => {
        const low = Number(input.min || 0), high = Number(input.max || 999);
        input.value = Math.min(high, Math.max(low, Number(input.value || 0) + Number(button.dataset.step)));
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
    });
    if (stepper.hasAttribute("data-submit")) {
      input.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(() => input.form.requestSubmit(), 500); });
    }
  });
}

/* A select that sends its form by itself. */
function submitOnChange() {
  all("[data-submit-on-change]").forEach((form) => form.addEventListener("change", () => form.requestSubmit()));
}

/* Filters: a box that is ticked takes effect at once, except on a phone, where they cover the list and have a button.
   What was left empty is not sent, so that the address stays short. */
function filters() {
  all("[data-filters]").forEach((form) => {
    form.addEventListener("change", (event) => {
      if (event.target.type === "checkbox" && matchMedia("(min-width: 900px)").matches) form.requestSubmit();
    });
    form.addEventListener("submit", () => all("input", form).filter((input) => !input.value).forEach((input) => { input.disabled = true; }));
    addEventListener("pageshow", () => all("input", form).forEach((input) => { input.disabled = false; }));
  });
}

/* A button that prints the page. */
function prints() {
  all("[data-print]").forEach((button) => button.addEventListener("click", () => print()));
}

/* A form that is under way says so and is not sent twice. */
function busyForms() {
  document.addEventListener("submit", (event) => {
    const button = event.submitter || one("button[type=submit], button:not([type])", event.target);
    if (event.defaultPrevented || !button) return;
    setTimeout(() => { button.setAttribute("aria-busy", "true"); button.disabled = true; }, 0);
  });
  addEventListener("pageshow", () => all("[aria-busy=true]").forEach((button) => {
    button.removeAttribute("aria-busy");
    button.disabled = false;
  }));
}

/* Thumbnails move the gallery; the gallery marks its thumbnail. */
function galleries() {
  all(".gallery").forEach((gallery) => {
    const track = one(".main", gallery), thumbs = all(".thumbs a", gallery);
    const mark = (n) => thumbs.forEach((thumb, m) => (m === n ? thumb.setAttribute("aria-current", "true") : thumb.removeAttribute("aria-current")));
    thumbs.forEach((thumb, n) => thumb.addEventListener("click", (event) => {
      event.preventDefault();
      track.scrollTo({ left: track.clientWidth * n, behavior: "smooth" });
      mark(n);
    }));
    track.addEventListener("scroll", () => mark(Math.round(track.scrollLeft / track.clientWidth)), { passive: true });
  });
}

/* A hit that was really in view is reported once, with the token that the server gave it. */
function impressions() {
  const seen = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
      seen.unobserve(entry.target);
      fetch(`/i/${entry.target.dataset.seen}`, { keepalive: true }).catch(() => {});
    });
  }, { threshold: 0.5 });
  all("[data-seen]").forEach((hit) => seen.observe(hit));
}

/* A moment that prices or stock are kept until, counted down; without script the moment itself is on the page. */
function countdowns() {
  all("[data-countdown]").forEach((element) => {
    const until = Date.parse(element.dateTime);
    const tick = () => {
      const left = Math.max(0, Math.round((until - Date.now()) / 1000));
      const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      element.textContent = element.dataset.countdown.replace("{time}", time);
      if (left > 0) setTimeout(tick, 1000);
    };
    tick();
  });
}

/* A page that waits for something looks again: data-refresh is the number of seconds. */
function refreshes() {
  all("[data-refresh]").forEach((element) => {
    setTimeout(async () => {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const fresh = one(`#${element.id}`, new DOMParser().parseFromString(await answer.text(), "text/html"));
        if (fresh) element.replaceWith(fresh);
        else location.reload();
      } catch { /* offline: the next look may succeed */ }
      refreshes();
    }, Number(element.dataset.refresh) * 1000);
    element.removeAttribute("data-refresh");
  });
}

/* Copies an id or a link. */
function copies() {
  all("[data-copy]").forEach((button) => {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const before = button.textContent;
      button.textContent = button.dataset.copied || "✓";
      setTimeout(() => { button.textContent = before; }, 1500);
    });
  });
}

/* Menus close with Escape and by a click elsewhere. */
function menus() {
  const open = () => all("details.menu[open]");
  document.addEventListener("click", (event) => open().filter((menu) => !menu.contains(event.target)).forEach((menu) => { menu.open = false; }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") open().forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
  });
}

/* Pictures are dragged into their order; the whole order is sent by the form that the arrows use too. */
function arranging() {
  all("[data-arrange]").forEach((list) => {
    let moving = null;
    const items = () => all("[data-position]", list);
    const order = () => items().map((item) => item.dataset.position).join(",");
    items().forEach((item) => {
      item.draggable = true;
      all("img", item).forEach((picture) => { picture.draggable = false; });
      item.addEventListener("dragstart", (event) => {
        if (event.target !== item) return;
        moving = { item, before: order() };
        event.dataTransfer.effectAllowed = "move";
        item.classList.add("moving");
      });
      item.addEventListener("dragover", (event) => {
        if (!moving || moving.item === item) return;
        event.preventDefault();
        const box = item.getBoundingClientRect();
        list.insertBefore(moving.item, event.clientX > box.left + box.width / 2 ? item.nextSibling : item);
      });
      item.addEventListener("drop", (event) => event.preventDefault());
      item.addEventListener("dragend", () => {
        item.classList.remove("moving");
        const changed = moving && order() !== moving.before;
        moving = null;
        if (!changed) return;
        const form = document.createElement("form");
        Object.assign(form, { method: "post", action: list.dataset.arrange, hidden: true });
        for (const [name, value] of [["_csrf", one("input[name=_csrf]", list).value], ["order", order()]]) {
          form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
        }
        document.body.append(form);
        form.submit();
      });
    });
  });
}

[theme, suggestions, steppers, submitOnChange, filters, prints, busyForms, galleries, impressions, refreshes, countdowns, copies, menus, sectionInSight, arranging].forEach((part) => part());
