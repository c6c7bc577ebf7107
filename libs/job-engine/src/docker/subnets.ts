/** A block of addresses of ours from which job networks are cut, since Docker's own pools end near thirty networks. */
export interface SubnetPool {
  /** First address, for example `10.213.0.0`. */
  readonly base: string;
  /** Length of the block's prefix; job networks have 28. */
  readonly prefix: number;
}

const jobPrefix = 28;

export const toNumber = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

export const subnetCount = (pool: SubnetPool): number => 2 ** (jobPrefix - pool.prefix);

export const subnetAt = (pool: SubnetPool, index: number): string =>
  `${toAddress(toNumber(pool.base) + (index % subnetCount(pool)) * 16)}/${jobPrefix}`;

interface Range {
  readonly from: number;
  readonly to: number;
}

const rangeOf = (cidr: string): Range => {
  const [address = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  const from = Math.floor(toNumber(address) / size) * size;
  return { from, to: from + size };
};

/** The first subnet from `start` on that overlaps none in use; undefined when all are taken. */
export const freeSubnet = (
  pool: SubnetPool,
  start: number,
  used: readonly string[],
): { readonly subnet: string; readonly index: number } | undefined => {
  const taken = used.filter((cidr) => cidr.includes('.')).map(rangeOf);
  for (let step = 0; step < subnetCount(pool); step += 1) {
    const index = (start + step) % subnetCount(pool);
    const subnet = subnetAt(pool, index);
    const range = rangeOf(subnet);
    if (!taken.some((other) => other.from < range.to && range.from < other.to)) return { subnet, index };
  }
  return undefined;
};
