/** Which conventions a reader's days, times and numbers follow: those of their region, in the words of the page's language. */

/** The languages that the page speaks; a reader who prefers another one gets it in one of these. */
export const SPOKEN = ["en", "pt"];

/**
 * The locale for `Intl` and its hour cycle, of the first of the reader's languages that fits: one that the page is in, or
 * one that it does not speak, for which its own stands in. Readers from Germany get "Thursday, 5 November" and "15:45".
 */
export function region(page, languages = navigator.languages) {
  const own = new Intl.Locale(page);
  const wanted = languages.map(localeOf).filter(Boolean);
  const fits = ({ language }) => language === own.language || !SPOKEN.includes(language);
  const chosen = wanted.find(fits) ?? (own.region ? own : wanted[0]) ?? own;
  const { hourCycle } = new Intl.DateTimeFormat(chosen, { hour: "numeric" }).resolvedOptions();
  const locale = chosen.language === own.language ? chosen.toString() : inWordsOf(own, chosen.maximize().region);
  return { locale, hourCycle };
}

function localeOf(tag) {
  try {
    return new Intl.Locale(tag);
  } catch {
    return null; // a browser may be told any
  }
}

/** The page's language as it is written in a region. Where nothing is known of it, in most of the world. */
function inWordsOf(own, region) {
  const locale = `${own.language}-${region}`;
  const known = new Intl.DateTimeFormat(locale, { month: "long", day: "numeric" });
  if (own.language !== "en" || region === "US") return known.resolvedOptions().locale === locale ? locale : own.toString();
  const parts = known.formatToParts(new Date()).map(({ type }) => type);
  return parts.indexOf("day") < parts.indexOf("month") ? locale : "en-001";
}
