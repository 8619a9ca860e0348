'use client';

import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { useCommon } from '@/lib/words';

interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'warn';
}

interface Say {
  /** Shows a line until it is closed or a few seconds have passed; a warning stays until it is closed. */
  toast: (text: string, tone?: Toast['tone']) => void;
  /** Tells screen readers alone. */
  announce: (text: string) => void;
}

const SayContext = createContext<Say>({ toast: () => undefined, announce: () => undefined });
const shownFor = 6000;
const batch = 250;

export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useCommon();
  const [toasts, setToasts] = useState<Toast[]>([]);
  const [spoken, setSpoken] = useState('');
  const nextId = useRef(1);
  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null);

  const close = useCallback((id: number) => setToasts((all) => all.filter((one) => one.id !== id)), []);
  const toast = useCallback(
    (text: string, tone: Toast['tone'] = 'plain') => {
      const id = nextId.current++;
      setToasts((all) => [...all.slice(-2), { id, text, tone }]);
      if (tone === 'plain') setTimeout(() => close(id), shownFor);
    },
    [close],
  );
  // What is said in quick succession is said once: the last of it.
  const announce = useCallback((text: string) => {
    if (waiting.current !== null) clearTimeout(waiting.current);
    waiting.current = setTimeout(() => setSpoken(text), batch);
  }, []);
  const say = useMemo(() => ({ toast, announce }), [toast, announce]);

  return (
    <SayContext value={say}>
      {children}
      <div role="status" aria-live="polite" className="sr-only">
        {spoken}
      </div>
      <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-center gap-2 sm:items-end">
        {toasts.map((one) => (
          <div
            key={one.id}
            className={`pointer-events-auto flex max-w-sm items-start gap-3 rounded-control border px-3.5 py-2.5 text-sm shadow-lg ${
              one.tone === 'warn' ? 'border-warn-line bg-warn-surface text-warn' : 'border-line bg-surface'
            }`}
          >
            <p>
              {one.tone === 'warn' ? <span aria-hidden="true">⚠ </span> : null}
              {one.text}
            </p>
            <button type="button" className="shrink-0 text-muted hover:text-ink" aria-label={t.close} onClick={() => close(one.id)}>
              ✕
            </button>
          </div>
        ))}
      </div>
    </SayContext>
  );
}

export const useToast = () => use(SayContext).toast;
export const useAnnounce = () => use(SayContext).announce;
