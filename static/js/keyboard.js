/**
 * Keeps the page above a keyboard on the screen. Browsers that heed `interactive-widget` make the page smaller by
 * themselves; Safari on iOS lays the keyboard over it and moves the page up, so that its head is out of reach.
 */
const LEAST = 80; // px that a keyboard covers at least; the browser's own bars come and go with less

/** Sets `--visible`, the height that is left, on the root element `root` for as long as something covers `viewport`. */
export function followKeyboard(root, viewport = window.visualViewport) {
  if (!viewport) return;
  const fit = () => {
    const height = viewport.height * viewport.scale; // zooming in with two fingers covers nothing
    const covered = root.clientHeight - height >= LEAST;
    if (covered) root.style.setProperty("--visible", `${Math.floor(height)}px`);
    else root.style.removeProperty("--visible");
    if (covered && viewport.scale === 1 && viewport.offsetTop > 0) window.scrollTo(0, 0);
  };
  viewport.addEventListener("resize", fit);
  viewport.addEventListener("scroll", fit);
}
