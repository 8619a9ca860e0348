'use client';

import {
  keepPreviousData,
  QueryClient,
  QueryClientProvider,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type QueryKey,
} from '@tanstack/react-query';
import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { faultOf, type Fault } from './api';
import { usePaused } from './live';

function newClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // What the API refuses it refuses again; what it could not do it may do in a moment.
        retry: (count, error) => {
          const { status } = faultOf(error);
          return count < 2 && (status === 0 || status === 429 || status >= 502);
        },
        retryDelay: (count, error) => (faultOf(error).retryAfter ?? 2 ** count) * 1000,
      },
    },
  });
}

export function QueryProvider({ children }: { children: ReactNode }) {
  const [client] = useState(newClient);
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

/** What Panel needs to know of a question to the API. */
export interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  isFetching: boolean;
  /** When data came, in milliseconds of this machine's clock; 0 for never. */
  dataUpdatedAt: number;
  refetch: () => unknown;
  /** The data answers an earlier question, shown while the new one is on its way. */
  isPlaceholderData?: boolean;
}

interface AskOptions {
  /** Seconds between two looks; absent: once, and when the window gets the focus. */
  every?: number;
  enabled?: boolean;
}

/**
 * Asks the API and keeps the answer up to date, unless the reader has paused that. The key names the route and everything
 * that the question depends on; while it changes the old answer stays.
 *
 *     const stocks = useApi(['stocks', query], (init) => api.getStocks(query, init), { every: 30 });
 */
export function useApi<T>(key: QueryKey, ask: (init: RequestInit) => Promise<T>, { every, enabled = true }: AskOptions = {}): Asked<T> {
  const paused = usePaused();
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask({ signal }),
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: every !== undefined && !paused ? every * 1000 : false,
    refetchOnWindowFocus: !paused,
  });
}

export interface Change<In, Out> {
  run: (input: In) => Promise<Out | undefined>;
  busy: boolean;
  /** Why the last one was refused; null when it was not. */
  fault: Fault | null;
  reset: () => void;
}

/**
 * Changes something by the API. run resolves to the answer, or to undefined where it was refused: fault then says why, and
 * Field shows it at its input. Answers under the keys given are asked for anew.
 */
export function useChange<In, Out>(
  change: (input: In) => Promise<Out>,
  options: { invalidates?: QueryKey[]; onDone?: (answer: Out, input: In) => void } = {},
): Change<In, Out> {
  const client = useQueryClient();
  const { mutateAsync, isPending, error, reset } = useMutation({
    mutationFn: change,
    onSuccess: async (answer, input) => {
      options.onDone?.(answer, input);
      await Promise.all((options.invalidates ?? []).map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const run = useCallback(
    (input: In) =>
      mutateAsync(input).then(
        (answer): Out | undefined => answer,
        () => undefined, // kept as the mutation's error, which fault shows
      ),
    [mutateAsync],
  );
  return { run, busy: isPending, fault: error ? faultOf(error) : null, reset };
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Listed<T, P extends Page<T>> extends Asked<T[]> {
  /** The first page as it was answered last, for what stands beside its items. */
  head: P | undefined;
  hasMore: boolean;
  more: () => void;
  loadingMore: boolean;
  /** Items that came since the list was read and are not shown yet. */
  fresh: number;
  /** Shows them. */
  showFresh: () => void;
}

/** The rows of a list, each as it was answered last. */
export function mergeRows<T>(shown: readonly T[], head: readonly T[], id: (item: T) => string | number): T[] {
  const newer = new Map(head.map((item) => [id(item), item]));
  return shown.map((item) => newer.get(id(item)) ?? item);
}

/** How many items of the head came after what is shown: those that stand before the first one that is. */
export function countFresh<T>(shown: readonly T[], head: readonly T[], id: (item: T) => string | number): number {
  const known = new Set(shown.map(id));
  const first = head.findIndex((item) => known.has(id(item)));
  return first < 0 ? head.length : first;
}

/**
 * A list that is read page by page and holds its place: what is shown stays where it is, rows change in place, and new ones
 * are only counted until the reader asks for them.
 */
export function useList<T, P extends Page<T>>(
  key: QueryKey,
  ask: (cursor: string | undefined, init: RequestInit) => Promise<P>,
  id: (item: T) => string | number,
  { every = 30, enabled = true }: AskOptions = {},
): Listed<T, P> {
  const client = useQueryClient();
  const pagesKey = [...key, 'pages'];
  const headKey = [...key, 'head'];
  const pages = useInfiniteQuery({
    queryKey: pagesKey,
    queryFn: async ({ pageParam, signal }) => {
      const page = await ask(pageParam, { signal });
      if (pageParam === undefined) client.setQueryData(headKey, page);
      return page;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const head = useApi(headKey, (init) => ask(undefined, init), { every, enabled: enabled && pages.isSuccess });

  // The head of other filters, still shown while the new one loads, says nothing of these rows.
  const live = pages.isPlaceholderData || head.isPlaceholderData ? undefined : head.data;
  const shown = useMemo(() => pages.data?.pages.flatMap((p) => p.items), [pages.data]);
  const data = useMemo(() => (shown && live ? mergeRows(shown, live.items, id) : shown), [shown, live, id]);
  const fresh = shown && live ? countFresh(shown, live.items, id) : 0;

  const showFresh = () => {
    if (live) client.setQueryData<InfiniteData<P, string | undefined>>(pagesKey, { pages: [live], pageParams: [undefined] });
  };

  return {
    data,
    error: pages.error ?? head.error,
    isPending: pages.isPending,
    isFetching: pages.isFetching || head.isFetching,
    isPlaceholderData: pages.isPlaceholderData,
    dataUpdatedAt: Math.max(pages.dataUpdatedAt, head.dataUpdatedAt),
    refetch: () => (pages.isError || !pages.data ? pages.refetch() : head.refetch()),
    head: live ?? pages.data?.pages[0],
    hasMore: pages.hasNextPage,
    more: () => void pages.fetchNextPage(),
    loadingMore: pages.isFetchingNextPage,
    fresh,
    showFresh,
  };
}
