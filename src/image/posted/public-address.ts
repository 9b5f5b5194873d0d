import { BlockList, isIP, isIPv4 } from 'node:net';

/** IANA IPv4 Special-Purpose Address Registry, with multicast and reserved addresses. */
const specialIpv4 = parseNetworks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);
/** The only IPv6 addresses that IANA has assigned as global unicast so far. */
const globalIpv6 = parseNetworks(['2000::/3']);
/** IANA IPv6 Special-Purpose Address Registry, as far as it is in that range. 2002::/16 and 2001::/32 embed IPv4 addresses. */
const specialIpv6 = parseNetworks(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** Whether an address is known to belong to the public Internet. Others are refused to prevent SSRF. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !specialIpv4.check(address, 'ipv4');
  return isInNetworks(globalIpv6, address) && !specialIpv6.check(address, 'ipv6');
}

/** Whether an address is in one of the networks. */
export function isInNetworks(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** Parses networks such as `10.0.0.0/8`, `fd00::/8` or a single address. Throws a `RangeError` that names the invalid one. */
export function parseNetworks(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of cidrs) {
    const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(network) ?? [];
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const length = bits === undefined ? most : Number(bits);
    if (version === 0 || length > most) throw new RangeError(`${network} is not a network`);
    list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
