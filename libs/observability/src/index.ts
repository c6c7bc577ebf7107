export { currentTrace, followTrace, traceFromHeaders, traceToHeaders, withTrace } from './correlation.js';
export { createLogger } from './create-logger.js';
export type { LoggerOptions } from './create-logger.js';
export { logLevels, silentLogger } from './logger.js';
export type { LogFields, Logger, LogLevel } from './logger.js';
export { createMetrics, durationBuckets, metricsContentType } from './metrics.js';
export type { Counter, Gauge, Histogram, MetricOptions, Metrics } from './metrics.js';
export { redactFields, redactText } from './redact.js';
