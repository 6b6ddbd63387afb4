/** Where a popover stands. */
const MARGIN = 8; // px from the edges of the screen

/** There it is a sheet from below, as its style sheet says with the same words. */
export const asSheet = matchMedia("(width < 48rem) and (pointer: coarse)");

/** Puts an open popover under the box `at`, or over it where there is no room. */
export function beside(popover, at) {
  popover.style.top = "";
  popover.style.left = "";
  if (asSheet.matches) return;
  const { width, height } = popover.getBoundingClientRect();
  const below = at.bottom + 4;
  const top = below + height + MARGIN <= window.innerHeight ? below : at.top - 4 - height;
  const left = getComputedStyle(popover).direction === "rtl" ? at.left : at.right - width;
  popover.style.top = `${clamped(top, window.innerHeight - height)}px`;
  popover.style.left = `${clamped(left, window.innerWidth - width)}px`;
}

function clamped(place, most) {
  return Math.max(MARGIN, Math.min(place, most - MARGIN));
}
