import type { NextConfig } from 'next';

// A static export: the API serves out/ itself, see README.md.
const config: NextConfig = {
  output: 'export',
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
};

export default config;
