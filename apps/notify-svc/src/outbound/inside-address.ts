import { BlockList, isIP } from 'node:net';

/** What is not the public internet: this machine, private networks, link-local (cloud metadata), shared and reserved ranges. */
const inside = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  inside.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(network, prefix, 'ipv6');
}

const mappedIpv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Whether an address must not be reached on a user's word. Whatever is no address counts as inside. */
export const isInsideAddress = (address: string): boolean => {
  const plain = mappedIpv4.exec(address)?.[1] ?? address;
  const family = isIP(plain);
  if (family === 0) return true;
  // The other spelling of a mapped address (`::ffff:7f00:1`) is caught by the family's own list.
  return inside.check(plain, family === 4 ? 'ipv4' : 'ipv6') || (family === 6 && /^::ffff:/i.test(plain));
};
