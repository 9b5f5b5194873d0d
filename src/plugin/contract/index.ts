/** For authors of plugins: whether an extension keeps its contract. Each function throws what is wrong, whatever runs the tests. */
export {
  checkDetector,
  checkLister,
  type DetectorSample,
  type ListerSample,
  type SampleFiles,
} from './analyzers.ts';
export { checkScheme } from './scheme.ts';
export { checkSource, type SourceSample } from './source.ts';
export { checkTransport, sampleNotification as sampleNotice } from './transport.ts';
