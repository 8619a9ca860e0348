'use client';

import { Crash } from '@/components/crash';

export default function PageError({ error }: { error: Error }) {
  return <Crash error={error} />;
}
