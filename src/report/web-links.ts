import type { ReportVulnerability } from '../model/report.ts';

/** Those of some links that are URLs of the web, escaped as RFC 3986 has it. Advisories also have words there, or worse. */
export function webLinks(links: readonly (string | null)[]): string[] {
  const urls = links.map((link) => (link === null ? null : URL.parse(link)));
  const web = urls.filter((url) => url?.protocol === 'https:' || url?.protocol === 'http:');
  return [...new Set(web.flatMap((url) => (url === null ? [] : [escaped(url.href)])))];
}

/** The pages of the web that speak of a vulnerability, that of its source first. */
export function pagesOf({ links, advisories }: Pick<ReportVulnerability, 'links' | 'advisories'>): string[] {
  return webLinks([...links, ...advisories.map(({ link }) => link)]);
}

/** WHATWG lets stand what RFC 3986 has no room for. */
function escaped(href: string): string {
  return href.replaceAll(/["<>\\^`{|}[\]]/g, encodeURIComponent);
}
