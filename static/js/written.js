/** The keys under which text is kept that was written and not sent: each begins with one of these. */
export const UNSENT = ["chatapp.unsent.", "chatapp.deed.", "chatapp.draft."];

/** The same for what is kept for one tab: edits, replies, forms. */
export const UNSENT_OF_TAB = ["chatapp.about.", "chatapp.form."];
