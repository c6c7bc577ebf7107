import { mongo } from 'mongoose';
import { AppendRefusedError, StoreUnavailableError } from '../errors.js';

const duplicateKey = 11000;

export const isDuplicateKey = (error: unknown): boolean =>
  error instanceof mongo.MongoServerError && error.code === duplicateKey;

/** The server read the command and says no to its content: the same again is refused again. */
const refusedContent = new Set([2, 9, 14, 15, 52, 10334, 17419, 17280]);

/** BSON cannot hold it (too deep, too large), or the server refuses it. */
const isRefused = (error: unknown): boolean =>
  (error instanceof mongo.MongoServerError && typeof error.code === 'number' && refusedContent.has(error.code)) ||
  (error instanceof Error && error.name.startsWith('BSON'));

/** Turns what the driver threw into this library's errors; what is neither of the two kinds is a bug and stays as it is. */
export const storeError = (error: unknown, doing: string): unknown => {
  if (isRefused(error))
    return new AppendRefusedError(`MongoDB refuses what was to be stored (${doing})`, { cause: error });
  if (error instanceof mongo.MongoError)
    return new StoreUnavailableError(`MongoDB did not answer (${doing})`, { cause: error });
  return error;
};

export const answered = async <Result>(doing: string, call: () => Promise<Result>): Promise<Result> => {
  try {
    return await call();
  } catch (error) {
    throw storeError(error, doing);
  }
};
