/** First parts of addresses that belong to the API; the page never stands in for one that does not exist. */
const apiSegment = /^(?:api|readyz|metrics|docs|openapi\.json|\.well-known|health.*|logs.*)$/;

/**
 * Whether an address may name a page of the portal: not one of the API, however it is written, and not a file.
 *
 * @param path the address as it came, without the query
 */
export function isPortalAddress(path: string): boolean {
  const segments = segmentsOf(path);
  if (segments === null || segments.some((segment) => segment === '.' || segment === '..')) return false;
  const [first = '', last = ''] = [segments.at(0), segments.at(-1)];
  return !apiSegment.test(first.toLowerCase()) && !last.includes('.');
}

function segmentsOf(path: string): string[] | null {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes('\0') ? null : decoded.split(/[/\\]+/).filter((segment) => segment !== '');
  } catch {
    return null;
  }
}
