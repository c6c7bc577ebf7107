/** Something that is not as it must be, named so that a person can look at it. */
export interface Finding {
  /** The invariant: I1 to I7, or what keeps the store itself honest. */
  readonly check: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I7' | 'chain' | 'checkpoint' | 'readable';
  readonly message: string;
  /** What the store's own record says must be there, and what is, where the two can be put side by side. */
  readonly expected?: string;
  readonly found?: string;
  readonly stream?: string;
  readonly version?: number;
  readonly eventId?: string;
  readonly position?: number;
}
