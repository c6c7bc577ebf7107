/** Ends a switch over a union: a member that nobody handles does not compile. */
export const assertNever = (value: never): never => {
  throw new Error(`nobody handles ${JSON.stringify(value)}`);
};
