/**
 * What somebody says while the person looks elsewhere: it is told once, whichever of the browser's tabs hears of it
 * first, and not at all if it is being looked at in one of them, or read meanwhile on another device.
 */
export class Attention {
  #tabs;
  #tell;

  /** `looking(slug)`: is that room on the screen? `tell({room, message, call})` is what asks for attention. */
  constructor({ chat, tabs, looking, tell }) {
    this.#tabs = tabs;
    this.#tell = tell;
    tabs.objects = (key) => looking(slugOf(key));
    chat.on("news", (news) => this.#hear(news, looking));
  }

  async #hear(news, looking) {
    const { room, message, call } = news;
    if (room.level === "none" || (room.level === "mentions" && !call)) return;
    if (looking(room.slug)) return;
    const first = await this.#tabs.claim(`${message.seq} ${room.slug}`);
    if (first && message.seq > (room.read ?? 0)) this.#tell(news);
  }
}

function slugOf(key) {
  return key.slice(key.indexOf(" ") + 1);
}
