// Ids under which a message is stored once, however often it is sent.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 22 random characters, 132 bits. Also on pages without TLS, where there is no `crypto.randomUUID`. */
export function newMessageId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(22)), (byte) => ALPHABET[byte & 63]).join('');
}
