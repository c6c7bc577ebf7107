/** A process's variables, as they are handed to whoever reads them. */
export type Environment = Readonly<Record<string, string | undefined>>;
