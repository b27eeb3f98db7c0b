import { fileURLToPath } from 'node:url';
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type UserConfig } from 'vite';
import { compressedCopies, pageCode } from './scripts/page-code.ts';

/** Where `npm run dev:web` sends what is not a file of the dashboard: a service started beside it. */
const service = process.env['CLAUDE_MANAGER_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig(({ command }) => {
  // Whoever builds, a test run included, builds what is delivered.
  if (command === 'build') process.env['NODE_ENV'] = 'production';
  return settings;
});

const settings: UserConfig = {
  root: 'web',
  cacheDir: '../.cache/vite',
  plugins: [
    react(),
    tailwind(),
    pageCode(),
    compressedCopies(fileURLToPath(new URL('dist-web', import.meta.url))),
  ],
  build: {
    outDir: '../dist-web',
    emptyOutDir: true,
    target: ['chrome123', 'firefox128', 'safari17.5'],
    // The content security policy allows scripts, styles and images only as files of our own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // One chunk that every schema imports, so that zod is told before the first one is made.
        codeSplitting: {
          groups: [
            { name: 'zod', test: /node_modules[/]zod[/]|without-eval/u, priority: 2 },
            // What several pages are built from is one file, not thirty small ones that wait for each other.
            {
              name: 'parts',
              test: /web[/](?:parts|data|frame)[/](?!chart|markdown|diff)|src[/]|node_modules[/](?:lucide-react|@base-ui[/]react[/]internals[/]use-?(?:RenderElement|button))/u,
              minShareCount: 4,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': service, '/events': service } },
};
