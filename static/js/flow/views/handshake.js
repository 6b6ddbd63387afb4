/** The handshake of the chosen client: the proof of the server computed before one's eyes. */
import { element } from "../../views/parts.js";
import { bytes, hexByte } from "../fields.js";
import { about } from "./about.js";

export class HandshakeView {
  #root;
  #seen;
  #choice;
  #strings;
  #units;
  #digest;
  #shown = null;

  /** `digest(text)` gives the SHA-1 of a text as bytes, or null where the browser lends none. */
  constructor({ root, seen, choice, strings, units, digest }) {
    this.#root = root;
    this.#seen = seen;
    this.#choice = choice;
    this.#strings = strings;
    this.#units = units;
    this.#digest = digest;
  }

  render() {
    const handshake = this.#choice.client === null ? null : (this.#seen.handshakes.get(this.#choice.client) ?? null);
    if (handshake === this.#shown && this.#root.childElementCount > 0) return;
    this.#shown = handshake;
    if (handshake === null || handshake.gone) {
      const key = this.#choice.client === null ? "handshake.choose" : handshake ? "handshake.gone" : "handshake.none";
      this.#root.replaceChildren(element("p", "hint-text", this.#strings.say(key)));
      return;
    }
    const verdict = element("p", "verdict");
    verdict.setAttribute("role", "status");
    const said = [
      this.#http("request", handshake.request, handshake.key),
      this.#http("response", handshake.response, handshake.accept),
      this.#times(handshake),
    ];
    this.#root.replaceChildren(element("div", "", ...said), element("div", "", this.#proof(handshake), verdict));
    this.#check(handshake, verdict);
  }

  #proof({ key, guid, sha1, accept, subprotocol }) {
    const digits = bytes(sha1).map(hexByte).join(" ");
    const joined = element("span", "joined", code(key, "is-key"), code(guid, "is-guid"));
    const steps = element(
      "ol",
      "proof",
      this.#step("key", code(key, "is-key")),
      this.#step("guid", code(guid, "is-guid")),
      this.#step("sha1", joined, code(digits, "is-digest")),
      this.#step("accept", code(accept, "is-accept")),
    );
    const spoken = subprotocol ?? this.#strings.say("handshake.plain");
    return element("div", "proof-and-more", steps, this.#named("subprotocol", code(spoken, "")));
  }

  #step(name, ...shown) {
    return element("li", `step-${name}`, this.#named(name, ...shown));
  }

  #named(name, ...shown) {
    const title = this.#strings.say(`handshake.${name}`);
    const { button, text } = about(this.#strings, name, title);
    return element("div", "step", element("div", "small-head", element("h3", "", title), button), text, ...shown);
  }

  #http(name, lines, marked) {
    const list = element("pre", "http");
    list.tabIndex = 0;
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", this.#strings.say(`handshake.${name}`));
    for (const line of lines) {
      const at = marked ? line.indexOf(marked) : -1;
      const kind = name === "request" ? "is-key" : "is-accept";
      if (at < 0) list.append(`${line}\n`);
      else list.append(line.slice(0, at), code(marked, kind), `${line.slice(at + marked.length)}\n`);
    }
    return this.#named(name, list);
  }

  #times({ steps }) {
    const list = element("dl", "facts");
    for (const { what, us } of steps) {
      const name = this.#strings.say(`handshake.took.${what}`);
      list.append(element("div", "", element("dt", "", name), element("dd", "", this.#units.time(us))));
    }
    return list;
  }

  async #check({ key, guid, sha1, accept }, verdict) {
    const digest = await this.#digest(key + guid);
    if (digest === null) {
      verdict.textContent = this.#strings.say("handshake.unchecked");
      return;
    }
    const [hex, base64] = [digest.map(hexByte).join(""), btoa(String.fromCharCode(...digest))];
    const agrees = hex === sha1.toLowerCase() && base64 === accept;
    verdict.classList.add(agrees ? "agrees" : "differs");
    verdict.textContent = this.#strings.say(agrees ? "handshake.agrees" : "handshake.differs");
  }
}

function code(words, kind) {
  return element("code", kind, words);
}
