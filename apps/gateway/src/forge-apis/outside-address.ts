import { BlockList, isIP } from 'node:net';

/** Addresses that lead inside: this machine, private networks, cloud metadata, multicast and what is reserved. */
const inside = new BlockList();
const nets4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const nets6 = [
  '::/128',
  '::1/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];
for (const net of nets4) addNet(net, 'ipv4');
for (const net of nets6) addNet(net, 'ipv6');

function addNet(net: string, family: 'ipv4' | 'ipv6'): void {
  const [address = '', bits = '0'] = net.split('/');
  inside.addSubnet(address, Number(bits), family);
}

/** True only for an IP address that leads outside. IPv4 inside IPv6 counts as the IPv4 address it is. */
export const leadsOutside = (address: string): boolean => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return leadsOutside(mapped);
  if (/^::ffff:/i.test(address)) return false;
  const family = isIP(address);
  return family !== 0 && !inside.check(address, family === 4 ? 'ipv4' : 'ipv6');
};
