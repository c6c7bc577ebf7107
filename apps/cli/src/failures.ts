/** Whether a failure carries this code. Asked by shape: an error may come from another realm, or from a second copy of a package. */
export const hasCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

/** The words of a failure, or of what caused it: `fetch failed` alone says nothing. */
export function explainFailure(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  if ('cause' in error && typeof error.cause === 'object' && error.cause !== null) {
    const cause = explainFailure(error.cause);
    if (cause !== '') return cause;
  }
  if (typeof error.message === 'string' && error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : '';
}
