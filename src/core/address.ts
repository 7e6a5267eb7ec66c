// The network address that limits are counted by.
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/**
 * Each trusted proxy appends the address it was called from to X-Forwarded-For; what stands before those was
 * written by the client itself, and is not believed.
 */
export function addressOf(request: IncomingMessage, trustedProxyHops: number): string {
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const chain = [
    ...forwarded.map((entry) => entry.trim()).filter(Boolean),
    request.socket.remoteAddress ?? '',
  ];
  return networkOf(chain.at(-1 - Math.min(trustedProxyHops, chain.length - 1)) ?? '');
}

/** An IPv6 client commands a whole /64, so that is what counts as one address. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address.slice(0, 64);
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const groups = head.split(':').filter(Boolean);
  const trailing = tail?.split(':').filter(Boolean) ?? [];
  const missing = tail === undefined ? 0 : 8 - groups.length - trailing.length;
  const full = [...groups, ...Array.from({ length: missing }, () => '0'), ...trailing];
  return `${full
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
