/**
 * Whether a page may open a socket. Pure. A browser always says where its page is from; what says nothing is no browser
 * and must show a token or ticket like everybody else.
 */
export const isOriginAllowed = (
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean => {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  const page = URL.parse(origin);
  return (
    page !== null &&
    (page.protocol === 'http:' || page.protocol === 'https:') &&
    host !== undefined &&
    page.host === host.toLowerCase()
  );
};
