/** Small pieces of the page that several views use. */
import { colours } from "../colours.js";
import { isGuest } from "../guests.js";
import { overlays, reportOpen } from "../overlays.js";
import { initials } from "../text.js";

/** The element that `selector` names inside `root`; a missing one is a mistake in the template, told at once. */
export function part(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`nothing is ${selector}`);
  return found;
}

/** A new element from the `<template>` with this id. */
export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** What stands behind the name of a guest: nothing behind that of anybody else. */
export function guestMarks(person, strings) {
  return isGuest(person) ? [" ", element("span", "guest", strings.say("guest"))] : [];
}

/** Makes an `.avatar` that person's: initials on the colour that they have in a room, the open one unless `slug` names one. */
export function paintAvatar(avatar, { id, name }, slug) {
  avatar.textContent = initials(name);
  avatar.dataset.person = id;
  colourAvatar(avatar, slug);
}

function colourAvatar(avatar, slug) {
  const { hue, tone } = colours.of(avatar.dataset.person, slug);
  avatar.style.setProperty("--hue", String(hue));
  avatar.dataset.tone = String(tone);
}

/** Another room is open: in it a person may have another colour. Paints anew what stands on the page all the time. */
export function recolourAvatars(root) {
  for (const avatar of root.querySelectorAll(".avatar[data-person]")) colourAvatar(avatar);
}

/**
 * Opens a dialog over the page. When it is closed, by whatever way, the cursor is where it was (Chromium gives the focus
 * back, but at the beginning of the text), and `closed` is called. `required`: it is no overlay that Back may close.
 */
export function showModal(dialog, closed = () => {}, { required = false } = {}) {
  const field = document.activeElement;
  const { selectionStart: start, selectionEnd: end } = field;
  const back = () => {
    overlays.closed();
    if (typeof start === "number" && field === document.activeElement) field.setSelectionRange(start, end);
    closed();
  };
  dialog.addEventListener("close", back, { once: true });
  dialog.showModal();
  if (!required) reportOpen(dialog);
}

/** Makes `parent` hold just `wanted`, in order, moving and removing no more than needed. */
export function arrange(parent, wanted) {
  const kept = new Set(wanted);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  let place = parent.firstElementChild;
  for (const child of wanted) {
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
}
