// Ends with 0 when the service of this container says that it can work; what is wrong is shown by `docker inspect`.
const port = process.env.CYCLONE_HEALTH_PORT ?? '9100';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_000) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
