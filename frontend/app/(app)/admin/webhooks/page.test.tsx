import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ToastProvider } from '@/components/toast';
import type { TokenAnswer } from '@/lib/api';
import { QueryProvider } from '@/lib/query';
import { session } from '@/lib/session';
import WebhooksPage from './page';

const answer: TokenAnswer = {
  access_token: 'token', expires_in: 900, refresh_token: null, token_type: 'Bearer',
  user: { id: 1, email: 'a@example.com', role: 'admin', scopes: ['webhooks'], created_at: '2026-11-26T00:00:00+09:00' },
};
const json = (body: unknown) => Promise.resolve(new Response(JSON.stringify(body), { status: 200, headers: { 'Content-Type': 'application/json' } }));

describe('a new webhook', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('shows its secret until that is put away, and never again', async () => {
    const hook = { id: 1, url: 'https://a.example.com/', language: 'ko', active: true, off_reason: '' };
    let made = false;
    vi.stubGlobal('fetch', (_: unknown, init?: RequestInit) => {
      if (init?.method !== 'POST') return json({ items: made ? [hook] : [], next_cursor: null });
      made = true;
      return json({ webhook: hook, secret: 'SECRET42' });
    });
    session.accept(answer);
    const user = userEvent.setup();
    render(
      <QueryProvider>
        <ToastProvider>
          <WebhooksPage />
        </ToastProvider>
      </QueryProvider>,
    );
    await user.click(await screen.findByRole('button', { name: '웹훅 추가' }));
    await user.click(screen.getByLabelText('주소'));
    await user.paste('https://a.example.com/');
    await user.click(screen.getAllByRole('button', { name: '웹훅 추가' }).at(-1) ?? document.body);
    const secret = await screen.findByLabelText('비밀 값');
    expect(secret).toHaveProperty('value', 'SECRET42');
    await user.click(screen.getByRole('button', { name: '옮겨 두었습니다' }));
    expect(screen.queryByLabelText('비밀 값')).toBeNull();
    expect(document.body.innerHTML).not.toContain('SECRET42');
    expect(await screen.findByText('https://a.example.com/')).toBeTruthy();
  }, 20_000);
});
