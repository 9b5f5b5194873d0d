import type { ReportVulnerability } from '../model/report.ts';

/** The links that are URLs of the web, escaped as RFC 3986 has it. Advisories also have words there, or worse. */
export function webLinks(links: readonly (string | null)[]): string[] {
  const urls = links.map((link) => (link === null ? null : URL.parse(link)));
  const web = urls.filter((url) => url?.protocol === 'https:' || url?.protocol === 'http:');
  return [...new Set(web.flatMap((url) => (url === null ? [] : [escaped(url.href)])))];
}

/** The pages of the web that speak of a vulnerability, that of its source first. */
export function referenceUrls({
  links,
  advisories,
}: Pick<ReportVulnerability, 'links' | 'advisories'>): string[] {
  return webLinks([...links, ...advisories.map(({ link }) => link)]);
}

/** Escapes what WHATWG leaves as it is and RFC 3986 does not allow. */
function escaped(href: string): string {
  return href.replaceAll(/["<>\\^`{|}[\]]/g, encodeURIComponent);
}
