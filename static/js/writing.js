/** What helps one write: completion of what begins with a sign, and a preview. */
import { EmojiBook, emojiSource } from "./emoji.js";
import { Completion } from "./views/completion.js";
import { part } from "./views/parts.js";
import { PreviewView } from "./views/preview.js";

/** `sources` complete other things than emoji. Gives the completion and the preview, which want to know what stands in the field. */
export function writingAids(root, { api, store, strings, clock, sources = [] }) {
  const $ = (selector) => part(root, selector);
  const emoji = new EmojiBook({ load: () => api.emoji(), store });
  const completion = new Completion({
    field: $("#composer-text"),
    list: $("#completion"),
    status: $("#completion-status"),
    strings,
    sources: [...sources, emojiSource(emoji)],
  });
  const preview = new PreviewView({
    button: $("#composer-preview"),
    panel: $("#preview"),
    words: $("#preview .text"),
    strings,
    clock,
    ask: (text) => api.preview(text),
  });
  return { completion, preview, emoji };
}
