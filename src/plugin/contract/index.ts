/** Contract checks for plugin authors. Each function throws an assertion error on a violation, and works with every test runner. */
export {
  checkDetector,
  checkLister,
  type DetectorSample,
  type ListerSample,
  type SampleFiles,
} from './analyzers.ts';
export { checkScheme } from './scheme.ts';
export { checkSource, type SourceSample } from './source.ts';
export { checkTransport, sampleNotification } from './transport.ts';
