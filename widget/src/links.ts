// Links room: the one place that decides which addresses may become a link. Imports nothing.

const ALLOWED: readonly string[] = ["http:", "https:", "mailto:", "tel:"];

/** The address in normal form when it may be followed (http, https, mailto, tel), else null. */
export function safeHref(address: string): string | null {
  let url: URL;
  try {
    // No base on purpose: a relative address in a message would point into the site that embeds the widget.
    url = new URL(address.trim());
  } catch {
    return null;
  }
  if (!ALLOWED.includes(url.protocol)) return null;
  if (url.protocol.startsWith("http") && (url.hostname === "" || url.username !== "" || url.password !== "")) return null;
  return url.href;
}

/** A number that a phone can dial, as a `tel:` address, or null. Short codes such as 988 are numbers, too. */
export function telHref(number: string): string | null {
  const digits = number.replace(/[\s().\-/]/g, "");
  return /^\+?[0-9*#]{2,20}$/.test(digits) ? `tel:${digits}` : null;
}
