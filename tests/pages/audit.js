/* What a person would see to be wrong with a page, measured in the page itself. Each check returns a list of sentences.

   - Contrast: for every text that is seen, WCAG 2's ratio of its colour against what lies behind it: the colours of its
     ancestors, one over the other, and of a gradient every colour that it holds. Nothing counts as large.
   - Targets: whatever can be pressed is 44 by 44 CSS pixels or more. Exempt, as in WCAG 2.5.8, is a link in a sentence:
     one that is laid out inline, in a block that says more than the link itself. A box inside its label counts as the label.
   - Structure: one h1, no level left out, one main; every field labelled, every picture with alt, every button and link
     named, ids unique, what is pointed at there. */
window.audit = (() => {
  "use strict";
  const AA = 4.5, TARGET = 44, ROUNDING = 0.6;

  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true }) && !clipped(element);
  const clipped = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.clipPath === "inset(50%)") return true;
      const box = at.getBoundingClientRect();
      if (style.position === "absolute" && box.right < 0) return true;
    }
    return false;
  };
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const name = (element) => `<${element.tagName.toLowerCase()}${element.id ? "#" + element.id : ""}${element.className && element.className.trim ? "." + element.className.trim().replace(/\s+/g, ".") : ""}> "${short(element.textContent || element.value || "")}"`;

  /* --- contrast */

  const parse = (text) => {
    const numbers = text.match(/[\d.]+%?/g).map((part) => (part.endsWith("%") ? parseFloat(part) / 100 : parseFloat(part)));
    if (text.startsWith("color(")) return [...numbers.slice(-4).length === 4 && text.includes("/") ? numbers.slice(-4, -1) : numbers.slice(-3)].map((n) => n * 255).concat(text.includes("/") ? numbers.at(-1) : 1);
    return [numbers[0], numbers[1], numbers[2], numbers.length > 3 ? numbers[3] : 1];
  };
  const over = (top, below) => {
    const alpha = top[3] + below[3] * (1 - top[3]);
    const mix = (i) => (alpha ? (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / alpha : 0);
    return [mix(0), mix(1), mix(2), alpha];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  /* Every colour that may lie behind an element. */
  const grounds = (element) => {
    if (!element) return [[255, 255, 255, 1]];
    const style = getComputedStyle(element);
    const colour = parse(style.backgroundColor);
    if (colour[3] === 1 && style.backgroundImage === "none") return [colour];
    const below = grounds(element.parentElement).map((ground) => over(colour, ground));
    const stops = (style.backgroundImage.match(/(?:rgba?|color)\([^()]*\)/g) || []).map(parse);
    const painted = stops.flatMap((stop) => below.map((ground) => over(stop, ground)));
    return stops.length && stops.every((stop) => stop[3] === 1) ? painted : [...below, ...painted];
  };
  const opacity = (element) => {
    let value = 1;
    for (let at = element; at; at = at.parentElement) value *= parseFloat(getComputedStyle(at).opacity);
    return value;
  };
  const worst = (element, colour) => {
    const text = parse(colour);
    text[3] *= opacity(element);
    return Math.min(...grounds(element).map((ground) => ratio(over(text, ground), ground)));
  };

  function contrast() {
    const found = [];
    const say = (element, what, colour) => {
      const value = worst(element, colour);
      if (value < AA) found.push(`contrast ${value.toFixed(2)} of ${what} in ${name(element)}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const done = new Set();
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || done.has(element) || /^(SCRIPT|STYLE|OPTION|TEXTAREA|NOSCRIPT)$/.test(element.tagName) || !seen(element)) continue;
      done.add(element);
      say(element, `"${short(walker.currentNode.data)}"`, getComputedStyle(element).color);
    }
    for (const field of document.querySelectorAll("input:not([type=hidden]):not([type=checkbox]):not([type=radio]), select, textarea")) {
      if (!seen(field)) continue;
      say(field, "the value", getComputedStyle(field).color);
      if (field.placeholder) say(field, "the placeholder", getComputedStyle(field, "::placeholder").color);
    }
    return found;
  }

  /* --- targets */

  const inSentence = (link) => {
    if (link.tagName !== "A" || !getComputedStyle(link).display.startsWith("inline") || getComputedStyle(link).display !== "inline") return false;
    let block = link.parentElement;
    while (getComputedStyle(block).display === "inline") block = block.parentElement;
    if (/flex|grid/.test(getComputedStyle(block).display)) return false;
    return block.textContent.trim().length > link.textContent.trim().length;
  };

  function targets() {
    const found = [];
    for (const element of document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")) {
      if (!seen(element) || inSentence(element)) continue;
      const label = /^(checkbox|radio)$/.test(element.type) && element.closest("label");
      const box = (label || element).getBoundingClientRect();
      if (box.width + ROUNDING < TARGET || box.height + ROUNDING < TARGET) found.push(`target ${box.width.toFixed(0)} × ${box.height.toFixed(0)}: ${name(element)}`);
    }
    return found;
  }

  /* --- structure */

  const label = (element) => {
    const by = element.getAttribute("aria-labelledby");
    const named = by && by.split(" ").map((id) => document.getElementById(id)?.textContent || "").join(" ");
    const pictures = [...element.querySelectorAll("img")].map((picture) => picture.alt).join(" ");
    const labels = [...(element.labels || [])].map((each) => each.textContent).join(" ");
    return short([element.getAttribute("aria-label"), named, labels, element.textContent, pictures].filter(Boolean).join(" "));
  };

  function structure() {
    const found = [];
    const count = (selector) => document.querySelectorAll(selector).length;
    for (const selector of ["h1", "main", "title", "header", "footer"]) if (count(selector) !== 1) found.push(`${count(selector)} × ${selector}`);
    if (!document.documentElement.lang) found.push("no language");
    if (!document.title.split("·")[0].trim()) found.push("no title");
    let before = 0;
    for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
      const level = Number(heading.tagName[1]);
      if (level > before + 1 && before) found.push(`after h${before} comes ${name(heading)}`);
      if (!heading.textContent.trim()) found.push(`empty ${name(heading)}`);
      before = level;
    }
    for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (!(field.labels && field.labels.length) && !field.getAttribute("aria-label")) found.push(`no label: ${name(field)}`);
    }
    for (const picture of document.querySelectorAll("img")) {
      if (!picture.hasAttribute("alt")) found.push(`no alt: ${picture.src}`);
      if (!picture.getAttribute("width") || !picture.getAttribute("height")) found.push(`no size: ${picture.src}`);
    }
    for (const element of document.querySelectorAll("a[href], button, summary")) {
      if (!label(element) && element.getAttribute("aria-hidden") !== "true") found.push(`no name: ${element.outerHTML.slice(0, 120)}`);
    }
    for (const landmark of document.querySelectorAll("nav, aside, section")) {
      if (!landmark.getAttribute("aria-label") && !landmark.getAttribute("aria-labelledby") && !landmark.querySelector("h1, h2, h3")) found.push(`no name: ${landmark.outerHTML.slice(0, 80)}`);
    }
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    for (const id of new Set(ids.filter((each, n) => ids.indexOf(each) !== n))) found.push(`id twice: ${id}`);
    for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for"]) {
      for (const element of document.querySelectorAll(`[${attribute}]`)) {
        for (const id of element.getAttribute(attribute).split(" ")) if (!document.getElementById(id)) found.push(`${attribute}="${id}" points at nothing`);
      }
    }
    return found;
  }

  function width() {
    const wide = document.scrollingElement.scrollWidth;
    if (wide <= innerWidth) return [];
    const widest = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > innerWidth + 1).slice(0, 3);
    return [`${wide} pixels wide: ${widest.map(name).join("; ")}`];
  }

  return { contrast, targets, structure, width, all: () => [...width(), ...structure(), ...targets(), ...contrast()] };
})();
