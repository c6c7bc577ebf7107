import type { IncomingMessage } from 'node:http';
import { ProblemError } from './problem-error.js';

export interface BodyLimits {
  readonly bytesMax: number;
  /** From now until the last byte. */
  readonly msMax: number;
}

const lingerMsMax = 1_000;

/**
 * The raw bytes. A length that is too large is refused before anything is kept, a longer body at the byte that is too
 * much, a slow one at its deadline; nothing is ever unpacked.
 */
export const readBody = async (request: IncomingMessage, limits: BodyLimits): Promise<Buffer> => {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ProblemError(415, 'encoded-body', 'send the body without Content-Encoding', {
      headers: { Connection: 'close' },
    });
  }
  const tooLarge = () =>
    new ProblemError(413, 'too-large', `the body may have ${limits.bytesMax} bytes at most`, {
      headers: { Connection: 'close' },
    });
  if (Number(request.headers['content-length'] ?? 0) > limits.bytesMax) {
    await discard(request);
    throw tooLarge();
  }
  try {
    return await collect(request, limits, tooLarge);
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'too-large') await discard(request);
    throw error;
  }
};

/**
 * Lets what is on its way run into nothing for a moment: a client that is still writing when the connection closes
 * sees a broken pipe instead of the answer.
 */
const discard = (request: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      request.off('end', settle).off('close', settle).off('error', settle);
      request.pause();
      resolve();
    };
    const timer = setTimeout(settle, lingerMsMax);
    request.on('end', settle).on('close', settle).on('error', settle).resume();
  });

const collect = (request: IncomingMessage, limits: BodyLimits, tooLarge: () => ProblemError): Promise<Buffer> =>
  new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (end: () => void): void => {
      clearTimeout(deadline);
      request.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      end();
    };
    const refuse = (error: Error): void =>
      settle(() => {
        request.pause();
        reject(error);
      });
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limits.bytesMax) refuse(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks, bytes)));
    const onError = (error: Error): void => settle(() => reject(error));
    const onClose = (): void => refuse(new ProblemError(400, 'cut-off', 'the connection ended before the body did'));
    const deadline = setTimeout(
      () =>
        refuse(
          new ProblemError(408, 'slow-body', `the body did not come within ${limits.msMax} ms`, {
            headers: { Connection: 'close' },
          }),
        ),
      limits.msMax,
    );
    request.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
