import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../logger.js';

const text = (message: unknown): string =>
  message instanceof Error ? message.message : typeof message === 'string' ? message : 'a Nest message';

/** Nest passes `(message, ...parameters, context)`, and a stack before the context of an error. */
const fields = (message: unknown, parameters: readonly unknown[]): Record<string, unknown> => {
  const context = parameters.at(-1);
  const rest = parameters.slice(0, -1).filter((value) => value !== undefined);
  return {
    ...(typeof context === 'string' ? { nest: context } : {}),
    ...(message instanceof Error ? { error: message } : typeof message === 'string' ? {} : { value: message }),
    ...(rest.length === 0 ? {} : { details: rest }),
  };
};

/** Nest's own lines through our logger. Its notes about start-up are of use only while debugging. */
export const nestLogger = (logger: Logger): LoggerService => ({
  log: (message: unknown, ...parameters: unknown[]) => logger.debug(text(message), fields(message, parameters)),
  debug: (message: unknown, ...parameters: unknown[]) => logger.debug(text(message), fields(message, parameters)),
  verbose: (message: unknown, ...parameters: unknown[]) => logger.debug(text(message), fields(message, parameters)),
  warn: (message: unknown, ...parameters: unknown[]) => logger.warn(text(message), fields(message, parameters)),
  error: (message: unknown, ...parameters: unknown[]) => logger.error(text(message), fields(message, parameters)),
  fatal: (message: unknown, ...parameters: unknown[]) => logger.fatal(text(message), fields(message, parameters)),
});
