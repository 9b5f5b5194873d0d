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
