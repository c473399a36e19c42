import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Builds renderer/ for both shells. Addresses are relative, so that `app://` and `http://` serve the same files. */
export default defineConfig({
  root: folder('renderer'),
  base: './',
  publicDir: folder('renderer/public'),
  plugins: [react()],
  build: {
    outDir: folder('.cache/renderer'),
    emptyOutDir: true,
    target: 'es2024',
    // A strict CSP refuses inlined data and module preload polyfills.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
});
