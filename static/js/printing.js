/** Prepares the page for paper, where nothing can be unfolded, scrolled or followed. */

/**
 * Before printing calls `prepare(true)`, and writes the address of each link that `selector` names to where the style
 * sheet finds it, unless the link's text says it already. Calls `prepare(false)` afterwards.
 */
export function watchPrinting(selector, prepare = () => {}) {
  addEventListener("beforeprint", () => {
    prepare(true);
    for (const link of document.querySelectorAll(selector)) {
      if (!says(link.textContent.trim(), link.href)) link.dataset.address = link.href;
    }
  });
  addEventListener("afterprint", () => {
    for (const link of document.querySelectorAll("[data-address]")) delete link.dataset.address;
    prepare(false);
  });
}

/** Does a text name that address, perhaps with its characters as people write them? */
function says(text, href) {
  try {
    return new URL(text).href === href;
  } catch {
    return false;
  }
}
