'use client';

import { useCommon } from '@/lib/words';
import { Button } from './controls';

/** Whether the page asked for a part of an older build, which the server no longer has. */
export function isOldVersion(error: Error): boolean {
  return error.name === 'ChunkLoadError' || /Failed to load chunk|Loading (CSS )?chunk|dynamically imported module/i.test(error.message);
}

export function Crash({ error }: { error: Error }) {
  const t = useCommon();
  const old = isOldVersion(error);
  return (
    <div role="alert" className="mx-auto max-w-xl px-4 py-[18vh]">
      <h1 className="text-xl font-semibold tracking-tight">{old ? t.newVersion : t.crashed}</h1>
      <p className="mt-1 mb-5 text-muted">{old ? t.newVersionNext : error.message}</p>
      <Button look="primary" onClick={() => window.location.reload()}>
        {t.reload}
      </Button>
    </div>
  );
}
