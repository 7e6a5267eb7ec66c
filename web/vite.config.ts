// Builds the page into dist/, where the server finds it; while developing, passes on what is the server's.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const SERVER = 'http://127.0.0.1:8080';
const MIN_COMPRESSED_BYTES = 1_024;

/** A `.br` beside each text file, so that the server compresses nothing. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir = '' }) {
      for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(?:css|html|js|svg|webmanifest)$/.test(name)) continue;
        const content = readFileSync(join(dir, name));
        if (content.length < MIN_COMPRESSED_BYTES) continue;
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(content));
      }
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // The SDK is built from its sources, so that it needs no build of its own first.
  resolve: { tsconfigPaths: true },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
    // The policy of the page lets nothing in by data: URLs but images.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: { '/auth': SERVER, '/chat': SERVER, '/ws': { target: SERVER, ws: true } },
  },
  plugins: [compressed()],
});
