/** A date of a vendor, `2022-05-27` or a time with a zone, as ISO 8601; nothing where it is neither. */
export function parseModified(date: string | undefined): { modified?: string } {
  if (date === undefined || !/^\d{4}-\d\d-\d\d($|T.*(Z|[+-]\d\d:\d\d)$)/.test(date)) return {};
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? {} : { modified: time.toISOString() };
}

/** The module of a build where the vendor does not name the stream: the release still tells that it belongs to one, `1.module_el8.6.0+2904`. */
export function unnamedModule(evr: string | undefined): { module?: string } {
  return evr?.includes('.module+') || evr?.includes('.module_') ? { module: '*' } : {};
}
