/** Something of what the demo promises did not happen; the message says what. */
export class DemoFailure extends Error {}
