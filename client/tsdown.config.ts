// Builds what is published: one module with its types, and the same minified for pages without a bundler.
import { defineConfig } from 'tsdown';

const common = {
  entry: 'src/index.ts',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
} as const;

export default defineConfig([
  { ...common, dts: true },
  { ...common, minify: true, dts: false, clean: false, outputOptions: { entryFileNames: 'roomcast.min.js' } },
]);
