/** One frame taken apart: fields, bits, bytes. What one goes over in one of them lights up in the others. */
import { element } from "../../views/parts.js";
import {
  bytes, character, fieldsOf, headBits, hexByte, isMasked, meant, onTheWire, opcodeName, shortLength,
} from "../fields.js";
import { Roving } from "./svg.js";

export class AnatomyView {
  #root;
  #strings;
  #units;
  #frame = null;
  #lesson = null;

  constructor({ root, strings, units }) {
    this.#root = root;
    this.#strings = strings;
    this.#units = units;
    const over = ({ target }) => this.#light(target.closest("[data-field]"));
    root.addEventListener("pointerover", over);
    root.addEventListener("focusin", over);
    root.addEventListener("pointerleave", () => this.#light(document.activeElement?.closest("[data-field]") ?? null));
    root.addEventListener("focusout", () => this.#light(null));
  }

  show(frame) {
    if (frame === this.#frame) return;
    this.#frame = frame;
    if (frame === null) {
      this.#root.replaceChildren();
      return;
    }
    this.#lesson = element("p", "about-text lesson", this.#strings.say("frames.lesson"));
    const dumps = [this.#dump("wire", onTheWire(frame))];
    if (isMasked(frame) && frame.size > 0) dumps.push(this.#dump("clear", meant(frame)));
    this.#root.replaceChildren(
      element("h3", "", this.#strings.say(`frames.title.${frame.direction}`, { what: opcodeName(frame.opcode) })),
      this.#bits(frame),
      this.#fields(frame),
      ...dumps,
    );
    if (frame.cut) this.#root.append(element("p", "hint-text", this.#strings.say("frames.cut")));
    this.#root.append(this.#lesson); // last: whatever its length, nothing moves away from the pointer
  }

  #bits(frame) {
    const made = element("div", "bits");
    made.setAttribute("aria-hidden", "true"); // the fields say the same, one by one
    for (const byte of headBits(frame)) {
      const cells = byte.map(({ bit, field }) => marked(element("span", "bit", String(bit)), field));
      made.append(element("div", "octet", ...cells));
    }
    return made;
  }

  #fields(frame) {
    const list = element("ul", "fields");
    list.setAttribute("role", "list");
    list.setAttribute("aria-label", this.#strings.say("frames.fields"));
    for (const { name, bits } of fieldsOf(frame)) {
      const button = element(
        "button",
        "field-card",
        element("span", "field-name", this.#strings.say(`field.${name}`)),
        element("code", "field-value", bits ?? this.#bytesOf(frame, name)),
        element("span", "field-means", this.#means(frame, name)),
      );
      button.type = "button";
      button.addEventListener("click", () => this.#teach(name));
      list.append(element("li", "", marked(button, name)));
    }
    return list;
  }

  #bytesOf(frame, name) {
    const content = { extended: frame.length_bytes, masking: frame.key, unmasked: frame.payload }[name];
    const hex = content ?? (isMasked(frame) ? frame.masked : frame.payload);
    if (hex === null || hex === undefined) return "· · ·";
    const all = bytes(hex).map(hexByte);
    return all.length > 6 ? `${all.slice(0, 6).join(" ")} …` : all.join(" ");
  }

  #means(frame, name) {
    const say = (key, values) => this.#strings.say(`means.${key}`, values);
    if (name === "fin") return say(frame.fin ? "fin" : "more");
    if (name === "rsv") return (frame.first & 0x70) === 0 ? say("rsv") : say("rsv.set");
    if (name === "opcode") return opcodeName(frame.opcode);
    if (name === "mask") return say(isMasked(frame) ? "masked" : "clear");
    if (name === "length") {
      const short = shortLength(frame);
      return short < 126 ? this.#units.size(short) : say("length.follows", { n: short === 126 ? 2 : 8 });
    }
    if (name === "extended") return this.#units.size(frame.size);
    if (name === "unmasked" || (name === "payload" && !isMasked(frame))) return this.#content(frame);
    return say(name);
  }

  #content(frame) {
    if (frame.hidden) return this.#strings.say("hidden.bytes", { hash: frame.hash ?? "–" });
    if (frame.close_code !== null && frame.close_code !== undefined) return String(frame.close_code);
    const letters = [...(frame.text ?? "")];
    return letters.length > 40 ? `${letters.slice(0, 39).join("")}…` : letters.join("");
  }

  /** A hex dump: each byte can be gone to; only one of all is a stop of the Tab key. */
  #dump(name, all) {
    const title = element("h4", "", this.#strings.say(`frames.${name}`));
    const group = element("div", "dump");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", this.#strings.say(`frames.${name}`));
    group.dir = "ltr";
    for (const [place, { byte, field, index }] of all.entries()) {
      const made = element("button", "byte", hexByte(byte), element("span", "character", character(byte)));
      made.type = "button";
      made.tabIndex = place === 0 ? 0 : -1;
      made.addEventListener("click", () => this.#teach(HEADS[field]?.[0] ?? field));
      group.append(marked(made, field, index));
    }
    if (this.#frame.hidden) group.append(element("span", "hint-text", this.#strings.say("hidden.dump")));
    new Roving(group, () => [...group.querySelectorAll(".byte")]).settle();
    return element("div", "dump-and-title", title, group);
  }

  #teach(field) {
    this.#lesson.textContent = this.#strings.say(`about.${field}`);
    this.#lesson.scrollIntoView({ block: "nearest" });
  }

  #light(from) {
    for (const lit of this.#root.querySelectorAll(".lit")) lit.classList.remove("lit");
    if (!from) return;
    const { field, index } = from.dataset;
    for (const name of [field, ...(HEADS[field] ?? HEAD_OF[field] ?? [])]) {
      for (const part of this.#root.querySelectorAll(`[data-field="${name}"]`)) {
        const at = part.dataset.index;
        if (index === undefined || at === undefined || at === index) part.classList.add("lit");
      }
    }
    if (index !== undefined && (field === "payload" || field === "unmasked")) this.#lightMask(Number(index));
  }

  /** Which byte of the key a byte of the content was combined with, and what became of it. */
  #lightMask(index) {
    for (const [field, at] of [["masking", index % 4], ["payload", index], ["unmasked", index]]) {
      this.#root.querySelector(`.byte[data-field="${field}"][data-index="${at}"]`)?.classList.add("lit");
    }
  }
}

const HEADS = { first: ["fin", "rsv", "opcode"], second: ["mask", "length"] };
const HEAD_OF = { fin: ["first"], rsv: ["first"], opcode: ["first"], mask: ["second"], length: ["second"] };

function marked(made, field, index) {
  made.dataset.field = field;
  if (index !== undefined) made.dataset.index = String(index);
  return made;
}
