/**
 * The key that lets one look inside. The server prints an address with the key in its fragment, which browsers send to
 * nobody: it stands in no log of a server or proxy. The page hands it in by POST and gets a cookie for it.
 */
import { post } from "../api.js";

/** Hands in the key in this page's address, if there is one, and loads the page anew once it is accepted. */
export async function handIn() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key === null) return;
  history.replaceState(null, "", location.pathname + location.search);
  const accepted = await post("/flow/key", { key }).catch(() => null);
  if (accepted) location.reload();
}
