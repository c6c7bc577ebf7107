/** Named places where a fault test may kill the process. */
export type Failpoint = (name: string) => void;

/** Does nothing: what every service runs with outside of fault tests. */
export const noFailpoint: Failpoint = () => undefined;

/**
 * From `CYCLONE_FAILPOINT=name` or `name:n`: the n-th time (the first by default) that the place is reached, the process
 * dies as by `kill -9`, so that nothing is flushed, closed or acknowledged.
 */
export const failpointOf = (
  setting: string | undefined,
  kill: () => void = () => process.kill(process.pid, 'SIGKILL'),
): Failpoint => {
  if (setting === undefined || setting.trim() === '') return noFailpoint;
  const [wanted, times = '1'] = setting.trim().split(':');
  let left = Number(times);
  if (!Number.isInteger(left) || left < 1)
    throw new Error(`CYCLONE_FAILPOINT: "${setting}" is not name or name:n with n from 1`);
  return (name) => {
    if (name !== wanted) return;
    left -= 1;
    if (left === 0) kill();
  };
};
