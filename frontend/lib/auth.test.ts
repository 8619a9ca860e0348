import { describe, expect, it } from 'vitest';
import { includesRole, safeReturn } from './auth';
import { nav, navItemOf, roleOf } from './routes';

describe('the way back after signing in', () => {
  it('stays on this origin', () => {
    expect(safeReturn('/stocks/005930?tab=news#top')).toBe('/stocks/005930?tab=news#top');
    for (const bad of [null, '', 'https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/login?next=/', 'stocks']) {
      expect(safeReturn(bad)).toBe('/');
    }
  });
});

describe('roles', () => {
  it('include the lower ones', () => {
    expect(includesRole('admin', 'operator')).toBe(true);
    expect(includesRole('user', 'operator')).toBe(false);
  });

  it('are those of the longest address', () => {
    expect(roleOf('/')).toBe('user');
    expect(roleOf('/stocks/005930')).toBe('user');
    expect(roleOf('/ops/runs/7')).toBe('operator');
    expect(roleOf('/admin/ab-tests/3')).toBe('admin');
    expect(navItemOf('/alerts/rule')?.name).toBe('rule');
    expect(navItemOf('/alerts/12')?.name).toBe('alerts');
    expect(navItemOf('/stocksx')).toBeNull();
  });

  it('leave no page of /ops or /admin to everybody', () => {
    for (const item of nav.flatMap((g) => g.items)) {
      if (/^\/(ops|admin)/.test(item.href)) expect(item.role, item.href).not.toBe('user');
    }
  });
});
