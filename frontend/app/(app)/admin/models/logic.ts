import type { CreateModelRequest, ModelItem, PatchModelRequest, RecordItem, ReliabilityItem } from '@/lib/api';

export const kinds = ['analogue', 'lexicon', 'pool', 'baseline', 'llm'] as const;
export type Kind = (typeof kinds)[number];
export const horizons = [1, 3, 5] as const;

/** What the form holds: texts as they are typed. */
export interface ModelForm {
  kind: Kind;
  name: string;
  members: number[];
  provider: string;
  provider_model: string;
  prompt_version: string;
  training_cutoff: string;
  input_price: string;
  output_price: string;
  daily_budget: string;
  max_output_tokens: string;
  old_max_tokens: boolean;
}

export const emptyForm: ModelForm = {
  kind: 'llm', name: '', members: [], provider: '', provider_model: '', prompt_version: '', training_cutoff: '',
  input_price: '0', output_price: '0', daily_budget: '0', max_output_tokens: '1000', old_max_tokens: false,
};

export const isKind = (text: string): text is Kind => kinds.some((k) => k === text);

export function formOf(m: ModelItem): ModelForm {
  return {
    kind: isKind(m.kind) ? m.kind : 'baseline',
    name: m.name,
    members: [...m.members],
    provider: m.provider,
    provider_model: m.provider_model,
    prompt_version: m.prompt_version,
    training_cutoff: m.training_cutoff ?? '',
    input_price: String(m.input_price),
    output_price: String(m.output_price),
    daily_budget: String(m.daily_budget),
    max_output_tokens: String(m.max_output_tokens),
    old_max_tokens: m.old_max_tokens,
  };
}

const whole = (text: string) => (text.trim() === '' ? undefined : Number(text));
const given = (text: string) => (text.trim() === '' ? undefined : text.trim());

/** What the form says of a model of its kind: only language models have a service, prices and a budget, only pools members. */
function settingsOf(form: ModelForm): PatchModelRequest {
  const settings: PatchModelRequest = { name: form.name.trim() };
  if (form.kind === 'pool') settings.members = [...form.members].sort((a, b) => a - b);
  if (form.kind !== 'llm') return settings;
  return {
    ...settings,
    provider: form.provider.trim(),
    provider_model: form.provider_model.trim(),
    prompt_version: given(form.prompt_version),
    training_cutoff: given(form.training_cutoff),
    input_price: whole(form.input_price),
    output_price: whole(form.output_price),
    daily_budget: whole(form.daily_budget),
    max_output_tokens: whole(form.max_output_tokens),
    old_max_tokens: form.old_max_tokens,
  };
}

export function createOf(form: ModelForm): CreateModelRequest {
  return { kind: form.kind, ...settingsOf(form) };
}

/** Only what the form changes of a model; null when it changes nothing. */
export function patchOf(m: ModelItem, form: ModelForm): PatchModelRequest | null {
  const before = new Map<string, unknown>(Object.entries(settingsOf(formOf(m))));
  const changed = Object.entries(settingsOf(form)).filter(([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(before.get(name)));
  return changed.length === 0 ? null : Object.fromEntries(changed);
}

/** The models as they are best read: champions first, retired ones last, each by id. */
export function byRole(models: readonly ModelItem[]): ModelItem[] {
  const weight = { champion: 0, challenger: 1, retired: 2 };
  return [...models].sort((a, b) => weight[a.role] - weight[b.role] || a.id - b.id);
}

export function championOf(models: readonly ModelItem[], horizon: number): ModelItem | null {
  return models.find((m) => m.role === 'champion' && m.horizons.includes(horizon)) ?? null;
}

/** From whom a new champion takes each of its horizons. */
export function takenFrom(models: readonly ModelItem[], id: number, wanted: readonly number[]): { horizon: number; from: ModelItem }[] {
  return wanted.flatMap((horizon) => {
    const from = championOf(models, horizon);
    return from && from.id !== id ? [{ horizon, from }] : [];
  });
}

interface OfRecord {
  model: { id: number };
  horizon: number;
  origin: 'backtest' | 'live';
}

export function recordOf<T extends OfRecord>(list: readonly T[], id: number, horizon: number, origin: string): T | null {
  return list.find((r) => r.model.id === id && r.horizon === horizon && r.origin === origin) ?? null;
}

/** One axis for all skills that are shown: symmetric, so that 0 stands in the middle, and never so narrow that noise looks large. */
export function skillDomain(records: readonly RecordItem[]): [number, number] {
  const ends = records.flatMap((r) => (r.skill ? [r.skill.value, r.skill.low, r.skill.high] : []));
  const reach = Math.max(0.05, ...ends.map((v) => Math.abs(v ?? 0)));
  return [-Math.min(reach, 0.5), Math.min(reach, 0.5)];
}

/** Every model with every record of it. */
export interface Register {
  models: ModelItem[];
  records: RecordItem[];
  reliability: ReliabilityItem[];
}

export interface Difference {
  key: string;
  a: string;
  b: string;
}

/** Only what differs between two models, and how much is the same. */
export function differences(rows: readonly Difference[]): { different: Difference[]; same: number } {
  const different = rows.filter((r) => r.a !== r.b);
  return { different, same: rows.length - different.length };
}
