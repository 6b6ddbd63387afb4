/** Where one asks everybody something: a question and two to ten options. */
import { onKey } from "../keys.js";
import { codePoints, shows } from "../text.js";
import { element, part, showModal } from "./parts.js";

const LEAST = 2;

export class PollFormView {
  #dialog;
  #form;
  #list;
  #question;
  #problem;
  #add;
  #strings;
  #limits;
  #submit;
  #kept;
  #room = null;

  /** `limits` are {text, option, options}; `submit(room, {text, poll})` tells whether it was taken; `kept` is a KeptForm. */
  constructor({ dialog, strings, limits, submit, kept }) {
    this.#kept = kept;
    this.#dialog = dialog;
    this.#form = part(dialog, "form");
    this.#list = part(dialog, ".poll-fields");
    this.#question = part(dialog, ".poll-question");
    this.#problem = part(dialog, ".field-problem");
    this.#add = part(dialog, ".poll-add");
    this.#strings = strings;
    this.#limits = limits;
    this.#submit = submit;
    this.#add.addEventListener("click", () => this.#field().focus());
    part(dialog, ".cancel").addEventListener("click", () => this.#done());
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    this.#form.addEventListener("input", () => {
      this.#complain("");
      kept.set(this.#written(), this.#room.slug);
    });
    for (const fields of [this.#question, this.#list]) onKey(fields, (event) => this.#key(event));
    this.#startOver();
  }

  /** Asks the people of that room. What was written for it before the form was closed, or the page loaded, is still there. */
  open(room) {
    this.#fill(room);
    this.#complain("");
    showModal(this.#dialog);
    this.#question.focus();
  }

  /** Opens with a question that was not asked after all, unless another one is begun; tells whether it does. */
  giveBack(room, { text, poll }) {
    const { text: begun, options } = parsed(this.#kept.get(room.slug));
    if ([begun, ...options].some(shows)) return false;
    this.#kept.set({ text, ...poll }, room.slug);
    this.open(room);
    return true;
  }

  #fill(room) {
    this.#room = room;
    this.#startOver();
    const { text, options, several, anonymous } = parsed(this.#kept.get(room.slug));
    this.#question.value = text;
    const kept = options.slice(0, this.#limits.options);
    while (this.#inputs.length < kept.length) this.#field();
    kept.forEach((option, index) => (this.#inputs[index].value = option));
    this.#form.elements.several.checked = several;
    this.#form.elements.anonymous.checked = anonymous;
  }

  #written() {
    const { several, anonymous } = this.#form.elements;
    return {
      text: this.#question.value,
      options: this.#inputs.map(({ value }) => value),
      several: several.checked,
      anonymous: anonymous.checked,
    };
  }

  get #inputs() {
    return [...this.#list.querySelectorAll("input")];
  }

  #startOver() {
    this.#form.reset();
    this.#list.replaceChildren();
    for (let count = 0; count < LEAST; count += 1) this.#field();
  }

  #done() {
    this.#kept.remove(this.#room.slug);
    this.#startOver();
    this.#dialog.close();
  }

  #field() {
    const input = element("input", "field");
    input.type = "text";
    input.dir = "auto";
    input.autocomplete = "off";
    input.maxLength = this.#limits.option * 2;
    this.#list.append(element("li", "", input));
    const number = this.#list.children.length;
    input.setAttribute("aria-label", this.#strings.say("poll.option", { n: number }));
    input.placeholder = this.#strings.say("poll.option", { n: number });
    this.#add.hidden = number >= this.#limits.options;
    return input;
  }

  /** Enter in the question or an option goes to the next option, and makes it if there is none; with Ctrl it asks. */
  #key(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      this.#form.requestSubmit();
      return;
    }
    const inputs = this.#inputs;
    const next = inputs[inputs.indexOf(event.target) + 1];
    if (next) next.focus();
    else if (event.target.value.trim() && !this.#add.hidden) this.#field().focus();
    else this.#form.requestSubmit();
  }

  #submitted(event) {
    event.preventDefault();
    const { text: question, options: answers, several, anonymous } = this.#written();
    const text = question.trim();
    const inputs = this.#inputs;
    const options = answers.map((answer) => answer.trim()).filter(shows);
    const { text: most, option: longest } = this.#limits;
    if (!shows(text)) return this.#complain(this.#strings.say("poll.no-question"), this.#question);
    if (codePoints(text) > most) return this.#complain(this.#strings.say("poll.long-question"), this.#question);
    if (options.length < LEAST) {
      return this.#complain(this.#strings.say("poll.few"), inputs.find(({ value }) => !shows(value)));
    }
    if (new Set(options).size < options.length || options.some((each) => codePoints(each) > longest)) {
      return this.#complain(this.#strings.say("poll.different", { n: longest }), inputs[0]);
    }
    if (this.#submit(this.#room, { text, poll: { options, several, anonymous } })) this.#done();
    return undefined;
  }

  #complain(sentence, field = null) {
    this.#problem.textContent = sentence;
    field?.focus();
  }
}

/** What was kept; empty if nothing was, or if somebody else wrote there. */
function parsed(fields) {
  try {
    const { text, options, several, anonymous } = fields;
    const whole = [text, ...options].every((each) => typeof each === "string");
    if (whole) return { text, options, several: several === true, anonymous: anonymous === true };
  } catch {
    // As if nothing was kept.
  }
  return { text: "", options: [], several: false, anonymous: false };
}
