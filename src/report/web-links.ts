import type { ReportVulnerability } from '../model/report.ts';

/** Returns the links that are HTTP URLs, escaped by RFC 3986. Advisories also have plain text and other schemes there. */
export function webLinks(links: readonly (string | null)[]): string[] {
  const urls = links.map((link) => (link === null ? null : URL.parse(link)));
  const web = urls.filter((url) => url?.protocol === 'https:' || url?.protocol === 'http:');
  return [...new Set(web.flatMap((url) => (url === null ? [] : [escaped(url.href)])))];
}

/** Returns the web pages about a vulnerability, the page of its source first. */
export function referenceUrls({
  links,
  advisories,
}: Pick<ReportVulnerability, 'links' | 'advisories'>): string[] {
  return webLinks([...links, ...advisories.map(({ link }) => link)]);
}

/** Escapes the characters that the URL standard keeps and RFC 3986 forbids. */
function escaped(href: string): string {
  return href.replaceAll(/["<>\\^`{|}[\]]/g, encodeURIComponent);
}
