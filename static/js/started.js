/** Tells start.js and the style sheet that the page's module has run to its end. */
export function started() {
  document.documentElement.dataset.started = "";
}
