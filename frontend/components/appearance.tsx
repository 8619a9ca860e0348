'use client';

import { usePreferences } from '@/lib/i18n';
import { setPreferences } from '@/lib/preferences';
import { useCommon } from '@/lib/words';
import { Choice, Menu } from './menu';

export function AppearanceFields() {
  const t = useCommon();
  const p = usePreferences();
  return (
    <div className="space-y-3">
      <Choice
        legend={t.language}
        value={p.locale}
        options={[
          { value: 'ko', label: '한국어' },
          { value: 'en', label: 'English' },
        ]}
        onChange={(locale) => setPreferences({ locale })}
      />
      <Choice
        legend={t.theme}
        value={p.theme}
        options={(['system', 'light', 'dark'] as const).map((value) => ({ value, label: t.themes[value] }))}
        onChange={(theme) => setPreferences({ theme })}
      />
      <Choice
        legend={t.rise}
        value={p.rise}
        options={(['red', 'green'] as const).map((value) => ({ value, label: t.rises[value] }))}
        onChange={(rise) => setPreferences({ rise })}
      />
    </div>
  );
}

export function AppearanceMenu() {
  const t = useCommon();
  return (
    <Menu
      label={t.appearance}
      button={
        <svg aria-hidden="true" viewBox="0 0 20 20" className="size-4.5 fill-none stroke-current stroke-[1.6]">
          <circle cx="10" cy="10" r="7" />
          <path d="M10 3a7 7 0 0 1 0 14z" className="fill-current" />
        </svg>
      }
    >
      <AppearanceFields />
    </Menu>
  );
}
