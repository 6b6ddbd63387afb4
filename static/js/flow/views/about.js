/** The explanations: a button that opens and closes two or three sentences, and the reason why it is there. */
import { element, icon } from "../../views/parts.js";

let made = 0; // ids for what has none

/** The button and the text for `key`, for whoever puts them into the page. */
export function about(strings, key, title) {
  made += 1;
  const text = element("p", "about-text", strings.say(`about.${key}`));
  text.id = `about-${made}`;
  text.hidden = true;
  const button = element("button", "about-button", icon("help"));
  button.type = "button";
  button.setAttribute("aria-label", strings.say("about.label", { what: title }));
  button.setAttribute("aria-controls", text.id);
  wire(button, text);
  return { button, text };
}

/** The explanations that the template has a place for. */
export function wireAbout(root, strings) {
  for (const button of root.querySelectorAll("button[data-about]")) {
    const text = document.getElementById(button.getAttribute("aria-controls"));
    text.textContent = strings.say(`about.${button.dataset.about}`);
    wire(button, text);
  }
}

function wire(button, text) {
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    text.hidden = !text.hidden;
    button.setAttribute("aria-expanded", String(!text.hidden));
  });
}
