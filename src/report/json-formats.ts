import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { jsonChunks, writeElements } from './json-chunks.ts';
import { orderKeys, orderKeysLazily, reportOrder } from './key-order.ts';

/** The report as JSON by `docs/reference/report.schema.json`. Equal reports give equal bytes. */
export const jsonFormat: ReportFormat = {
  name: 'json',
  mediaType: 'application/json',
  write(report: Report): Iterable<string> {
    return jsonChunks(orderKeysLazily(report, reportOrder));
  },
};

const { schemaVersion, target, distro, namespaces, layers, packages, unread, statuses } = reportOrder;
const inventoryOrder = { schemaVersion, target, distro, namespaces, layers, packages, unread, statuses };

/** The inventory of an image as JSON: the report without findings and verdict, with the same keys. */
export const sbomJsonFormat: ReportFormat = {
  name: 'json',
  mediaType: 'application/json',
  write(report: Report): Iterable<string> {
    return jsonChunks(orderKeysLazily(report, inventoryOrder));
  },
};

/** Writes packages as the elements of the list of packages in a report or an inventory. A lazy list of them has this text (`jsonOfList`). */
export function writePackages(packages: readonly Package[]): string {
  return writeElements(packages.map((found) => orderKeys(found, reportOrder.packages)));
}
