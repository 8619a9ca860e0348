'use client';

import { useEffect, useState } from 'react';
import { usePredictionText } from '@/components/forecast/words';
import { Button } from '@/components/controls';
import { Field, SelectField } from '@/components/field';
import { api } from '@/lib/api';
import { useApi } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { noFilters, type Filters } from './query';

interface Props {
  filters: Filters;
  onChange: (change: Partial<Filters>) => void;
  filtered: boolean;
}

const horizons = ['1', '3', '5'];
const gaps = [5, 10, 15, 20];

export function FilterBar({ filters, onChange, filtered }: Props) {
  const t = usePredictionText();
  const common = useCommon();
  const models = useApi(['models', 'names'], (init) => api.getModels({ limit: 200 }, init));
  const [code, setCode] = useState(filters.code);
  const [generation, setGeneration] = useState(filters.generation);
  useEffect(() => setCode(filters.code), [filters.code]);
  useEffect(() => setGeneration(filters.generation), [filters.generation]);
  const all = { value: '', label: common.all };
  const names = models.data?.items.map((m) => ({ value: String(m.id), label: `${m.name} (${t.roles[m.role]})` })) ?? [];
  /** An option that the address names and the list lacks stays choosable. */
  const withChosen = (options: { value: string; label: string }[], chosen: string) =>
    chosen === '' || options.some((o) => o.value === chosen) ? options : [...options, { value: chosen, label: chosen }];
  const select = (name: keyof Filters, label: string, options: { value: string; label: string }[]) => (
    <SelectField
      label={label}
      name={name}
      value={filters[name]}
      onChange={(e) => onChange({ [name]: e.target.value })}
      options={[all, ...withChosen(options, filters[name])]}
    />
  );
  const backwards = filters.from !== '' && filters.to !== '' && filters.from > filters.to;
  return (
    <form
      role="search"
      aria-label={common.filters}
      className="grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-6"
      onSubmit={(event) => {
        event.preventDefault();
        onChange({ code: code.trim(), generation: generation.trim() });
      }}
    >
      {select('state', t.filters.state, [
        { value: 'open', label: t.states.open },
        { value: 'settled', label: t.judgedOrVoid },
        { value: 'judged', label: t.states.judged },
        { value: 'void', label: t.states.void },
      ])}
      {select('horizon', t.filters.horizon, horizons.map((h) => ({ value: h, label: common.horizon(Number(h)) })))}
      {select('model', t.filters.model, names)}
      {select('direction', t.filters.direction, [
        { value: 'up', label: t.filters.directions.up },
        { value: 'down', label: t.filters.directions.down },
        { value: 'none', label: t.filters.directions.none },
      ])}
      {select('gap', t.filters.gap, gaps.map((g) => ({ value: String(g), label: t.filters.gapAtLeast(g) })))}
      <SelectField
        label={t.filters.origin}
        name="origin"
        value={filters.origin}
        onChange={(e) => onChange({ origin: e.target.value })}
        options={[
          { value: '', label: t.origins.live },
          { value: 'backtest', label: t.origins.backtest },
        ]}
      />
      <Field label={t.filters.from} name="from" type="date" value={filters.from} max="2099-12-31" onChange={(e) => onChange({ from: e.target.value })} />
      <Field
        label={t.filters.to}
        name="to"
        type="date"
        value={filters.to}
        max="2099-12-31"
        hint={backwards ? t.filters.wrongPeriod : undefined}
        onChange={(e) => onChange({ to: e.target.value })}
      />
      <Field label={t.filters.code} name="code" placeholder="005930" value={code} maxLength={6} spellCheck={false} onChange={(e) => setCode(e.target.value)} />
      <Field
        label={t.filters.generation}
        name="generation"
        inputMode="numeric"
        placeholder={t.filters.generationHint}
        value={generation}
        maxLength={6}
        onChange={(e) => setGeneration(e.target.value)}
      />
      <div className="flex gap-2">
        <Button type="submit">{t.filters.apply}</Button>
        {filtered ? (
          <Button look="quiet" onClick={() => onChange(noFilters)}>
            {common.clearFilters}
          </Button>
        ) : null}
      </div>
    </form>
  );
}
