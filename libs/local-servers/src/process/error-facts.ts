/**
 * What is known of something that was thrown. Asked by shape and not by `instanceof`: test runners give each
 * test file its own `Error`, of which the errors of Node's own modules are no instances.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function errorMessage(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  return String(error.message);
}
