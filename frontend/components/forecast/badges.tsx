'use client';

import { AiMark, Badge } from '@/components/marks';
import type { Prediction } from '@/lib/api';
import { usePredictionText } from './words';

/** Who made a prediction, and what a reader must know of that. */
export function ModelMark({ prediction: p }: { prediction: Prediction }) {
  const t = usePredictionText();
  return (
    <>
      <span className="text-xs text-muted">{p.model.name}</span>
      {p.model.kind === 'llm' ? <AiMark /> : null}
      {p.origin === 'backtest' ? <Badge>{t.origins.backtest}</Badge> : null}
      {p.generation > 1 ? <Badge>{t.generation(p.generation)}</Badge> : null}
      {p.late ? <Badge tone="warn">{t.late}</Badge> : null}
    </>
  );
}
