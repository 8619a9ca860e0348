'use client';

import type { ReactNode } from 'react';
import { AuthProvider } from '@/lib/auth';
import { QueryProvider } from '@/lib/query';
import { ToastProvider } from './toast';

export function Providers({ children }: { children: ReactNode }) {
  return (
    <QueryProvider>
      <AuthProvider>
        <ToastProvider>{children}</ToastProvider>
      </AuthProvider>
    </QueryProvider>
  );
}
