// Which web pages may connect: the defence against cross-site WebSocket hijacking.
import type { AdmissionOptions } from './admission-options.js';

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Browsers always send Origin, other clients need not. Compared whole, so that no trick with a prefix or a
 * suffix passes; `null`, which sandboxed pages send, is no origin one could allow.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  options: Pick<AdmissionOptions, 'allowedOrigins' | 'allowLoopbackOrigins'>,
): boolean {
  if (origin === undefined) return true;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (!url || url.origin !== origin.toLowerCase()) return false;
  const { allowedOrigins, allowLoopbackOrigins } = options;
  if (allowedOrigins.includes('*') || allowedOrigins.includes(url.origin)) return true;
  if (allowLoopbackOrigins && LOOPBACK_HOSTS.has(url.hostname)) return true;
  return allowedOrigins.length === 0 && url.host === host?.toLowerCase();
}
