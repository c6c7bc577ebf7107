/** Shown with the runner; the same as in package.json. */
export const runnerVersion = '0.1.0';
