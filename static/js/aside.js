/** Messages of a room apart from its newest ones: around one that somebody went to, until they meet those. */
export class Aside {
  loaded = false;
  messages = [];
  more = false; // older ones are not loaded
  newer = true; // newer ones are not loaded

  get oldest() {
    return this.messages[0]?.seq ?? 1;
  }

  get newest() {
    return this.messages.at(-1)?.seq ?? 0;
  }

  begin({ messages, more, newer }) {
    this.loaded = true;
    this.messages = messages;
    this.more = more;
    this.newer = newer;
  }

  prepend({ messages, more }) {
    this.messages = [...messages.filter(({ seq }) => seq < this.oldest), ...this.messages];
    this.more = more;
  }

  append({ messages, newer }) {
    this.messages = [...this.messages, ...messages.filter(({ seq }) => seq > this.newest)];
    this.newer = newer;
  }
}
