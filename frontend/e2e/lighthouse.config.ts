import { mergeConfig } from 'vitest/config';
import base from './vitest.config';

// `make lighthouse`: figures of a few pages, not a part of the tests.
const config = mergeConfig(base, { test: { testTimeout: 600_000 } });
config.test!.include = ['e2e/lighthouse.ts'];

export default config;
