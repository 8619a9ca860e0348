'use client';

import { Foreign } from '@/components/marks';
import { api } from '@/lib/api';
import { useAuth } from '@/lib/auth';
import { useApi } from '@/lib/query';
import { useOps } from './words';

/** Who did something, by the user's id. Only admins may see addresses: for others he is a number. */
export function Person({ id }: { id: number | null }) {
  const t = useOps();
  const { user, may } = useAuth();
  const users = useApi(['users', 'names'], (init) => api.getUsers({ limit: 200 }, init), { enabled: may('users') });
  if (id === null) return <span>{t.nobody}</span>;
  if (id === user?.id) return <span>{t.me}</span>;
  const email = users.data?.items.find((u) => u.id === id)?.email;
  if (!email) return <span className="whitespace-nowrap">{t.user(id)}</span>;
  return (
    <span title={email} className="inline-block max-w-40 truncate align-bottom">
      <Foreign>{email}</Foreign>
    </span>
  );
}
