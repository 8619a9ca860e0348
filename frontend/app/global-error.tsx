'use client';

import { Crash } from '@/components/crash';
import './globals.css';

export default function GlobalError({ error }: { error: Error }) {
  return (
    <html lang="ko" data-theme="system" data-rise="red">
      <body>
        <Crash error={error} />
      </body>
    </html>
  );
}
