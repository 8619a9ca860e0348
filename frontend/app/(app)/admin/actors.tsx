'use client';

import { Foreign } from '@/components/marks';
import { api } from '@/lib/api';
import { dictionary } from '@/lib/i18n';
import { useApi } from '@/lib/query';
import en from '@/messages/en/admin';
import ko from '@/messages/ko/admin';

export const useAdminText = dictionary({ ko, en });

/** The addresses of those who may sign in, by id; those beyond the first 200 are told by their number. */
export function useActors(): (id: number) => string {
  const t = useAdminText();
  const users = useApi(['users', 'names'], (init) => api.getUsers({ limit: 200 }, init));
  return (id) => users.data?.items.find((u) => u.id === id)?.email ?? t.user(id);
}

/** Who did something. */
export function Actor({ id }: { id: number | null }) {
  const t = useAdminText();
  const actor = useActors();
  return <span className="break-all">{id === null ? t.nobody : <Foreign>{actor(id)}</Foreign>}</span>;
}
