'use client';

import { ButtonLink } from '@/components/controls';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';

export default function NotFound() {
  const t = useCommon();
  return (
    <main className="mx-auto max-w-xl px-4 py-[18vh]">
      <p className="tabular text-xs text-muted">404</p>
      <h1 className="mt-1 text-xl font-semibold tracking-tight">{t.unknownPage}</h1>
      <p className="mt-1 mb-5 text-muted">{t.unknownPageNext}</p>
      <ButtonLink href={hrefs.dashboard()} look="primary">
        {t.backToDashboard}
      </ButtonLink>
    </main>
  );
}
