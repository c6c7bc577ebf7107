/** A pipeline file is written by strangers, so everything in it has a ceiling. */
export const limits = {
  fileBytesMax: 262_144,
  /** Lexemes, those that can be a fault counted three times: the parser needs some 5 µs for each, which bounds its time. */
  parseUnitsMax: 20_000,
  nestingMax: 64,
  /** Values after every alias and merge key is written out. */
  expandedValuesMax: 20_000,
  problemsMax: 50,
  stepsMax: 200,
  servicesMax: 20,
  commandsMax: 1_000,
  commandCharsMax: 16_384,
  environmentMax: 200,
  environmentCharsMax: 32_768,
  listMax: 100,
  patternsMax: 20,
  patternCharsMax: 100,
  conditionsMax: 10,
  tagsMax: 10,
  nameCharsMax: 100,
  wordCharsMax: 500,
  timeoutMsMin: 1_000,
  timeoutMsMax: 86_400_000,
  readyTimeoutMsDefault: 60_000,
  readyTimeoutMsMax: 1_800_000,
  /** What the Docker Engine itself takes as its smallest memory limit. */
  memoryBytesMin: 6_291_456,
  memoryBytesMax: 1_099_511_627_776,
  cpuMillisMin: 10,
  cpuMillisMax: 256_000,
  cloneDepthDefault: 1,
  cloneDepthMax: 1_000_000,
} as const;
