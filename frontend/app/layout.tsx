import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { Providers } from '@/components/providers';
import { earlyRequests } from '@/lib/early';
import { earlyScript } from '@/lib/preferences';
import './globals.css';

export const metadata: Metadata = {
  title: '티커와이어',
  description: '한국 주식 뉴스와 예측, 그리고 그 결과',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f7f7f5' },
    { media: '(prefers-color-scheme: dark)', color: '#121315' },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    // The early script sets attributes of this element before React sees it.
    <html lang="ko" data-theme="system" data-rise="red" suppressHydrationWarning>
      <head>
        <script dangerouslySetInnerHTML={{ __html: `${earlyScript}\n${earlyRequests}` }} />
      </head>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
