import { describe, expect, it } from 'vitest';
import type { ModelItem } from '@/lib/api';
import { byRole, championOf, createOf, differences, emptyForm, formOf, patchOf, skillDomain, takenFrom } from './logic';

export const model = (over: Partial<ModelItem>): ModelItem => ({
  id: 1, name: 'm', kind: 'analogue', version: 'analogue-1', role: 'challenger', horizons: [], members: [], provider: '', provider_model: '',
  prompt_version: '', training_cutoff: null, input_price: 0, output_price: 0, daily_budget: 0, max_output_tokens: 0, old_max_tokens: false,
  predictions_today: 0, spent_today: 0, judged_today: 0, verdict: 'collecting', sentence: '', ...over,
});
const llm = model({
  id: 7, kind: 'llm', name: 'reader', provider_model: 'some-8b', prompt_version: 'v2', training_cutoff: '2025-06-30', input_price: 200,
  output_price: 900, daily_budget: 5000, max_output_tokens: 1000,
});

describe('the form of a model', () => {
  it('says nothing of services and prices where a kind has none: the API would refuse it', () => {
    expect(createOf({ ...emptyForm, kind: 'lexicon', name: ' words ' })).toEqual({ kind: 'lexicon', name: 'words' });
    expect(createOf({ ...emptyForm, kind: 'pool', name: 'mean', members: [3, 1] })).toEqual({ kind: 'pool', name: 'mean', members: [1, 3] });
  });

  it('leaves out what is left to the default, and keeps a price of 0', () => {
    const created = createOf({ ...emptyForm, name: 'reader', provider_model: 'some-8b' });
    expect(created.prompt_version).toBeUndefined();
    expect(created.training_cutoff).toBeUndefined();
    expect(created).toMatchObject({ input_price: 0, daily_budget: 0, max_output_tokens: 1000, provider: '' });
  });

  it('changes only what was changed, and nothing when nothing was', () => {
    expect(patchOf(llm, formOf(llm))).toBeNull();
    expect(patchOf(llm, { ...formOf(llm), daily_budget: '7000', name: 'reader ' })).toEqual({ daily_budget: 7000 });
    expect(patchOf(llm, { ...formOf(llm), training_cutoff: '' })).toBeNull(); // a cutoff can be moved, not taken away
    const pool = model({ kind: 'pool', members: [1, 2] });
    expect(patchOf(pool, { ...formOf(pool), members: [2, 1] })).toBeNull();
    expect(patchOf(pool, { ...formOf(pool), members: [2, 3] })).toEqual({ members: [2, 3] });
  });
});

describe('champions', () => {
  const all = [model({ id: 3, role: 'retired' }), model({ id: 2, role: 'champion', horizons: [3] }), model({ id: 1, role: 'champion', horizons: [1, 5] }), model({ id: 4 })];

  it('stand on top, each horizon has one', () => {
    expect(byRole(all).map((m) => m.id)).toEqual([1, 2, 4, 3]);
    expect(championOf(all, 3)?.id).toBe(2);
    expect(championOf([], 3)).toBeNull();
  });

  it('lose the horizons that another takes, not those that he has already', () => {
    expect(takenFrom(all, 1, [1, 3]).map((x) => [x.horizon, x.from.id])).toEqual([[3, 2]]);
    expect(takenFrom(all, 4, [1, 3, 5]).map((x) => x.from.id)).toEqual([1, 2, 1]);
  });
});

describe('the comparison of two', () => {
  it('keeps what differs', () => {
    expect(differences([{ key: 'kind', a: 'llm', b: 'llm' }, { key: 'budget', a: '1', b: '2' }])).toEqual({ different: [{ key: 'budget', a: '1', b: '2' }], same: 1 });
  });

  it('never stretches noise over the whole axis', () => {
    expect(skillDomain([])).toEqual([-0.05, 0.05]);
  });
});
