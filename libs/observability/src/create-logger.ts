import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { currentTrace } from './correlation.js';
import type { LogFields, Logger, LogLevel } from './logger.js';
import { prettyLines } from './pretty-lines.js';
import { redactFields } from './redact.js';

export interface LoggerOptions {
  /** Every line carries it. */
  readonly service: string;
  readonly level: LogLevel;
  /** Where structured lines go. Standard output by default, there for people's eyes when it is a terminal. */
  readonly destination?: DestinationStream;
}

const defaultDestination = (): DestinationStream =>
  process.stdout.isTTY ? prettyLines(process.stdout) : pino.destination({ fd: 1, sync: true });

const emitter =
  (inner: PinoLogger, level: Exclude<LogLevel, 'silent'>) =>
  (message: string, fields?: LogFields): void => {
    // Redaction costs: not for lines that nobody will see.
    if (!inner.isLevelEnabled(level)) return;
    if (fields === undefined) inner[level](message);
    else inner[level](redactFields(fields), message);
  };

const adapt = (inner: PinoLogger): Logger => ({
  debug: emitter(inner, 'debug'),
  info: emitter(inner, 'info'),
  warn: emitter(inner, 'warn'),
  error: emitter(inner, 'error'),
  fatal: emitter(inner, 'fatal'),
  child: (fields) => adapt(inner.child(redactFields(fields))),
});

/** The one way to a {@link Logger}: JSON lines `{level, time, service, message, ...fields}`. */
export const createLogger = (options: LoggerOptions): Logger =>
  adapt(
    pino(
      {
        level: options.level,
        base: { service: options.service },
        messageKey: 'message',
        timestamp: () => `,"time":${Date.now()}`,
        formatters: { level: (label) => ({ level: label }) },
        mixin: () => {
          const trace = currentTrace();
          return trace === undefined ? {} : { correlationId: trace.correlationId };
        },
      },
      options.destination ?? defaultDestination(),
    ),
  );
