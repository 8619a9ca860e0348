'use client';

import { usePredictionText } from './words';

const columns = 20;
const rows = 5;
const pitch = 12;

/** A hundred cases, as many of them filled as the probability says. */
export function FrequencyDots({ share, label }: { share: number; label: string }) {
  const t = usePredictionText();
  const n = Math.round(share * 100);
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex flex-wrap items-baseline justify-between gap-x-3 text-xs">
        <span className="text-muted">{label}</span>
        <span className="tabular font-semibold">{t.detail.ofHundred(n)}</span>
      </figcaption>
      <svg viewBox={`0 0 ${columns * pitch} ${rows * pitch}`} role="img" aria-label={`${label}: ${t.detail.ofHundred(n)}`} className="block h-auto w-full max-w-80">
        {Array.from({ length: columns * rows }, (_, i) => {
          // Column by column, so that the filled part ends in a line that two of them can be compared by.
          const x = Math.floor(i / rows) * pitch + pitch / 2;
          const y = (i % rows) * pitch + pitch / 2;
          return <circle key={i} cx={x} cy={y} r={4} className={i < n ? 'fill-ink' : 'fill-none stroke-control'} />;
        })}
      </svg>
    </figure>
  );
}
