/**
 * Keys that are pressed. A key that an input method takes is meant for no handler of the page: Enter confirms what is being
 * composed, Escape takes it back, arrows move among candidates. Every handler listens through `onKey`, which leaves such
 * keys out.
 */
const TAKEN = 229; // keyCode of a key that an input method took; Safari ends the composition before the keydown

/** Does a key event belong to an input method? */
export function ofInputMethod({ isComposing, keyCode }) {
  return isComposing || keyCode === TAKEN;
}

/** Calls `handle(event)` for each key that is pressed in `target` and belongs to no input method. */
export function onKey(target, handle, options) {
  target.addEventListener("keydown", (event) => ofInputMethod(event) || handle(event), options);
}

/** Calls `note()` when somebody touches the page or presses a key, whichever it is. */
export function onTouch(root, note, options) {
  for (const touch of ["pointerdown", "keydown"]) root.addEventListener(touch, () => note(), { passive: true, ...options });
}

/** Is a key pressed together with Alt, Ctrl, Meta or Shift? Such a combination means something else than the key. */
export function isModified({ altKey, ctrlKey, metaKey, shiftKey }) {
  return altKey || ctrlKey || metaKey || shiftKey;
}

/**
 * Keeps one press of a key from acting in two places. A key that is held repeats, and what its first press did may have
 * moved the focus: a held Escape closes one layer, and a held Enter, letter or sign acts only in the element in which
 * it was pressed (not in the field of the room to which Enter led). While a popover is open, Escape closes that popover,
 * which the browser does, and reaches no other handler.
 */
export function guardKeys(root) {
  let pressedIn = null; // null: in another page, or taken by an input method
  root.addEventListener("keydown", guard, { capture: true });

  function guard(event) {
    const { key, target, repeat } = event;
    if (ofInputMethod(event)) {
      pressedIn = null;
      if (key === "Escape" && !event.isComposing) event.preventDefault(); // it is spent: the browser would close a dialog
      return;
    }
    if (!repeat) pressedIn = target;
    const isElsewhere = target !== pressedIn && (key === "Enter" || key.length === 1);
    const isSpent = repeat && (key === "Escape" || isElsewhere);
    if (isSpent) event.preventDefault();
    if (isSpent || (key === "Escape" && popoverIsOpen())) event.stopImmediatePropagation();
  }

  function popoverIsOpen() {
    return root.querySelector(":popover-open:not([popover=manual])") !== null;
  }
}
