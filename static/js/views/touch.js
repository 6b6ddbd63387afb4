/** A finger that rests: the touch screen's second button. */
const LONG = 450; // ms; Android's own is 500, and would select text
const STILL = 10; // px that a resting finger may move

/**
 * Calls `action(element)` when a finger rests on what `selector` names inside `root`, but not on a link or a button in
 * it, nor on a text in which the finger shall select.
 */
export function onLongPress(root, selector, action) {
  let timer = 0;
  let from = null;
  let acted = false;
  const cancel = () => clearTimeout(timer);

  root.addEventListener("pointerdown", (event) => {
    cancel();
    acted = false;
    const found = event.target.closest(selector);
    const inner = found && event.target.closest("a, button, .selecting");
    if (event.pointerType !== "touch" || !event.isPrimary || !found || (inner && inner !== found)) return;
    from = event;
    timer = setTimeout(() => {
      acted = true;
      action(found);
    }, LONG);
  });
  root.addEventListener("pointermove", (event) => {
    if (from && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > STILL) cancel();
  });
  for (const end of ["pointerup", "pointercancel"]) root.addEventListener(end, cancel);
  root.addEventListener("scroll", cancel, { passive: true });
  // The browser would follow with its own menu, or with a click on what appeared under the finger.
  root.addEventListener("contextmenu", (event) => event.pointerType === "touch" && acted && event.preventDefault());
  root.addEventListener("touchend", (event) => acted && event.cancelable && event.preventDefault());
}
