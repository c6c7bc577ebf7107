/** Does something again and again, never twice at once; a failure is told and the next turn tries anew. */
export const repeat = (
  everyMs: number,
  work: () => Promise<void>,
  onProblem: (error: unknown) => void,
): { stop(): Promise<void> } => {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const turn = (): void => {
    running = work()
      .catch(onProblem)
      .finally(() => {
        if (!stopped) timer = setTimeout(turn, everyMs).unref();
      });
  };
  turn();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
};
