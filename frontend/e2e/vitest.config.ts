import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const frontend = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

// The whole program in a browser: `make e2e` builds it, then runs this.
export default defineConfig({
  root: frontend,
  resolve: { alias: { '@': frontend } },
  test: {
    environment: 'node',
    include: ['e2e/*.e2e.ts'],
    globalSetup: ['e2e/stack.ts'],
    maxWorkers: 3, // one of them waits for most of its time
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
  },
});
