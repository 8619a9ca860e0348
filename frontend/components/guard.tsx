'use client';

import { usePathname, useRouter } from 'next/navigation';
import { Fragment, useDeferredValue, useEffect, type ReactNode } from 'react';
import { includesRole, useAuth, type Role } from '@/lib/auth';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { Button, ButtonLink } from './controls';
import { Skeleton } from './panel';

/**
 * Shows its children to those who have the role. It renders nothing of them before somebody is signed in: so no page's own
 * hooks run while it is prerendered, and what it shows never differs from the prerendered text.
 */
export function Guard({ role, children }: { role: Role; children: ReactNode }) {
  const { state, user, retry } = useAuth();
  // The page itself is drawn after the frame has said that somebody is signed in, piece by piece.
  const drawn = useDeferredValue(user !== null);
  const router = useRouter();
  const pathname = usePathname();
  const t = useCommon();
  useEffect(() => {
    if (state.status !== 'out') return;
    const here = window.location.pathname + window.location.search;
    router.replace(hrefs.login(here === '/' ? undefined : here));
  }, [state.status, router, pathname]);

  if (state.status === 'unreachable') {
    return (
      <div role="alert" className="max-w-xl rounded-panel border border-warn-line bg-warn-surface p-5 text-warn">
        <h1 className="text-lg font-semibold">{t.unreachable}</h1>
        <p className="mt-1 mb-3">{t.sessionUnreachable}</p>
        <Button onClick={() => void retry()}>{t.retry}</Button>
      </div>
    );
  }
  if (!user || !drawn) return <Skeleton rows={6} />;
  if (!includesRole(user.role, role)) {
    return (
      <div className="max-w-xl rounded-panel border border-line bg-surface p-5">
        <h1 className="text-lg font-semibold">{t.forbidden(t.roles[role])}</h1>
        <p className="mt-1 mb-3 text-muted">{t.forbiddenNext}</p>
        <ButtonLink href={hrefs.dashboard()}>{t.backToDashboard}</ButtonLink>
      </div>
    );
  }
  // Another account in the same tab begins anew.
  return <Fragment key={user.id}>{children}</Fragment>;
}
