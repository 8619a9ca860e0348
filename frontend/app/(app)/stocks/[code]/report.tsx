'use client';

import { useState } from 'react';
import { SelectField } from '@/components/field';
import { AiMark, Foreign } from '@/components/marks';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { usePredictionText } from '@/components/forecast/words';
import { api, type ReportAnswer, type ReportSection } from '@/lib/api';
import { formatExact, formatPercent } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, type Asked } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { useText } from './words';

/** The report in words; each version that was shown can be read again. */
export function Report({ code, newest }: { code: string; newest: Asked<ReportAnswer> }) {
  const t = useText();
  const locale = useLocale();
  const [version, setVersion] = useState('');
  const older = useApi(['stocks', code, 'report', version], (init) => api.getStocksByCodeReport(code, { version: Number(version) }, init), { enabled: version !== '' });
  const report = version === '' ? newest : older;
  const versions = newest.data?.versions ?? [];
  return (
    <Panel
      title={t.report}
      query={report}
      note={
        report.data?.drawn_at ? (
          <>
            {t.reportNote(report.data.version)} · {t.drawn} <Time at={report.data.drawn_at} as="exact" />
          </>
        ) : undefined
      }
      actions={
        versions.length > 1 ? (
          <SelectField
            label={t.version}
            hideLabel
            name="version"
            value={version}
            onChange={(e) => setVersion(e.target.value)}
            options={versions.map((v, i) => ({ value: i === 0 ? '' : String(v.version), label: t.versionOf(v.version, formatExact(v.drawn_at, locale)) }))}
          />
        ) : undefined
      }
      empty={(r) => (r.sections.length > 0 ? null : { because: t.reportEmpty })}
    >
      {(r) => (
        <div className="space-y-3">
          {r.sections.map((s) => (
            <Section key={s.prediction.id} section={s} />
          ))}
          <p className="text-xs text-muted">{t.disclaimer}</p>
        </div>
      )}
    </Panel>
  );
}

function Section({ section: { prediction: p, sentence, ai_text } }: { section: ReportSection }) {
  const t = useText();
  const common = useCommon();
  const words = usePredictionText();
  const locale = useLocale();
  const whole = (share: number | null) => Math.round((share ?? 0) * 100);
  return (
    <div className="space-y-1.5">
      <p>
        {locale === 'ko' || p.probability === null
          ? sentence
          : t.sentence(common.horizon(p.horizon), whole(p.probability), whole(p.base_rate), p.neighbours, formatPercent(p.low_pct, 1), formatPercent(p.high_pct, 1))}
      </p>
      {ai_text ? (
        <blockquote className="rounded-control bg-sunken px-3 py-2">
          <p className="mb-1 flex flex-wrap items-center gap-x-2 text-xs text-muted">
            <AiMark /> {words.detail.aiTextNote(ai_text.model, ai_text.prompt_version)}
          </p>
          <p>
            <Foreign>{ai_text.text}</Foreign>
          </p>
        </blockquote>
      ) : null}
    </div>
  );
}
