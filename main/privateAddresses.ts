import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/**
 * Addresses that lead nowhere in the public network: this machine, private and link-local networks, carrier NAT, benchmarks,
 * multicast, reserved (IANA special-purpose registries).
 */
const blocks = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  blocks.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  // 6to4 and Teredo carry an IPv4 address
  ['2002::', 16],
  ['2001::', 32],
] as const)
  blocks.addSubnet(network, prefix, 'ipv6');

/** Whether an IP address lies in a private network or on this machine. What is no IP address is taken for one that does. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family === 0 || blocks.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** Whether the host of an address lies on this machine or in a private network. Of one that has no IP address nothing is known. */
export async function isPrivateHost({ hostname }: URL): Promise<boolean> {
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(name) !== 0) return isPrivateAddress(name);
  const found = await lookup(name, { all: true }).catch(() => []);
  return found.some(({ address }) => isPrivateAddress(address));
}
