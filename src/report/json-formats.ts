import type { Report } from '../model/report.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { jsonChunks } from './json-chunks.ts';
import { orderKeysLazily, reportOrder } from './key-order.ts';

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
