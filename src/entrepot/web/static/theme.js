/* Loaded before the page is drawn, so that neither a chosen theme flashes nor what script adds moves the rest. */
"use strict";
document.documentElement.dataset.script = "on";
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch { /* a private window keeps nothing */ }
