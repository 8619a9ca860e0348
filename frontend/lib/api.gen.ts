// Made by "make client" from the OpenAPI document of handlers/routes.go. Not to be edited.

export interface AbPoint {
  /** The base day. */
  day: string;
  /** What 1 has become that was bet on A being better. */
  for_a: null | number;
  /** What 1 has become that was bet on B being better. */
  for_b: null | number;
  /** Upper end of it. */
  high: null | number;
  /** Lower end of its confidence sequence, which holds the truth on all days at once with 95 percent. */
  low: null | number;
  /** Mean of B's Brier score less A's over the days: above 0 where A was better. */
  mean: null | number;
  /** Stock-days up to it. */
  stock_days: number;
}

export interface AbTest {
  /** The model that is to be beaten, say the champion. */
  a: ModelRef;
  /** The model that is compared with it. */
  b: ModelRef;
  /** The stocks that count; empty means all. */
  codes: Array<string>;
  /** Comparisons that model A is in at once: each raises the threshold. */
  comparisons: number;
  /** When it was registered. */
  created_at: string;
  /** The user who registered it. */
  created_by: null | number;
  /** When it got its verdict or was stopped; null while it runs. */
  ended_at: null | string;
  /** Trading days ahead. */
  horizon: number;
  /** The experiment's id. */
  id: number;
  /** Base days after which no difference was detectable. */
  max_days: number;
  /** What is compared: the mean difference of Brier scores, of a day's stocks, then of days. */
  metric: "brier";
  /** Base days before there is a winner. */
  min_days: number;
  /** Stock-days before there is a winner. */
  min_stock_days: number;
  /** What it is called. */
  name: string;
  /** Why it was stopped; empty when it was not. */
  reason: string;
  /** The first base day that counts. */
  starts_on: string;
  /** The user who stopped it; null when nobody did. */
  stopped_by: null | number;
  /** The capital that shows a winner: 40 per comparison. */
  threshold: number;
  /** The one word for how it stands. Nobody is ever said to lead: undecided does not mean equal. */
  verdict: "a_better" | "b_better" | "collecting" | "no_detectable_difference" | "stopped" | "undecided";
}

export interface AbTestAnswer {
  /** The model that is to be beaten, say the champion. */
  a: ModelRef;
  /** The model that is compared with it. */
  b: ModelRef;
  /** The stocks that count; empty means all. */
  codes: Array<string>;
  /** Comparisons that model A is in at once: each raises the threshold. */
  comparisons: number;
  /** When it was registered. */
  created_at: string;
  /** The user who registered it. */
  created_by: null | number;
  /** Base days so far. */
  days: number;
  /** When it got its verdict or was stopped; null while it runs. */
  ended_at: null | string;
  /** Experiments ever registered. */
  ever_tried: number;
  /** How things stood after each base day. */
  evidence: Array<AbPoint>;
  /** Trading days ahead. */
  horizon: number;
  /** The experiment's id. */
  id: number;
  /** Base days after which no difference was detectable. */
  max_days: number;
  /** What is compared: the mean difference of Brier scores, of a day's stocks, then of days. */
  metric: "brier";
  /** Base days before there is a winner. */
  min_days: number;
  /** Stock-days before there is a winner. */
  min_stock_days: number;
  /** What it is called. */
  name: string;
  /** Why it was stopped; empty when it was not. */
  reason: string;
  /** The first base day that counts. */
  starts_on: string;
  /** Stock-days so far. */
  stock_days: number;
  /** The user who stopped it; null when nobody did. */
  stopped_by: null | number;
  /** The capital that shows a winner: 40 per comparison. */
  threshold: number;
  /** The one word for how it stands. Nobody is ever said to lead: undecided does not mean equal. */
  verdict: "a_better" | "b_better" | "collecting" | "no_detectable_difference" | "stopped" | "undecided";
}

export interface AbTestPage {
  /** Experiments ever registered: a winner among many is less of one. */
  ever_tried: number;
  /** The items of this page. */
  items: Array<AbTest>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface AccountItem {
  /** Whether he may sign in. */
  active: boolean;
  /** When the account was made. */
  created_at: string;
  /** In lower case. */
  email: string;
  /** The user's id. */
  id: number;
  /** A fixed set of scopes. */
  role: "admin" | "operator" | "user";
}

export interface AccountItemPage {
  /** The items of this page. */
  items: Array<AccountItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface AiText {
  /** The mark that must be shown with the text. */
  label: string;
  /** The model's name. */
  model: string;
  /** The version of the prompt that it answered. */
  prompt_version: string;
  /** The model's words: no fact and no advice. */
  text: string;
}

export interface AlertDetail {
  /** The article that is linked. */
  article_id: number;
  /** When that was decided. */
  decided_at: string;
  /** How many messages stand where. */
  delivery: DeliveryBody;
  /** Whether it was for digests only. */
  digest: boolean;
  /** The alert's id. */
  id: number;
  /** A prediction that passed the gate, or an urgent filing. */
  kind: "disclosure" | "signal";
  /** What became of it for the caller; null when he was no recipient then, and on the dashboard. */
  mine: MyNotice | null;
  /** What each horizon's prediction came to. */
  options: Array<OptionItem>;
  /** What the stock did since, by horizon, as far as it is known. */
  outcomes: Array<Outcome>;
  /** Why it was sent. */
  reason: string;
  /** Whether it was an alert, for whoever wants it. */
  sent: boolean;
  /** The prediction behind it; null for a disclosure. */
  signal: AlertSignal | null;
  /** The stock. */
  stock: StockRef;
  /** The story. */
  story_id: number;
  /** Its title. */
  title: string;
  /** When every recipient's message was settled; null before. */
  told_at: null | string;
  /** The source's page; empty when it gives none. */
  url: string;
}

export interface AlertItem {
  /** The article that is linked. */
  article_id: number;
  /** When that was decided. */
  decided_at: string;
  /** How many messages stand where. */
  delivery: DeliveryBody;
  /** The alert's id. */
  id: number;
  /** A prediction that passed the gate, or an urgent filing. */
  kind: "disclosure" | "signal";
  /** What became of it for the caller; null when he was no recipient then, and on the dashboard. */
  mine: MyNotice | null;
  /** What the stock did since, by horizon, as far as it is known. */
  outcomes: Array<Outcome>;
  /** Why it was sent. */
  reason: string;
  /** The prediction behind it; null for a disclosure. */
  signal: AlertSignal | null;
  /** The stock. */
  stock: StockRef;
  /** The story. */
  story_id: number;
  /** Its title. */
  title: string;
  /** When every recipient's message was settled; null before. */
  told_at: null | string;
  /** The source's page; empty when it gives none. */
  url: string;
}

export interface AlertItemPage {
  /** The items of this page. */
  items: Array<AlertItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface AlertSignal {
  /** What would be said without the story, 0 to 1. */
  base_rate: null | number;
  /** The sign of probability minus base rate. */
  direction: -1 | 0 | 1;
  /** Upper end of that interval. */
  high_pct: null | number;
  /** Trading days ahead. */
  horizon: number;
  /** Lower end of the 80 percent interval of the excess return. */
  low_pct: null | number;
  /** The whole of it. */
  prediction_id: number;
  /** Of a positive excess return, 0 to 1. */
  probability: null | number;
}

export interface AmbiguousItem {
  /** The alert; null for a digest. */
  alert_id: null | number;
  /** When it was about to leave, on the wall clock. */
  claimed_at: string;
  /** The notice's number. */
  id: number;
  /** What is known of it. */
  reason: string;
  /** To whom. */
  recipient_id: number;
}

export interface ArticleAnswer {
  /** How many articles tell the story; 1 for a single article. */
  articles: number;
  /** From when on it may be used. */
  available_at: string;
  /** The trading day whose close its returns are measured from; null beyond the calendar. */
  base_day: null | string;
  /** The companies that it names, and why we think so. */
  companies: Array<CompanyItem>;
  /** The first article of the story that this one echoes; null when none. */
  echo_article_id: null | number;
  /** The earlier story that this one echoes; null when none. */
  echo_of: null | number;
  /** Stories that echo its story, at most 50. */
  echoes: Array<NewsItem>;
  /** When we fetched it first. */
  first_seen_at: string;
  /** The article; of a story its first one. GET /api/news/{id} tells more. */
  id: number;
  /** Journalism or a filing. */
  kind: "disclosure" | "news";
  /** The text is damaged beyond repair; nothing is predicted from it. */
  mojibake: boolean;
  /** Live, or from a walk through history. */
  origin: "backtest" | "live";
  /** Where that lies within its day; null beyond the calendar. */
  phase: "after_close" | "before_open" | "closed_day" | "in_session" | null;
  /** What all models said of its story, newest first, at most 200. */
  predictions: Array<Prediction>;
  /** The outlet; empty when unknown. */
  press: string;
  /** When the source says it was published. */
  published_at: string;
  /** The filing's report name; empty for news. */
  report_type: string;
  /** What the champion says of it, by stock and horizon; of stories only. */
  signals: Array<Signal>;
  /** Earlier news that the champion compared it with, and what followed. */
  similar: Array<SimilarItem>;
  /** The source that showed it first. */
  source: string;
  /** The companies that it names. */
  stocks: Array<StockRef>;
  /** Its story; null until it has been placed. */
  story_id: null | number;
  /** The feed's own summary; never the article's text. */
  summary: string;
  /** The articles of its story, in the order in which they became available, at most 200. */
  tellings: Array<Telling>;
  /** How far published_at can be trusted. */
  time_quality: "crawl" | "date" | "exact";
  /** The article's title. */
  title: string;
  /** The trading day of the session that is running then, or opens next; null beyond the calendar. */
  trades_day: null | string;
  /** The source's page; empty when it gives none. */
  url: string;
}

export interface AuditItem {
  /** The route: PATCH /api/limits/{key}, say; or the command: tickerctl import. */
  action: string;
  /** His address; from the command line tickerctl: and the account of the operating system. */
  actor: string;
  /** Who asked for it; null for what was done from the command line. */
  actor_id: null | number;
  /** From which address; the machine's name for a command. */
  address: string;
  /** When it was asked for, on the wall clock. */
  at: string;
  /** The entry's number. */
  id: number;
  /** What was given, secrets starred out; empty for what somebody set for himself. */
  input: unknown;
  /** What it was asked of. */
  path: string;
  /** As in the log; empty for a command. */
  request_id: string;
  /** What was answered, or would have been to a command that ended so; null when the process died before. */
  status: null | number;
}

export interface AuditItemPage {
  /** The items of this page. */
  items: Array<AuditItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface BarItem {
  /** Multiply prices by it to compare across splits. */
  adj_factor: number;
  /** Won. */
  close: number;
  /** The trading day. */
  day: string;
  /** Won. */
  high: null | number;
  /** Won. */
  low: null | number;
  /** Won, as traded; null when the source gives a close only. */
  open: null | number;
  /** Shares. */
  volume: number;
}

export interface BinItem {
  /** Share that rose. */
  frequency: null | number;
  /** Upper end of it. */
  high: null | number;
  /** Lower end of the band in which 95 of a hundred calibrated forecasters' frequencies lie. */
  low: null | number;
  /** Their mean probability. */
  mean: null | number;
  /** How many there are. */
  stock_days: number;
}

export interface BreakerBody {
  /** When an open one becomes half open (wall clock); null when closed. */
  open_until: null | string;
  /** How often it opened since it was closed; each time it stays open for longer. */
  opened: number;
  /** open: its crawls are put back; half_open: one crawl tries whether it is back. */
  state: "closed" | "half_open" | "open";
}

export interface CallBody {
  /** Millionths of a won. */
  cost_micro_won: number;
  /** The call's id. */
  id: number;
  /** 0 for local models. */
  input_tokens: number;
  /** Milliseconds. */
  latency_ms: number;
  /** What the model had to add to all of its predictions. */
  note: string;
  /** 0 for local models. */
  output_tokens: number;
  /** Of the exact prompt; empty for models without one. */
  prompt_hash: string;
  /** What a language model was asked about this stock, oldest first; empty for models without one. */
  requests: Array<RequestItem>;
  /** The run that ordered it; null for a first prediction. */
  run_id: null | number;
}

export interface CancelTaskRequest {
  /** Why; everybody who looks at the run sees it. */
  reason: string;
}

export interface CauseAnswer {
  /** The cause. */
  cause: CauseItem;
  /** The items of this page. */
  items: Array<FailureItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface CauseItem {
  /** Failed attempts, over all of them. */
  attempts: number;
  /** When other work failed of it after all of it had been resolved; null if that never was. */
  came_back_at: null | string;
  /** How many failures match. */
  count: number;
  /** Workers that died, over all of them. */
  crashes: number;
  /** The newest error. */
  error: string;
  /** Names the cause: failures of one kind whose errors differ in numbers and names only have the same. */
  fingerprint: string;
  /** When the first of them failed first. */
  first_at: string;
  /** Those that wait for an operator. */
  gave_up: number;
  /** Set while operators do not want to hear of it. */
  ignored: IgnoredBody | null;
  /** What kind of work failed. */
  kind: string;
  /** When the last of them failed last. */
  last_at: string;
  /** What an operator has noted of it; null without. */
  note: NoteBody | null;
  /** How often its work failed in each of the last 24 whole hours, whatever the filter, the oldest first; the last one is under way. */
  per_hour: Array<number>;
  /** Those that wait for one since they kept taking their worker down. */
  quarantined: number;
  /** The queues that it ran on. */
  queues: Array<string>;
  /** Those that have been done since. */
  resolved: number;
  /** Of them, those that will be tried again by themselves. */
  retrying: number;
  /** When work failed of this cause for the first time that is remembered, whatever the filter. */
  seen_at: string;
}

export interface CauseItemPage {
  /** The items of this page. */
  items: Array<CauseItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface CompanyItem {
  /** Six-character code; leading zeros count. */
  code: string;
  /** The character after its last. */
  end: number;
  /** Where the name stands. */
  field: "filer" | "summary" | "title";
  /** The company's name; the code when none is known. */
  name: string;
  /** The name's first character within the field. */
  start: number;
  /** The name as it stands there. */
  text: string;
}

export interface CreateABTestRequest {
  /** The stocks that are to count; all when absent. */
  codes?: Array<string>;
  /** Comparisons that model A is in at once, with this one; 1 when absent. */
  comparisons?: number;
  /** Trading days ahead. */
  horizon: 1 | 3 | 5;
  /** What is compared; brier when absent. */
  metric?: "brier";
  /** The model that is to be beaten. */
  model_a: number;
  /** The model that is compared with it. */
  model_b: number;
  /** What it is to be called. */
  name: string;
  /** The first base day that is to count, after today; the next trading day when absent. */
  starts_on?: string;
}

export interface CreateModelRequest {
  /** Won per KST day. Nothing that costs passes when it is 0. */
  daily_budget?: null | number;
  /** Of which it is to be the champion; all when absent. They are taken from whoever has them. */
  horizons?: Array<number> | null;
  /** Won per million tokens of a prompt. */
  input_price?: null | number;
  /** How it predicts; never changes. */
  kind: "analogue" | "baseline" | "lexicon" | "llm" | "pool";
  /** Tokens of one reply at most, hidden reasoning included; 1000 when absent. */
  max_output_tokens?: null | number;
  /** Of a pool: 2 to 10 models that are no pools. */
  members?: Array<number> | null;
  /** What it is to be called; needed for a new one. */
  name?: null | string;
  /** Whether the service knows max_tokens only, as Ollama. */
  old_max_tokens?: boolean | null;
  /** Won per million tokens of a reply. */
  output_price?: null | number;
  /** The version of an llm's prompt; the newest when absent. */
  prompt_version?: null | string;
  /** Base URL of an llm's service; empty means the program's default. Its key is found by its host. */
  provider?: null | string;
  /** The service's name of an llm. */
  provider_model?: null | string;
  /** What its predictions are to be used for; challenger for a new one. */
  role?: "challenger" | "champion" | "retired" | null;
  /** An llm is not asked about stories up to that day. */
  training_cutoff?: null | string;
}

export interface CreateStockRequest {
  /** Whether it is followed; a new one is. */
  active?: boolean | null;
  /** Other names by which news calls it, at most 50 characters each. */
  aliases?: Array<string> | null;
  /** Six-character code; leading zeros count. */
  code: string;
  /** The company's name, by which news finds it; needed for a new one. */
  name?: null | string;
  /** 1, watched most closely, to 5; 3 for a new one. */
  priority?: null | number;
}

export interface CreateTakedownRequest {
  /** Who asked for it and why. */
  reason: string;
  /** The address of the article, in any form of it. */
  url: string;
}

export interface CreateTaskRequest {
  /** What to do. */
  kind: "crawl" | "repredict";
  /** crawl: {source}; repredict: {filter, ids, model_ids} as in POST /api/predictions/repredict. */
  params?: unknown;
}

export interface CreateUserRequest {
  /** His address, by which he signs in. */
  email: string;
  /** His first password; he can change it. */
  password: string;
  /** What he may do. */
  role?: "admin" | "operator" | "user";
}

export interface CreateWebhookRequest {
  /** Of its messages. */
  language?: "en" | "ko";
  /** An http or https address that is reached from outside: one of this machine's own network is never dialled. Named again, it gets another secret. */
  url: string;
}

export interface DailyItem {
  /** Predictions that were judged. */
  articles: number;
  /** The base rate's. */
  base_brier: null | number;
  /** The base rate's. */
  base_log_loss: null | number;
  /** Mean over the stocks; null when all is void. */
  brier: null | number;
  /** The base day: the close that returns are measured from. */
  day: string;
  /** Trading days ahead. */
  horizon: number;
  /** Rank correlation with the excess return; null with fewer than three stocks or nothing to rank. */
  ic: null | number;
  /** Mean over the stocks. */
  log_loss: null | number;
  /** Whose day it is. */
  model_id: number;
  /** Live, or from a walk through history. */
  origin: "backtest" | "live";
  /** Of them, rightly. */
  right: number;
  /** Stocks of which a direction was said. */
  said: number;
  /** Stocks of which something was judged. */
  stock_days: number;
  /** Stocks with a positive excess return. */
  ups: number;
  /** Predictions whose outcome has no label. */
  void: number;
}

export interface DailyItemPage {
  /** The items of this page. */
  items: Array<DailyItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface DashboardAnswer {
  /** The latest alerts, with how they turned out so far. */
  alerts: Array<AlertItem>;
  /** The models, each in a sentence. */
  models: Array<ModelItem>;
  /** How much work is due. Numbers stop at 10000. */
  pipeline: PipelineBody;
  /** Where the exchange's day stands. */
  session: SessionBody;
  /** The champion's predictions of the last 24 hours that are farthest from their base rate, one per stock. */
  signals: Array<Prediction>;
  /** How fresh each source is. */
  sources: Array<SourceItem>;
  /** What came in since midnight KST. */
  today: TodayBody;
  /** My watchlist with what is new. */
  watchlist: WatchedBody;
}

export interface DeletedModel {
  /** The model's id. */
  id: number;
  /** retired: it has predicted, and its record stays. */
  result: "deleted" | "retired";
}

export interface DeletedStock {
  /** The stock's code. */
  code: string;
  /** deactivated: news has named it, and what was said of it stays. */
  result: "deactivated" | "deleted";
}

export interface DeliveriesBody {
  /** Recipients who are sent something. */
  active_recipients: number;
  /** The newest messages that may have arrived and are never sent again, whenever that was. */
  ambiguous: Array<AmbiguousItem>;
  /** Recipients who are not. */
  inactive_recipients: number;
  /** How many messages of the alerts since then stand where. */
  notices: DeliveryBody;
  /** Since when the oldest message waits for its turn; null when none does. */
  waiting_since: null | string;
}

export interface DeliveryBody {
  /** It may have arrived; never sent again. */
  ambiguous: number;
  /** Being sent now. */
  claimed: number;
  /** Decided on, to be sent. */
  due: number;
  /** Surely not accepted; will be tried again. */
  failed: number;
  /** Kept for the recipients' digests. */
  held: number;
  /** The chat will not have it. */
  refused: number;
  /** Accepted by the messenger. */
  sent: number;
  /** Held back by the recipient's own rule. */
  suppressed: number;
}

export interface Estimate {
  /** Upper end of it. */
  high: null | number;
  /** Lower end of its 95 percent interval; null when there is none. */
  low: null | number;
  /** The figure. */
  value: null | number;
}

export interface EvidenceBody {
  /** How many equally weighted neighbours they are worth. */
  effective: null | number;
  /** The version of that vector and of the neighbours'. */
  embedder: string;
  /** Past articles, in the model's order. */
  neighbours: Array<NeighbourItem>;
  /** Over how many days the base rate was measured. */
  panel_days: number;
  /** The story's first article, whose vector was searched with. */
  query: number;
  /** What the model itself said, before it was recalibrated by its record; null where it was not. */
  raw_probability: null | number;
}

export interface FailureItem {
  /** How often it failed. */
  attempts: number;
  /** How many workers died with it in hand. */
  crashes: number;
  /** The newest error. */
  error: string;
  /** When it failed first. */
  first_at: string;
  /** The failure's number. */
  id: number;
  /** Which piece of work. */
  key: string;
  /** When it failed last, or was resolved. */
  last_at: string;
  /** The queue that it ran on. */
  queue: string;
  /** gave_up and quarantined wait for an operator; quarantined is what kept taking its worker down. */
  state: "gave_up" | "quarantined" | "resolved" | "retrying";
}

export interface FlagItem {
  /** Beyond which limit. */
  limit: null | number;
  /** What drifts. */
  name: "calibration" | "comparable" | "crawl_lag" | "embedder" | "jump" | "length" | "loss" | "press" | "prices" | "tags" | "void";
  /** How far. */
  value: null | number;
}

export interface FlightItem {
  /** Which piece of it. */
  key: string;
  /** What kind of work it is. */
  kind: string;
  /** The queue that it came from. */
  queue: string;
  /** Since when it is in hand. */
  since: string;
  /** The task: kind, key and how often it was rung for. */
  task_id: string;
}

export interface GateBody {
  /** When that was; null for never. */
  edited_at: null | string;
  /** The user who changed it last; null for nobody. */
  edited_by: null | number;
  /** What the expected move must reach now, percent: so many candidates a day did lately. 0 while there is too little to go by. */
  floor_pct: null | number;
  /** Per horizon, whether the champion's record opens the gate. */
  horizons: Array<GateOpened>;
  /** The expected favourable move must exceed it, percent: the cost of a round trip. */
  min_score_pct: number;
  /** Least distance of the probability from the base rate. */
  min_shift: number;
  /** Alerts a day that the floor is to come to. */
  per_day: number;
}

export interface GateNow {
  /** What the expected favourable move must exceed, percent. */
  min_score_pct: null | number;
  /** Least distance of the probability from the base rate. */
  min_shift: null | number;
}

export interface GateOpened {
  /** Trading days. */
  horizon: number;
  /** The 80 percent interval of the recalibration's slope lies above 0; else predictions are unproven. */
  open: boolean;
  /** The champion's; null when its record is too short for one. */
  recalibration: RecalibrationBody | null;
}

export interface GenerationItem {
  /** The base rate then, 0 to 1. */
  base_rate: null | number;
  /** Its generation. */
  generation: number;
  /** The prediction's id. */
  id: number;
  /** When it was made. */
  made_at: string;
  /** What it said, 0 to 1. */
  probability: null | number;
}

export interface HealthAnswer {
  /** ok while the process lives. */
  status: "ok";
}

export interface IgnoredBody {
  /** Who said so, by the user's id. */
  by: null | number;
  /** When it counts again by itself, on the wall clock. */
  until: string;
}

export interface ImportAnswer {
  /** Stocks that were not tracked. */
  added: number;
  /** Stocks that were, otherwise. */
  changed: number;
  /** Whether nothing was done. */
  dry_run: boolean;
  /** Lines that were understood, the first 1000 of them, in their order. */
  lines: Array<TakenLine>;
  /** Lines that were passed over, the first 100 of them. */
  refused: Array<RefusedLine>;
  /** How many that were. */
  refused_total: number;
  /** Stocks that stay as they are. */
  unchanged: number;
}

export interface ImportStocksRequest {
  /** A head and a line per stock: code and name, and if wanted aliases (separated by |), priority and active. What has no column stays as it is. */
  csv: string;
  /** Only say what would be done. */
  dry_run?: boolean;
}

export interface LimitItem {
  /** Calls at once after a pause, at most. 0: as many as the other limits allow. */
  burst: number;
  /** When an admin changed it; null while it is what the program declares. */
  changed_at: null | string;
  /** Who that was, by the user's id. */
  changed_by: null | number;
  /** An upstream, a host, a model or a chat; one that ends in * stands for all keys that begin so and have no limit of their own. */
  key: string;
  /** Calls from midnight to midnight KST. 0: no such limit. */
  per_day: number;
  /** Calls within any minute, likewise. */
  per_minute: number;
  /** Calls within any second; below one, one call within 1/per_second seconds. 0: no such limit. */
  per_second: number;
  /** Calls of the fleet since midnight KST; null for a pattern, and while they cannot be counted. */
  used_today: null | number;
}

export interface LimitItemPage {
  /** The items of this page. */
  items: Array<LimitItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface LinkBody {
  /** The bot's user name, as in https://t.me/NAME?start=CODE; empty when it is not set up. */
  bot: string;
  /** To be sent to the bot as /start CODE, once. It is shown nowhere else. */
  code: string;
  /** Until when it can be used, on the wall clock. */
  expires_at: string;
}

export interface LoginRequest {
  /** The account's address, in any case. */
  email: string;
  /** The account's password. */
  password: string;
  /** cookie: the refresh token goes into an HttpOnly cookie instead of the answer. Default token. */
  session?: "cookie" | "token";
}

export interface LogoutRequest {
  /** End every session of the account, on every device, instead of this one only. */
  everywhere?: boolean;
}

export interface MinuteItem {
  /** When the minute begins. */
  at: string;
  /** Won. */
  close: number;
  /** Won. */
  high: number;
  /** Won. */
  low: number;
  /** Won, as traded. */
  open: number;
  /** Shares. */
  volume: number;
}

export interface ModelItem {
  /** Won per KST day. Nothing that costs passes when it is 0. */
  daily_budget: number;
  /** Of which it is the champion; empty for all others. */
  horizons: Array<number>;
  /** The model's id. */
  id: number;
  /** Won per million tokens of a prompt. */
  input_price: number;
  /** Its predictions whose outcome became known today. */
  judged_today: number;
  /** baseline, lexicon, analogue, llm or pool. What an llm wrote must be marked as written by AI. */
  kind: string;
  /** Tokens of one reply at most, hidden reasoning included. */
  max_output_tokens: number;
  /** Of a pool: the models whose mean it takes. */
  members: Array<number>;
  /** The model's name. */
  name: string;
  /** Whether the service knows max_tokens only. */
  old_max_tokens: boolean;
  /** Won per million tokens of a reply. */
  output_price: number;
  /** Predictions of today's stories, over all stocks and horizons. */
  predictions_today: number;
  /** The version of an llm's prompt. */
  prompt_version: string;
  /** Base URL of an llm's service; empty means the program's default. */
  provider: string;
  /** The service's name of an llm. */
  provider_model: string;
  /** What its predictions are used for now. */
  role: "challenger" | "champion" | "retired";
  /** The same in Korean. */
  sentence: string;
  /** Won that it cost today, with what is reserved, rounded up; on the wall clock's KST day. */
  spent_today: number;
  /** An llm is not asked about stories up to that day; null when none is known. */
  training_cutoff: null | string;
  /** Of its live record over one day, see /api/statistics; none: a baseline, which has no skill by design. */
  verdict: "collecting" | "no skill shown" | "none" | "skill shown";
  /** Of its code, prompt and settings. */
  version: string;
}

export interface ModelItemPage {
  /** The items of this page. */
  items: Array<ModelItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface ModelRef {
  /** The model's id. */
  id: number;
  /** baseline, lexicon, analogue, llm or pool. What an llm wrote must be marked as written by AI. */
  kind: string;
  /** The model's name. */
  name: string;
  /** What its predictions are used for now. */
  role: "challenger" | "champion" | "retired";
  /** Of its code, prompt and settings. */
  version: string;
}

export interface MurphyBody {
  /** What miscalibration costs. */
  reliability: null | number;
  /** What telling apart gains. */
  resolution: null | number;
  /** What the outcomes themselves bring. */
  uncertainty: null | number;
  /** What is lost by putting forecasts into bins: brier = reliability - resolution + uncertainty + within. */
  within: null | number;
}

export interface MyNotice {
  /** The same in words, in the caller's language. */
  explanation: string;
  /** Whether a digest carries it. */
  in_digest: boolean;
  /** Why it is held or suppressed, or how the send went. */
  reason: string;
  /** When it was sent, on the wall clock; null when it was not. */
  sent_at: null | string;
  /** due: to be sent; held: for the digest; suppressed: by the caller's own rule; ambiguous: it may have arrived, and is never sent again. */
  state: "ambiguous" | "claimed" | "due" | "failed" | "held" | "refused" | "sent" | "suppressed";
}

export interface NeedsBody {
  /** Base days still missing to the least. */
  days: number;
  /** Stock-days still missing to the least. */
  stock_days: number;
}

export interface NeighbourItem {
  /** The past article. */
  article_id: number;
  /** When it became available; null when it was taken down. */
  available_at: null | string;
  /** To the query, -1 to 1. */
  cosine: null | number;
  /** The move: the stock's return less the others' mean, percent. */
  excess_pct: null | number;
  /** When the move was known; not after as_of. */
  known_at: string;
  /** The stock whose move was used. */
  stock: StockRef;
  /** Its story. */
  story_id: number;
  /** The day of the close that ended the move. */
  target_day: null | string;
  /** Its title; empty when it was taken down. */
  title: string;
  /** How much it counted. */
  weight: null | number;
}

export interface NewWebhookBody {
  /** By which what is posted is signed. It is shown this once. */
  secret: string;
  /** The webhook. */
  webhook: WebhookItem;
}

export interface NewsItem {
  /** How many articles tell the story; 1 for a single article. */
  articles: number;
  /** From when on it may be used. */
  available_at: string;
  /** The trading day whose close its returns are measured from; null beyond the calendar. */
  base_day: null | string;
  /** The earlier story that this one echoes; null when none. */
  echo_of: null | number;
  /** The article; of a story its first one. GET /api/news/{id} tells more. */
  id: number;
  /** Journalism or a filing. */
  kind: "disclosure" | "news";
  /** The text is damaged beyond repair; nothing is predicted from it. */
  mojibake: boolean;
  /** Live, or from a walk through history. */
  origin: "backtest" | "live";
  /** Where that lies within its day; null beyond the calendar. */
  phase: "after_close" | "before_open" | "closed_day" | "in_session" | null;
  /** The outlet; empty when unknown. */
  press: string;
  /** When the source says it was published. */
  published_at: string;
  /** The filing's report name; empty for news. */
  report_type: string;
  /** What the champion says of it, by stock and horizon; of stories only. */
  signals: Array<Signal>;
  /** The source that showed it first. */
  source: string;
  /** The companies that it names. */
  stocks: Array<StockRef>;
  /** Its story; null until it has been placed. */
  story_id: null | number;
  /** The feed's own summary; never the article's text. */
  summary: string;
  /** How far published_at can be trusted. */
  time_quality: "crawl" | "date" | "exact";
  /** The article's title. */
  title: string;
  /** The trading day of the session that is running then, or opens next; null beyond the calendar. */
  trades_day: null | string;
  /** The source's page; empty when it gives none. */
  url: string;
}

export interface NewsItemPage {
  /** The items of this page. */
  items: Array<NewsItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface NewsMarker {
  /** The trading day from whose open until the next open the news came. */
  day: string;
  /** How many. */
  stories: number;
  /** The newest of them. */
  story_id: number;
}

export interface NoteBody {
  /** When, on the wall clock. */
  at: string;
  /** Who wrote it, by the user's id. */
  by: null | number;
  /** The note, as it was written. */
  text: string;
}

export interface OptionItem {
  /** The same in words, in the caller's language. */
  explanation: string;
  /** Trading days ahead. */
  horizon: number;
  /** The whole of it. */
  prediction_id: number;
  /** passed and material_change are alerts, unproven is for digests; every other is why not. */
  reason: string;
  /** The expected favourable excess move, percent. */
  score_pct: null | number;
  /** Probability less base rate. */
  shift: null | number;
}

export interface Outcome {
  /** The day whose close the return is measured from. */
  base_day: string;
  /** Less the mean of the other tracked stocks, percent. */
  excess_pct: null | number;
  /** Within the band that is called no move. */
  flat: boolean;
  /** Trading days. */
  horizon: number;
  /** When the closing price was known. */
  known_at: string;
  /** The stock's return, percent. */
  return_pct: null | number;
  /** Whether the sign of the excess return is the predicted one; null when void or nothing was said. */
  right: boolean | null;
  /** The stock's daily sigma as of the story, percent; 0 when unknown. */
  sigma_pct: null | number;
  /** The day whose close it is measured to. */
  target_day: string;
  /** Raised by each later correction of a price. */
  version: number;
  /** Why there is no label; empty when there is one. */
  void: string;
}

export interface PartState {
  /** The part. */
  name: string;
  /** Whether it answered within two seconds. */
  up: boolean;
}

export interface PastTickItem {
  /** When it was due, on the application clock. */
  at: string;
  /** When its work ended, on the wall clock; null while it is under way. */
  done_at: null | string;
  /** When it was made, on the wall clock. */
  made_at: string;
  /** done, or why it was not run; empty while it is under way. */
  outcome: string;
}

export interface PatchFailureRequest {
  /** Until when nobody wants to hear of it: ahead on the wall clock, by a year at most. What it counts stays as it is. */
  ignore_until?: null | string;
  /** What others should know of it; empty: nothing any more. */
  note?: null | string;
  /** It counts again from now on; not beside ignore_until. */
  watch_again?: boolean;
}

export interface PatchGateRequest {
  /** What the expected favourable move must exceed, percent. */
  min_score_pct?: null | number;
  /** Least distance of the probability from the base rate. */
  min_shift?: null | number;
  /** Alerts a day that the floor is to come to. */
  per_day?: null | number;
}

export interface PatchLimitRequest {
  /** Calls at once after a pause, at most. 0: as many as the other limits allow. */
  burst?: null | number;
  /** Calls from midnight to midnight KST. 0: no such limit. */
  per_day?: null | number;
  /** Calls within any minute, likewise. */
  per_minute?: null | number;
  /** Calls within any second; below one, one call within 1/per_second seconds. 0: no such limit. */
  per_second?: null | number;
}

export interface PatchMeRequest {
  /** The password that is to end. */
  current_password: string;
  /** The new password. Every other session of the account ends. */
  password: string;
}

export interface PatchModelRequest {
  /** Won per KST day. Nothing that costs passes when it is 0. */
  daily_budget?: null | number;
  /** Of which it is to be the champion; all when absent. They are taken from whoever has them. */
  horizons?: Array<number> | null;
  /** Won per million tokens of a prompt. */
  input_price?: null | number;
  /** Tokens of one reply at most, hidden reasoning included; 1000 when absent. */
  max_output_tokens?: null | number;
  /** Of a pool: 2 to 10 models that are no pools. */
  members?: Array<number> | null;
  /** What it is to be called; needed for a new one. */
  name?: null | string;
  /** Whether the service knows max_tokens only, as Ollama. */
  old_max_tokens?: boolean | null;
  /** Won per million tokens of a reply. */
  output_price?: null | number;
  /** The version of an llm's prompt; the newest when absent. */
  prompt_version?: null | string;
  /** Base URL of an llm's service; empty means the program's default. Its key is found by its host. */
  provider?: null | string;
  /** The service's name of an llm. */
  provider_model?: null | string;
  /** What its predictions are to be used for; challenger for a new one. */
  role?: "challenger" | "champion" | "retired" | null;
  /** An llm is not asked about stories up to that day. */
  training_cutoff?: null | string;
}

export interface PatchQueueRequest {
  /** How many of its tasks each worker is to run at once; 0 for the program's own number. */
  concurrency?: null | number;
  /** Whether nothing is to be taken from it. A pause outlives a loss of Redis. */
  paused?: boolean | null;
}

export interface PatchRecipientRequest {
  /** Switch him on, after whatever switched him off is settled, or off. */
  active?: boolean | null;
  /** Why he is switched off. */
  reason?: string;
}

export interface PatchScheduleRequest {
  /** Five fields in KST, a word such as @daily, or @every and a period of at least a second. Another one counts from now. */
  cron?: null | string;
  /** A tick missed by more is never made up for. */
  max_late_seconds?: null | number;
  /** What becomes of ticks that nobody rang in time. */
  misfire?: "all" | "once" | "skip" | null;
  /** Whether it is not to tick. */
  paused?: boolean | null;
}

export interface PatchSourceRequest {
  /** Whether it is crawled. */
  on?: boolean | null;
  /** Seconds between two crawls, on the application clock. */
  period_seconds?: null | number;
}

export interface PatchStockRequest {
  /** Whether it is followed; a new one is. */
  active?: boolean | null;
  /** Other names by which news calls it, at most 50 characters each. */
  aliases?: Array<string> | null;
  /** The company's name, by which news finds it; needed for a new one. */
  name?: null | string;
  /** 1, watched most closely, to 5; 3 for a new one. */
  priority?: null | number;
}

export interface PatchUserRequest {
  /** Whether he may sign in; false ends his sessions at once. */
  active?: boolean | null;
  /** Another password; his sessions end at once. */
  password?: null | string;
  /** What he may do; his access tokens end at once. */
  role?: "admin" | "operator" | "user" | null;
}

export interface PickedItem {
  /** Mean base rate of the directions that were said; null without a pick. */
  base_rate: null | number;
  /** sent: by the rule; random: anybody of the gate's candidates; sigma: those whose stock moves most. The controls pick as many a day as the rule's cap, at most. */
  chooser: "random" | "sent" | "sigma";
  /** Picks with a known outcome. */
  picks: number;
  /** Of them, those that went in the direction that was said. */
  right: number;
}

export interface PipelineBody {
  /** Open failures that wait for an operator. */
  gave_up: number;
  /** Open failures that will be tried again. */
  retrying: number;
  /** Calls and filings of which it is not decided whom to alert. */
  to_decide: number;
  /** Articles without a vector. */
  to_embed: number;
  /** Model calls to be made. */
  to_predict: number;
  /** Alerts that not everybody was told of. */
  to_send: number;
}

export interface PrecisionItem {
  /** Mean base rate of the directions that were said; null without a pick. */
  base_rate: null | number;
  /** sent: the signals that were sent; random: anybody of the same candidates; sigma: those whose stock moves most. */
  chooser: "random" | "sent" | "sigma";
  /** Days that have one. */
  days: number;
  /** How many of a day count at most, the best first. */
  k: 1 | 3 | 5;
  /** Mean excess return in the direction that was said, less .30 for the cost, percent. A past mean: no return is promised, and none adds up. */
  net_mean_pct: Estimate | null;
  /** Picks with a known outcome. */
  picks: number;
  /** Share of them, with the wider of Wilson's interval and that of whole days; null without a pick. */
  precision: Estimate | null;
  /** Picks that went in the direction that was said. */
  right: number;
}

export interface Prediction {
  /** When the story became available; nothing later was looked at. */
  as_of: string;
  /** The day whose close the return is measured from. */
  base_day: null | string;
  /** What would be said without the story, 0 to 1. */
  base_rate: null | number;
  /** The sign of probability minus base rate. */
  direction: -1 | 0 | 1;
  /** How many equally weighted ones they are worth. */
  effective: null | number;
  /** Expected excess return, percent. */
  expected_pct: null | number;
  /** 1 for the first, raised by each ordered re-prediction. */
  generation: number;
  /** Upper end of that interval. */
  high_pct: null | number;
  /** Trading days ahead. */
  horizon: number;
  /** The prediction's id. */
  id: number;
  /** Made after its target session opened; left out of the headline numbers. */
  late: boolean;
  /** Lower end of the 80 percent interval of the excess return. */
  low_pct: null | number;
  /** When it was made. */
  made_at: string;
  /** Who made it. */
  model: ModelRef;
  /** How many past articles it rests on. */
  neighbours: number;
  /** What the model has to add; empty when nothing. */
  note: string;
  /** Live, or from a walk through history. */
  origin: "backtest" | "live";
  /** What happened; null while it is not known. */
  outcome: Outcome | null;
  /** Of a positive excess return, 0 to 1. */
  probability: null | number;
  /** The stock. */
  stock: StockRef;
  /** The story that it is about. */
  story_id: number;
  /** The day whose close it is measured to; null where the calendar ends. */
  target_day: null | string;
  /** The title of the story's first article. */
  title: string;
}

export interface PredictionAnswer {
  /** What a language model wrote as its reason; null when none did, or it was erased. */
  ai_text: AiText | null;
  /** When the story became available; nothing later was looked at. */
  as_of: string;
  /** The day whose close the return is measured from. */
  base_day: null | string;
  /** What would be said without the story, 0 to 1. */
  base_rate: null | number;
  /** The model call that made it. */
  call: CallBody;
  /** The sign of probability minus base rate. */
  direction: -1 | 0 | 1;
  /** How many equally weighted ones they are worth. */
  effective: null | number;
  /** What it rests on. */
  evidence: EvidenceBody;
  /** Expected excess return, percent. */
  expected_pct: null | number;
  /** 1 for the first, raised by each ordered re-prediction. */
  generation: number;
  /** The same statement in all its generations, newest first, at most 50. */
  generations: Array<GenerationItem>;
  /** Upper end of that interval. */
  high_pct: null | number;
  /** Trading days ahead. */
  horizon: number;
  /** The prediction's id. */
  id: number;
  /** Made after its target session opened; left out of the headline numbers. */
  late: boolean;
  /** Lower end of the 80 percent interval of the excess return. */
  low_pct: null | number;
  /** When it was made. */
  made_at: string;
  /** Who made it. */
  model: ModelRef;
  /** How many past articles it rests on. */
  neighbours: number;
  /** What the model has to add; empty when nothing. */
  note: string;
  /** Live, or from a walk through history. */
  origin: "backtest" | "live";
  /** What happened; null while it is not known. */
  outcome: Outcome | null;
  /** Of a positive excess return, 0 to 1. */
  probability: null | number;
  /** Its receipt, made before the outcome; null while it has none, as backtests never have. */
  seal: SealBody | null;
  /** The stock. */
  stock: StockRef;
  /** The story that it is about. */
  story_id: number;
  /** The day whose close it is measured to; null where the calendar ends. */
  target_day: null | string;
  /** The title of the story's first article. */
  title: string;
}

export interface PredictionMarker {
  /** When the story became available; nothing later was looked at. */
  as_of: string;
  /** Where it stands on the chart. */
  base_day: null | string;
  /** What would be said without the story, 0 to 1. */
  base_rate: null | number;
  /** The stock. */
  code: string;
  /** The sign of probability minus base rate. */
  direction: -1 | 0 | 1;
  /** Trading days ahead. */
  horizon: number;
  /** Made after its target session opened. */
  late: boolean;
  /** How many past articles it rests on. */
  neighbours: number;
  /** Live, or from a walk through history. */
  origin: "backtest" | "live";
  /** What happened; null while it is open. */
  outcome: Outcome | null;
  /** The whole of it. */
  prediction_id: number;
  /** Of a positive excess return, 0 to 1. */
  probability: null | number;
  /** The story that it is about. */
  story_id: number;
}

export interface PredictionPage {
  /** The items of this page. */
  items: Array<Prediction>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface PreviewBody {
  /** Alerts of these days, those for digests included; of more than 2000 the newest. */
  candidates: number;
  /** Calendar days that were looked at. */
  days: number;
  /** How many would have been held for the digest. */
  held: number;
  /** How these signals came out, as far as that is known, beside the two choosers of the same days. */
  judged: Array<PickedItem>;
  /** What became of them, the most frequent first. */
  reasons: Array<ReasonCount>;
  /** How many would have been sent at once. */
  sent: number;
  /** How many of those sent at once would have been signals; the others are urgent filings, which nobody judges. */
  signals: number;
}

export interface PricesAnswer {
  /** Days, oldest first; empty where minutes were asked for. */
  bars: Array<BarItem>;
  /** Six-character code; leading zeros count. */
  code: string;
  /** How long a bar is. */
  interval: "day" | "minute";
  /** The exchange's minutes that had a trade, oldest first; empty where days were asked for. */
  minutes: Array<MinuteItem>;
  /** The company's name; the code when none is known. */
  name: string;
  /** How many stories each trading day had, oldest first. */
  news: Array<NewsMarker>;
  /** The champion's predictions, newest first, at most 200. */
  predictions: Array<PredictionMarker>;
}

export interface Problem {
  /** What went wrong, for a person to read, in the language of Content-Language. */
  detail: string;
  /** The input field at fault, as in filter.codes[2]; empty when it is not about one. */
  field: string;
  /** What to quote when asking for help; the log has it too. */
  request_id: string;
  /** The HTTP status. */
  status: number;
  /** The status in words, in the language of Content-Language. */
  title: string;
  /** Always about:blank: the status says what kind of problem it is. */
  type: string;
}

export interface PurgeAnswer {
  /** How many tasks were deleted. Work that Postgres says is due is rung for again within seconds. */
  deleted: number;
}

export interface PutRuleRequest {
  /** Whether anything is sent at all; left out it stays as it is. */
  active?: boolean | null;
  /** Messages a day at most. */
  daily_cap?: null | number;
  /** What was held back, and unproven signals, once a day. */
  digest?: boolean | null;
  /** 1: only signals that point up; -1: only down; 0: both. */
  direction?: -1 | 0 | 1 | null;
  /** Of signals, trading days: some of 1, 3 and 5; none means no signals. */
  horizons?: Array<number> | null;
  /** Of messages; left out it stays as it is. */
  language?: "en" | "ko";
  /** Least distance of a signal's probability from the base rate; 0 leaves it to the gate. */
  min_shift?: null | number;
  /** Nothing is sent before; left out it is not muted. */
  muted_until?: null | string;
  /** The hour, KST, from which nothing is sent. */
  quiet_from?: null | number;
  /** The hour, KST, up to which nothing is sent. */
  quiet_to?: null | number;
  /** Urgent filings, too. */
  urgent?: boolean | null;
}

export interface PutWatchlistRequest {
  /** Every tracked stock, but for those of the list that are watched without alerts. */
  all?: boolean;
  /** The whole list, each stock once. */
  codes: Array<string>;
  /** Those of codes to be watched without alerts. Absent: those that were so, and are on the list still. */
  silent?: Array<string> | null;
}

export interface QueueItem {
  /** Tasks under way. */
  active: number;
  /** Tasks that Redis has given up; the program's own never are: see failures. */
  archived: number;
  /** When an admin changed it last; null when none did. */
  changed_at: null | string;
  /** Who that was, by the user's id. */
  changed_by: null | number;
  /** How many of its tasks each worker runs at once; 0 for a queue that is not the program's own. */
  concurrency: number;
  /** The program's own number. */
  default_concurrency: number;
  /** Those that failed. */
  failed_today: number;
  /** How long the oldest pending task has waited. */
  latency_seconds: null | number;
  /** The queue's name. */
  name: string;
  /** Nothing is taken from it; what waits stays. */
  paused: boolean;
  /** Tasks that wait for a worker. */
  pending: number;
  /** Tasks that ended in a second, lately; null until this process has looked twice. */
  per_second: null | number;
  /** Tasks that ended since midnight UTC, failed ones included. */
  processed_today: number;
  /** Tasks that failed or were put back, and are given out again. */
  retry: number;
  /** Tasks that are given out at a time to come. */
  scheduled: number;
}

export interface QueueItemPage {
  /** The items of this page. */
  items: Array<QueueItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface RanSchedule {
  /** The schedule's name. */
  name: string;
  /** The tick that was made; within one second there is one. */
  tick: string;
}

export interface ReadyAnswer {
  /** Each part that the API needs. */
  parts: Array<PartState>;
  /** down when a part is. */
  status: "down" | "ok";
}

export interface ReasonCount {
  /** How many. */
  count: number;
  /** Why. */
  reason: string;
  /** due: sent at once. */
  state: "due" | "held" | "suppressed";
}

export interface RecalibrationBody {
  /** The loss has got worse lately: the slope was halved and counts as unproven. */
  drifting: boolean;
  /** In logits. */
  intercept: null | number;
  /** It rests on outcomes that were known then. */
  known_at: string;
  /** The interval lies above 0: predictions may become alerts. */
  proven: boolean;
  /** What a distance from the base rate is worth: 0 nothing, 1 all of it. */
  slope: null | number;
  /** Upper end of it. */
  slope_high: null | number;
  /** Lower end of the slope's 80 percent interval. */
  slope_low: null | number;
  /** Stock-days that it was fitted on. */
  stock_days: number;
}

export interface RecallItem {
  /** Of them, those of which a signal was sent, of whatever horizon. */
  alerted: number;
  /** Base days that have one. */
  days: number;
  /** Stock-days with news whose excess return over one day lay beyond two of the stock's daily sigmas. */
  moves: number;
  /** Share that was alerted, with the wider of Wilson's interval and that of whole days; null without a move. Moves without news are not counted. */
  recall: Estimate | null;
  /** Of these, those whose signal named the direction. */
  right: number;
}

export interface RecipientItem {
  /** Whether anything is sent. */
  active: boolean;
  /** The chat that is linked; null for none. Groups are negative. */
  chat_id: null | number;
  /** Messages a day at most. */
  daily_cap: number;
  /** The recipient's number. */
  id: number;
  /** Of his messages. */
  language: "en" | "ko";
  /** Nothing is sent before; null for not muted. */
  muted_until: null | string;
  /** Why not, as far as it is known: what the messenger said, or who stopped it. */
  off_reason: string;
  /** Full hour KST from which nothing is sent. */
  quiet_from: number;
  /** Full hour KST from which it is sent again; the same as quiet_from for no quiet hours. */
  quiet_to: number;
  /** Whose he is; null for a bare chat, as of a group. */
  user_id: null | number;
  /** He hears of every stock, but for those of the list that he watches without alerts. */
  watch_all: boolean;
  /** The stocks on his list. */
  watchlist: Array<string>;
}

export interface RecipientItemPage {
  /** The items of this page. */
  items: Array<RecipientItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface RecordItem {
  /** Share of stock-days whose direction, sign(probability - base rate), was right, of those of which one was said. */
  accuracy: Estimate | null;
  /** The same with Wilson's interval, which takes stock-days for independent. */
  accuracy_if_independent: Estimate | null;
  /** Predictions that were judged. */
  articles: number;
  /** Chance that a rise was given more than a fall; .5 knows nothing. */
  auc: Estimate | null;
  /** Mean of the shares that were right among rises and among falls. */
  balanced_accuracy: Estimate | null;
  /** The base rate's; null while collecting. */
  base_brier: null | number;
  /** The base rate's. */
  base_log_loss: null | number;
  /** Brier score; null while collecting. */
  brier: null | number;
  /** Share of stock-days of which something other than the base rate was said; null while collecting. */
  coverage: null | number;
  /** Base days. */
  days: number;
  /** What drifts; empty when nothing does. */
  drift: Array<FlagItem>;
  /** The most that a capital of 1 has become that was bet on the model being better than the base rate. It is no probability. */
  evidence: null | number;
  /** The first base day; null for an empty record. */
  from: null | string;
  /** Trading days ahead. */
  horizon: number;
  /** Mean of the days' rank correlations with the excess return. */
  ic: Estimate | null;
  /** Days that have a rank correlation. */
  ic_days: number;
  /** That mean in the days' standard deviations; null when unknown. */
  icir: null | number;
  /** When it was judged last; null when never. */
  judged_at: null | string;
  /** Predictions made after their target session had opened; not judged. */
  late: number;
  /** Mean negative log likelihood. */
  log_loss: Estimate | null;
  /** Whose record it is. */
  model: ModelRef;
  /** What is missing to a verdict. */
  needs: NeedsBody;
  /** 'too few days': intervals rest on single stock-days, and are too narrow; empty otherwise. */
  note: string;
  /** What was said live, or in a walk through history; never mixed. */
  origin: "backtest" | "live";
  /** Brier skill against the panel's base rate: 1 is perfect, 0 is the base rate's; null while collecting. */
  skill: Estimate | null;
  /** The unit of evidence: pairs of stock and base day. */
  stock_days: number;
  /** Of them, with near-duplicates counted once. */
  stories: number;
  /** Scores over fall, no move and rise; null while collecting or when no volatility was known. */
  three_way: ThreeWay | null;
  /** What evidence must reach. */
  threshold: number;
  /** The last one. */
  to: null | string;
  /** Share of stock-days with a positive excess return; null while collecting. */
  up_rate: null | number;
  /** skill shown: the whole interval of the skill lies above 0 and the bets on it have reached the threshold. */
  verdict: "collecting" | "no skill shown" | "skill shown";
  /** Predictions whose outcome has no label. */
  void: number;
}

export interface RefreshRequest {
  /** The newest refresh token; without it the cookie is read. */
  refresh_token?: string;
  /** cookie: where there is neither a token nor a cookie nobody is signed in, which is no mistake: 204 instead of 401. Default token. */
  session?: "cookie" | "token";
}

export interface RefusedLine {
  /** Its number; the head is 1. */
  line: number;
  /** What is wrong with it. */
  why: string;
}

export interface ReliabilityItem {
  /** Stock-days of about one probability, as many in each, from low to high; empty while collecting. */
  bins: Array<BinItem>;
  /** Mean distance between probability and frequency over the bins; to be read beside ece_null95 only. */
  ece: null | number;
  /** What a perfectly calibrated forecaster's ece stays below 95 times of a hundred. */
  ece_null95: null | number;
  /** Trading days ahead. */
  horizon: number;
  /** Sum of outcome minus probability in its standard deviations; beyond 3 the whole is off. */
  in_the_large_z: null | number;
  /** Of the fit of outcomes to the probabilities' logits: 0 when calibrated. */
  intercept: Estimate | null;
  /** When it was judged last; null when never. */
  judged_at: null | string;
  /** Whose record it is. */
  model: ModelRef;
  /** The Brier score in parts; null while collecting. */
  murphy: MurphyBody | null;
  /** What was said live, or in a walk through history; never mixed. */
  origin: "backtest" | "live";
  /** What predictions apply now; null when the record is too short for one. */
  recalibration: RecalibrationBody | null;
  /** Of that fit: 1 when calibrated, below 1 when too bold. */
  slope: Estimate | null;
  /** Stock-days that the record has. */
  stock_days: number;
}

export interface ReliabilityItemPage {
  /** The items of this page. */
  items: Array<ReliabilityItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface RemovalItem {
  /** How many a query finds now; of the vector index, how many it may still hold. */
  left: number;
  /** Where words of the article were kept, or work that would have spread them. */
  place: string;
  /** How many rows were emptied, deleted or stopped, over all orders. */
  removed: number;
}

export interface ReportAnswer {
  /** Six-character code; leading zeros count. */
  code: string;
  /** To be shown with it. */
  disclaimer: string;
  /** When it was drawn; null when nothing has been predicted yet. */
  drawn_at: null | string;
  /** The company's name; the code when none is known. */
  name: string;
  /** One per horizon. */
  sections: Array<ReportSection>;
  /** The version's number; 0 when nothing has been predicted yet. */
  version: number;
  /** The versions that there are, newest first, at most 50. */
  versions: Array<ReportVersion>;
}

export interface ReportSection {
  /** The reason that a language model wrote, to be shown with its mark; null when none did. */
  ai_text: AiText | null;
  /** What it is drawn from. */
  prediction: Prediction;
  /** The numbers in Korean words, made by a rule. */
  sentence: string;
}

export interface ReportVersion {
  /** When it was drawn. */
  drawn_at: string;
  /** The version's number. */
  version: number;
}

export interface RepredictAnswer {
  /** How many model calls that is: one per story and model. */
  calls: number;
  /** About how much, in millionths of a won; 0 for local models. No model passes its daily budget. */
  cost_micro_won: number;
  /** Whether this was only counted. */
  dry_run: boolean;
  /** What the estimate rests on: nothing to pay for, what past calls have used, or what a call may use where a model was never asked. */
  estimated_by: "nothing" | "past calls" | "upper bound";
  /** About how many; 0 for local models. */
  input_tokens: number;
  /** About how many; 0 for local models. */
  output_tokens: number;
  /** The order; null for a dry run. */
  run: RunBody | null;
  /** How many stories are met. */
  stories: number;
}

export interface RepredictRequest {
  /** Only count what would be done and what it would cost. */
  dry_run?: boolean;
  /** Which stories, by stock and time. */
  filter?: StoriesRequest;
  /** Which stories, by id; together with the filter both must hold. */
  ids?: Array<number>;
  /** By which models; all that are not retired when absent. */
  model_ids?: Array<number>;
}

export interface RequestItem {
  /** When it was sent, on the wall clock. */
  at: string;
  /** Millionths of a won; what was reserved where nobody knows. */
  cost_micro_won: number;
  /** Whether its texts were erased. */
  erased: boolean;
  /** What was wrong with the answer; empty when nothing was. */
  flaw: string;
  /** Tokens of the prompt. */
  input_tokens: number;
  /** Milliseconds. */
  latency_ms: number;
  /** Tokens of the reply. */
  output_tokens: number;
  /** Of its exact bytes. */
  prompt_hash: string;
  /** The version of the prompt. */
  prompt_version: string;
  /** Whether it was the attempt to mend an answer. */
  repair: boolean;
  /** flawed: its answer could not be used; refused: nothing was billed; unknown: nobody knows whether it was carried out. */
  state: "answered" | "flawed" | "open" | "refused" | "unknown";
}

export interface RetryAnswer {
  /** Their causes, the most frequent first, at most 20. */
  causes: Array<RetryCause>;
  /** How many failures that is: at most 100000, the oldest first. */
  count: number;
  /** Whether this was only counted. */
  dry_run: boolean;
  /** The order; null for a dry run, and where there is nothing to retry. */
  run: RunBody | null;
  /** What was counted; an order that names it is about just that. It is kept for a month. */
  snapshot: number;
}

export interface RetryCause {
  /** How many of them. */
  count: number;
  /** The cause. */
  fingerprint: string;
  /** What kind of work failed. */
  kind: string;
}

export interface RetryFilterRequest {
  /** Only with this in the newest error. */
  error?: string;
  /** Only of this cause. */
  fingerprint?: string;
  /** Failed last at or after this time. */
  from?: string;
  /** Only these. */
  ids?: Array<number>;
  /** Only of this kind of work. */
  kind?: string;
  /** Only of this queue. */
  queue?: string;
  /** Only in this state. */
  state?: "gave_up" | "quarantined";
  /** Failed last before this time. */
  to?: string;
}

export interface RetryRequest {
  /** Only count, and keep what was counted for an order. */
  dry_run?: boolean;
  /** Which failures; absent, all that wait for an operator. */
  filter?: RetryFilterRequest | null;
  /** How many a second are let go at most: from one a second the pace doubles every five seconds up to that. Absent: as fast as it goes. */
  per_second?: number;
  /** Just what a dry run has counted, by its snapshot; instead of a filter. */
  snapshot?: number;
}

export interface RuleBody {
  /** Whether anything is sent at all. */
  active: boolean;
  /** Messages a day at most, the digest apart. Of a stock one signal a day comes in any case. */
  daily_cap: number;
  /** What was held back, and unproven signals, once a day; else they are dropped. */
  digest: boolean;
  /** 1: only signals that point up; -1: only down; 0: both. */
  direction: -1 | 0 | 1;
  /** What a signal must come to now, whatever the rule. */
  gate: GateNow;
  /** Of signals, trading days; none means no signals. */
  horizons: Array<number>;
  /** Of messages. */
  language: "en" | "ko";
  /** Whether a chat is linked: without one everything is decided, and nothing sent. */
  linked: boolean;
  /** Least distance of a signal's probability from the base rate; 0 leaves it to the gate. */
  min_shift: null | number;
  /** Nothing is sent before; null for not muted. */
  muted_until: null | string;
  /** Why nothing is sent; empty when something is, or when the owner switched it off. */
  off_reason: string;
  /** The hour, KST, from which nothing is sent. Equal to quiet_to: no quiet hours. */
  quiet_from: number;
  /** The hour, KST, up to which nothing is sent; earlier than quiet_from: over midnight. */
  quiet_to: number;
  /** Urgent filings, too. */
  urgent: boolean;
}

export interface RuleRequest {
  /** Messages a day at most. */
  daily_cap?: null | number;
  /** What was held back, and unproven signals, once a day. */
  digest?: boolean | null;
  /** 1: only signals that point up; -1: only down; 0: both. */
  direction?: -1 | 0 | 1 | null;
  /** Of signals, trading days: some of 1, 3 and 5; none means no signals. */
  horizons?: Array<number> | null;
  /** Least distance of a signal's probability from the base rate; 0 leaves it to the gate. */
  min_shift?: null | number;
  /** The hour, KST, from which nothing is sent. */
  quiet_from?: null | number;
  /** The hour, KST, up to which nothing is sent. */
  quiet_to?: null | number;
  /** Urgent filings, too. */
  urgent?: boolean | null;
}

export interface RunBody {
  /** The user who cancelled it; null when nobody did. */
  cancelled_by: null | number;
  /** When it was ordered. */
  created_at: string;
  /** How many are done. */
  done: number;
  /** Why it failed; empty when it did not. */
  error: string;
  /** How long it will take if it goes on as it has; null while that cannot be told. */
  eta_seconds: null | number;
  /** How many were given up or skipped. */
  failed: number;
  /** When it ended; null before. */
  finished_at: null | string;
  /** The run's number. */
  id: number;
  /** What was ordered: while a run with it is open, ordering it again gives that run. */
  key: string;
  /** crawl, repredict or retry. */
  kind: string;
  /** The user who ordered it; null for nobody. */
  ordered_by: null | number;
  /** The parameters of its kind. */
  params: unknown;
  /** Why it was cancelled; empty when it was not. */
  reason: string;
  /** What came out; null while it is open. */
  result: unknown;
  /** When it began; null before. */
  started_at: null | string;
  /** queued and running are open, the others are final. */
  state: "cancelled" | "done" | "failed" | "queued" | "running";
  /** How many steps it has; 0 until that is known. */
  total: number;
}

export interface RunBodyPage {
  /** The items of this page. */
  items: Array<RunBody>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface ScheduleItem {
  /** Five fields in KST, a word such as @daily, or @every and a period; on the application clock. */
  cron: string;
  /** When an admin changed it last; null while it is as the program declares it. */
  edited_at: null | string;
  /** Who that was, by the user's id. */
  edited_by: null | number;
  /** What kind of work it rings for. */
  kind: string;
  /** Its last five ticks, newest first. */
  last_ticks: Array<PastTickItem>;
  /** A tick missed by more is never made up for. */
  max_late_seconds: number;
  /** What becomes of ticks that nobody rang in time: gone; one run makes up for all; each is made up for. */
  misfire: "all" | "once" | "skip";
  /** The schedule's name. */
  name: string;
  /** Its next five; none while it is paused. */
  next_ticks: Array<string>;
  /** It does not tick. */
  paused: boolean;
  /** The queue in which that waits. */
  queue: string;
}

export interface ScheduleItemPage {
  /** The items of this page. */
  items: Array<ScheduleItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface SealBody {
  /** SHA-256 of all that the prediction says and rests on. */
  hash: string;
  /** SHA-256 over the seal's hashes and the head before. */
  head: string;
  /** The seal's number; the chain has no gap. */
  number: number;
  /** When it was sealed, on the wall clock. */
  sealed_at: string;
  /** The first 12 digits of the head, as alerts carry it. */
  short: string;
}

export interface SessionBody {
  /** When that session closes. */
  closes_at: null | string;
  /** The application's clock. */
  now: string;
  /** When the running or the next regular session opens; null when the calendar does not know. */
  opens_at: null | string;
  /** Where now lies within its day. */
  phase: "after_close" | "before_open" | "closed_day" | "in_session";
  /** The trading day of that session. */
  trades_day: string;
}

export interface SessionItem {
  /** From where it was opened or refreshed last; empty where that is not known. */
  address: string;
  /** What the program there calls itself, its first 300 characters; empty where it says nothing. */
  agent: string;
  /** When it was signed in. */
  created_at: string;
  /** Whether this call is of it. */
  current: boolean;
  /** When it ends, unless it is refreshed before. */
  expires_at: string;
  /** The session's number. */
  id: number;
  /** browser: its refresh token is in a cookie; monitor: of the queue's monitor; program: every other. */
  kind: "browser" | "monitor" | "program";
  /** When it was opened or refreshed last: what is in use is refreshed every 15 minutes. */
  used_at: string;
}

export interface SessionItemPage {
  /** The items of this page. */
  items: Array<SessionItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface Signal {
  /** When the story became available; nothing later was looked at. */
  as_of: string;
  /** What would be said without the story, 0 to 1. */
  base_rate: null | number;
  /** The stock. */
  code: string;
  /** The sign of probability minus base rate. */
  direction: -1 | 0 | 1;
  /** Trading days ahead. */
  horizon: number;
  /** Made after its target session opened. */
  late: boolean;
  /** How many past articles it rests on. */
  neighbours: number;
  /** The whole of it. */
  prediction_id: number;
  /** Of a positive excess return, 0 to 1. */
  probability: null | number;
  /** The story that it is about. */
  story_id: number;
}

export interface SimMove {
  /** The stock's return less the others' mean, percent. */
  excess_pct: null | number;
  /** Trading days. */
  horizon: number;
  /** When this was known; before the prediction's as_of. */
  known_at: string;
  /** The day of the close. */
  target_day: null | string;
  /** How much it counted in the prediction. */
  weight: null | number;
}

export interface SimilarItem {
  /** The earlier article. */
  article_id: number;
  /** When it became available; null when it was taken down. */
  available_at: null | string;
  /** To the query, -1 to 1. */
  cosine: null | number;
  /** What followed, by horizon. */
  moves: Array<SimMove>;
  /** The stock whose move is shown. */
  stock: StockRef;
  /** Its story. */
  story_id: number;
  /** Its title; empty when it was taken down. */
  title: string;
}

export interface SourceItem {
  /** Seconds since it answered last; null when it never did. */
  age_seconds: null | number;
  /** Keeps the fleet from asking a source that is down. */
  breaker: BreakerBody;
  /** Whether it can be crawled; false for one that once could. */
  configured: boolean;
  /** Share of the last 32 attempts that failed, 0 to 1. */
  error_rate: null | number;
  /** Failed attempts since it answered last. */
  errors_in_row: number;
  /** New items over its life. */
  items: number;
  /** From publication to first seen, median of the last day's items with an exact time; null without such items. */
  lag_p50_seconds: null | number;
  /** The same, 95th percentile. */
  lag_p95_seconds: null | number;
  /** When it was asked last. */
  last_attempt_at: null | string;
  /** Its newest error; null for those who may not see failures. */
  last_error: null | string;
  /** When that was. */
  last_error_at: null | string;
  /** When it last showed something new. */
  last_item_at: null | string;
  /** When it answered last; an answer with nothing new counts. */
  last_success_at: null | string;
  /** The source's name. */
  name: string;
  /** Whether it is crawled; an admin can switch it off. */
  on: boolean;
  /** Seconds between two crawls; null for one that is asked when something is due. */
  period_seconds: null | number;
  /** Calls left until midnight KST; null when its days have no limit, or while they cannot be counted. */
  quota_left: null | number;
  /** failing: the last attempt failed; waiting: it was never tried; off: an admin has switched it off. */
  state: "failing" | "off" | "ok" | "waiting";
  /** dry: it answers, and has shown nothing new for longer than ever on this weekday at this hour; learning: too little is known to say; null while it does not answer. */
  yield: "dry" | "learning" | "normal" | null;
}

export interface SourceItemPage {
  /** The items of this page. */
  items: Array<SourceItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface StatisticsPage {
  /** How the signals that were sent came out, beside two choosers without a model who picked of the same days' candidates. */
  alerts: Array<PrecisionItem>;
  /** What drifts of what comes in, for all records; empty when nothing does. */
  inputs: Array<FlagItem>;
  /** The items of this page. */
  items: Array<RecordItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
  /** How many big moves after news the signals had announced. */
  recall: RecallItem;
}

export interface StockItem {
  /** Whether it is followed now. */
  active: boolean;
  /** Other names by which news calls it. */
  aliases: Array<string>;
  /** Against the trading day before, adjusted for splits; null when unknown. */
  change_pct: null | number;
  /** Six-character code; leading zeros count. */
  code: string;
  /** Won, as traded. */
  last_close: null | number;
  /** The day of the last close; null when none is known. */
  last_day: null | string;
  /** KOSPI or KOSDAQ; empty when unknown. */
  market: string;
  /** The company's name; the code when none is known. */
  name: string;
  /** Stories of the last 24 hours. */
  news_24h: number;
  /** Predictions, by any model and horizon, of stories of the last 24 hours. */
  predictions_24h: number;
  /** 1, watched most closely, to 5. */
  priority: number;
  /** What the champion says of the newest story that it spoke about, by horizon. */
  signals: Array<Signal>;
}

export interface StockItemPage {
  /** The items of this page. */
  items: Array<StockItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface StockRef {
  /** Six-character code; leading zeros count. */
  code: string;
  /** The company's name; the code when none is known. */
  name: string;
}

export interface StopABTestRequest {
  /** Why; it stays with the experiment. */
  reason: string;
}

export interface StoriesRequest {
  /** Only stories that name one of these stocks. */
  codes?: Array<string>;
  /** Available at or after this time. */
  from?: string;
  /** Available before this time. */
  to?: string;
}

export interface TakedownBody {
  /** The articles that were found there; their rows stay, without their words. */
  articles: Array<number>;
  /** Whether every place was looked at and nothing is left; false while the vector index has yet to follow. */
  complete: boolean;
  /** The take-down's number. */
  id: number;
  /** When it was first ordered. */
  ordered_at: string;
  /** Place by place, what was removed and what a query finds there now. */
  proof: Array<RemovalItem>;
  /** As it was first ordered. */
  reason: string;
  /** The address in its one form; no crawl brings it back. */
  url: string;
}

export interface TakedownItem {
  /** Articles that were found there. */
  articles: number;
  /** The take-down's number. */
  id: number;
  /** The vector index has yet to follow. */
  index_due: boolean;
  /** When it was first ordered, on the wall clock. */
  ordered_at: string;
  /** The user who ordered it; null for the command line. */
  ordered_by: null | number;
  /** As it was first ordered. */
  reason: string;
  /** The address in its one form. */
  url: string;
}

export interface TakedownItemPage {
  /** The items of this page. */
  items: Array<TakedownItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface TakenLine {
  /** The stock as the line has it. */
  after: TrackedItem;
  /** The stock as it was; null for one that was not tracked. */
  before: TrackedItem | null;
  /** Its number; the head is 1. */
  line: number;
  /** What becomes of its stock. */
  result: "added" | "changed" | "unchanged";
}

export interface Telling {
  /** From when on it may be used. */
  available_at: string;
  /** To the story's first article, -1 to 1. */
  cosine: null | number;
  /** The article. */
  id: number;
  /** The outlet; empty when unknown. */
  press: string;
  /** The source that showed it first. */
  source: string;
  /** Its title. */
  title: string;
  /** The source's page; empty when it gives none. */
  url: string;
}

export interface TestBody {
  /** The test message's number. */
  id: number;
}

export interface ThreeWay {
  /** The base rate's. */
  base_brier: null | number;
  /** The base rate's. */
  base_rps: null | number;
  /** Brier score over the three classes, 0 is perfect. */
  brier: null | number;
  /** Ranked probability score, 0 is perfect. */
  rps: null | number;
  /** Stock-days whose volatility was known. */
  stock_days: number;
}

export interface TodayBody {
  /** Alerts decided to be sent. */
  alerts: number;
  /** Articles that became available. */
  articles: number;
  /** The day in KST. */
  day: string;
  /** Predictions of today's stories, by all models and horizons. */
  predictions: number;
  /** Stories that were opened. */
  stories: number;
}

export interface TokenAnswer {
  /** Goes into the Authorization header. */
  access_token: string;
  /** Seconds that the access token is good for. */
  expires_in: number;
  /** Good for 14 days and one use; null when it went into a cookie. */
  refresh_token: null | string;
  /** Always Bearer. */
  token_type: "Bearer";
  /** Who signed in. */
  user: UserBody;
}

export interface TrackedItem {
  /** Whether it is followed. */
  active: boolean;
  /** Other names by which news calls it. */
  aliases: Array<string>;
  /** Six-character code; leading zeros count. */
  code: string;
  /** The company's name, by which news finds it. */
  name: string;
  /** 1, watched most closely, to 5. */
  priority: number;
}

export interface TrackedItemPage {
  /** The items of this page. */
  items: Array<TrackedItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface UserBody {
  /** When the account was made. */
  created_at: string;
  /** In lower case. */
  email: string;
  /** The user's id. */
  id: number;
  /** A fixed set of scopes. */
  role: "admin" | "operator" | "user";
  /** What the role may do. */
  scopes: Array<string>;
}

export interface WatchedBody {
  /** Every tracked stock, whatever the list says. */
  all: boolean;
  /** Its first 12, in its order; what is no longer tracked is left out. */
  stocks: Array<StockItem>;
  /** How many stocks are on the list. */
  total: number;
}

export interface WatchedStock {
  /** Whether I am alerted of it. */
  alerts: boolean;
  /** Six-character code; leading zeros count. */
  code: string;
  /** The company's name; the code when none is known. */
  name: string;
}

export interface WatchlistBody {
  /** Every tracked stock, but for those of the list that are watched without alerts. */
  all: boolean;
  /** The list, in its order. */
  stocks: Array<WatchedStock>;
}

export interface WebhookItem {
  /** Whether anything is posted. */
  active: boolean;
  /** The webhook's number, which is its recipient's. */
  id: number;
  /** Of its messages. */
  language: "en" | "ko";
  /** Why not, as far as it is known. */
  off_reason: string;
  /** Where alerts are posted. */
  url: string;
}

export interface WebhookItemPage {
  /** The items of this page. */
  items: Array<WebhookItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

export interface WhyBody {
  /** By stock; none while nothing was decided, as of stories that no champion was asked about. */
  decisions: Array<WhyItem>;
  /** The story. */
  story_id: number;
}

export interface WhyItem {
  /** The decision. */
  alert_id: number;
  /** When that was decided. */
  decided_at: string;
  /** Whether it was for digests only. */
  digest: boolean;
  /** The same in words, in the caller's language. */
  explanation: string;
  /** A prediction, or a filing. */
  kind: "disclosure" | "signal";
  /** What became of it for the caller; null when it was no alert, is still being told, or he was no recipient then. */
  mine: MyNotice | null;
  /** What each horizon's prediction came to. */
  options: Array<OptionItem>;
  /** Why. */
  reason: string;
  /** Whether it was an alert, for whoever wants it. */
  sent: boolean;
  /** The stock. */
  stock: StockRef;
}

export interface WorkerItem {
  /** When it was heard of last; it beats every second. */
  beat_at: string;
  /** When an admin asked it to take nothing new; null when none did. */
  drain_asked_at: null | string;
  /** Who that was, by the user's id. */
  drain_asked_by: null | number;
  /** When it ended, or was found dead; null while it lives. */
  ended_at: null | string;
  /** The machine's name. */
  host: string;
  /** Host, process number and a random part; it changes with every start. */
  id: string;
  /** What it does, the oldest first; of one that died, what it did then. */
  in_hand: Array<FlightItem>;
  /** The process's number there. */
  pid: number;
  /** worker, scheduler, api or standalone. */
  role: string;
  /** When it started. */
  started_at: string;
  /** draining: it takes nothing new; gone: it ended by itself; dead: it fell silent, and its work was rung for again. */
  state: "dead" | "draining" | "gone" | "running";
  /** The program's version. */
  version: string;
}

export interface WorkerItemPage {
  /** The items of this page. */
  items: Array<WorkerItem>;
  /** Asks for the next page; null at the end of the list. */
  next_cursor: null | string;
}

/** What is thrown where an answer is no success. Its detail is empty where the answer was not the API's own. */
export class ApiError extends Error {
  constructor(readonly problem: Problem, readonly retryAfter: number | null) {
    super(problem.detail);
    this.name = 'ApiError';
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** A typed client. send is fetch, or what adds a token to it. */
export function createClient(send: (url: string, init: RequestInit) => Promise<Response> = fetch, base = '') {
  async function request(method: string, path: string, query?: Query, body?: unknown, init?: RequestInit): Promise<Response> {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined && value !== null) params.set(name, String(value));
    const url = base + path + (params.size > 0 ? '?' + params.toString() : '');
    const headers = new Headers(init?.headers);
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    const answer = await send(url, { ...init, method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    if (answer.ok || answer.status === 304) return answer;
    const wait = answer.headers.get('Retry-After');
    const kind = answer.headers.get('Content-Type') ?? '';
    const problem: Problem = kind.includes('json')
      ? await answer.json()
      : { type: 'about:blank', title: answer.statusText, status: answer.status, detail: '', field: '', request_id: '' }; // from a proxy before the API
    throw new ApiError(problem, wait === null ? null : Number(wait));
  }
  async function call<T>(method: string, path: string, query?: Query, body?: unknown, init?: RequestInit): Promise<T> {
    const answer = await request(method, path, query, body, init);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }
  return {
    /** Experiments between two models, newest first. */
    getAbTest: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<AbTestPage> =>
      call<AbTestPage>('GET', '/api/ab-test', query, undefined, init),
    /** Register an experiment; what is registered never changes. */
    postAbTest: (body: CreateABTestRequest, init?: RequestInit): Promise<AbTest> =>
      call<AbTest>('POST', '/api/ab-test', undefined, body, init),
    /** An experiment with its evidence over time and its verdict. */
    getAbTestById: (id: number, init?: RequestInit): Promise<AbTestAnswer> =>
      call<AbTestAnswer>('GET', '/api/ab-test/' + encodeURIComponent(id), undefined, undefined, init),
    /** End an experiment without a result, with a reason. */
    postAbTestByIdStop: (id: number, body: StopABTestRequest, init?: RequestInit): Promise<AbTest> =>
      call<AbTest>('POST', '/api/ab-test/' + encodeURIComponent(id) + '/stop', undefined, body, init),
    /** The stocks as they are set up, by code. */
    getAdminStocks: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<TrackedItemPage> =>
      call<TrackedItemPage>('GET', '/api/admin/stocks', query, undefined, init),
    /** Follow a stock. */
    postAdminStocks: (body: CreateStockRequest, init?: RequestInit): Promise<TrackedItem> =>
      call<TrackedItem>('POST', '/api/admin/stocks', undefined, body, init),
    /** Add and change stocks by a CSV file; with dry_run only say what it comes to. */
    postAdminStocksImport: (body: ImportStocksRequest, init?: RequestInit): Promise<ImportAnswer> =>
      call<ImportAnswer>('POST', '/api/admin/stocks/import', undefined, body, init),
    /** Give a stock up: one that news has named is deactivated, never deleted. */
    deleteAdminStocksByCode: (code: string, init?: RequestInit): Promise<DeletedStock> =>
      call<DeletedStock>('DELETE', '/api/admin/stocks/' + encodeURIComponent(code), undefined, undefined, init),
    /** Change a stock's names or priority, or whether it is followed. */
    patchAdminStocksByCode: (code: string, body?: PatchStockRequest, init?: RequestInit): Promise<TrackedItem> =>
      call<TrackedItem>('PATCH', '/api/admin/stocks/' + encodeURIComponent(code), undefined, body, init),
    /** Alerts, newest first, with their reason, delivery and what happened. */
    getAlerts: (query?: { limit?: number; cursor?: string; code?: string }, init?: RequestInit): Promise<AlertItemPage> =>
      call<AlertItemPage>('GET', '/api/alerts', query, undefined, init),
    /** What a prediction must come to before it is an alert, and which horizons are open. */
    getAlertsGate: (init?: RequestInit): Promise<GateBody> =>
      call<GateBody>('GET', '/api/alerts/gate', undefined, undefined, init),
    /** Change it for every decision from now on. */
    patchAlertsGate: (body?: PatchGateRequest, init?: RequestInit): Promise<GateBody> =>
      call<GateBody>('PATCH', '/api/alerts/gate', undefined, body, init),
    /** What I want to hear of, and when. */
    getAlertsRule: (init?: RequestInit): Promise<RuleBody> =>
      call<RuleBody>('GET', '/api/alerts/rule', undefined, undefined, init),
    /** Set it as a whole; what is left out is as the default has it. */
    putAlertsRule: (body?: PutRuleRequest, init?: RequestInit): Promise<RuleBody> =>
      call<RuleBody>('PUT', '/api/alerts/rule', undefined, body, init),
    /** What such a rule would have made of the alerts of the last 30 days; nothing is changed. */
    postAlertsRulePreview: (body?: RuleRequest, init?: RequestInit): Promise<PreviewBody> =>
      call<PreviewBody>('POST', '/api/alerts/rule/preview', undefined, body, init),
    /** Send a test message to my own chat. */
    postAlertsTest: (init?: RequestInit): Promise<TestBody> =>
      call<TestBody>('POST', '/api/alerts/test', undefined, undefined, init),
    /** Why I was, or was not, alerted of a story. */
    getAlertsWhy: (query: { story: number }, init?: RequestInit): Promise<WhyBody> =>
      call<WhyBody>('GET', '/api/alerts/why', query, undefined, init),
    /** One decision, also one that was a no, with what each prediction came to. */
    getAlertsById: (id: number, init?: RequestInit): Promise<AlertDetail> =>
      call<AlertDetail>('GET', '/api/alerts/' + encodeURIComponent(id), undefined, undefined, init),
    /** Who changed what, newest first. */
    getAudit: (query?: { limit?: number; cursor?: string; actor?: number; action?: string; from?: string; to?: string }, init?: RequestInit): Promise<AuditItemPage> =>
      call<AuditItemPage>('GET', '/api/audit', query, undefined, init),
    /** Sign in with address and password. */
    postAuthLogin: (body: LoginRequest, init?: RequestInit): Promise<TokenAnswer> =>
      call<TokenAnswer>('POST', '/api/auth/login', undefined, body, init),
    /** End this session, or all of mine. */
    postAuthLogout: (body?: LogoutRequest, init?: RequestInit): Promise<void> =>
      call<void>('POST', '/api/auth/logout', undefined, body, init),
    /** Who I am and what I may do. */
    getAuthMe: (init?: RequestInit): Promise<UserBody> =>
      call<UserBody>('GET', '/api/auth/me', undefined, undefined, init),
    /** Change my password; my other sessions end. */
    patchAuthMe: (body: PatchMeRequest, init?: RequestInit): Promise<UserBody> =>
      call<UserBody>('PATCH', '/api/auth/me', undefined, body, init),
    /** Trade the newest refresh token for new tokens. An older one ends the session. */
    postAuthRefresh: (body?: RefreshRequest, init?: RequestInit): Promise<TokenAnswer> =>
      call<TokenAnswer>('POST', '/api/auth/refresh', undefined, body, init),
    /** Where I am signed in, the latest sign-in first. */
    getAuthSessions: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<SessionItemPage> =>
      call<SessionItemPage>('GET', '/api/auth/sessions', query, undefined, init),
    /** End one of my sessions; obeyed at once. */
    deleteAuthSessionsById: (id: number, init?: RequestInit): Promise<void> =>
      call<void>('DELETE', '/api/auth/sessions/' + encodeURIComponent(id), undefined, undefined, init),
    /** The market's session, the day so far, top signals, latest alerts, freshness and health. */
    getDashboard: (init?: RequestInit): Promise<DashboardAnswer> =>
      call<DashboardAnswer>('GET', '/api/dashboard', undefined, undefined, init),
    /** How messages fare, and which may have arrived and are never sent again. */
    getDeliveries: (query?: { hours?: number }, init?: RequestInit): Promise<DeliveriesBody> =>
      call<DeliveriesBody>('GET', '/api/deliveries', query, undefined, init),
    /** What failures come down to, by cause, the one that failed last first. */
    getFailures: (query?: { limit?: number; cursor?: string; state?: "gave_up" | "quarantined" | "resolved" | "retrying"; kind?: string; queue?: string; error?: string; from?: string; to?: string; ignored?: boolean | null }, init?: RequestInit): Promise<CauseItemPage> =>
      call<CauseItemPage>('GET', '/api/failures', query, undefined, init),
    /** Have given-up and quarantined work run again, at a pace; it stops by itself when most of it fails again. With dry_run only count. */
    postFailuresRetry: (body?: RetryRequest, init?: RequestInit): Promise<RetryAnswer> =>
      call<RetryAnswer>('POST', '/api/failures/retry', undefined, body, init),
    /** A cause with its failures, newest first. */
    getFailuresByFingerprint: (fingerprint: string, query?: { limit?: number; cursor?: string; state?: "gave_up" | "quarantined" | "resolved" | "retrying"; kind?: string; queue?: string; error?: string; from?: string; to?: string }, init?: RequestInit): Promise<CauseAnswer> =>
      call<CauseAnswer>('GET', '/api/failures/' + encodeURIComponent(fingerprint), query, undefined, init),
    /** Note something of a cause, or ignore it until a time: it does not count as failing newly until then. */
    patchFailuresByFingerprint: (fingerprint: string, body?: PatchFailureRequest, init?: RequestInit): Promise<CauseItem> =>
      call<CauseItem>('PATCH', '/api/failures/' + encodeURIComponent(fingerprint), undefined, body, init),
    /** How often each upstream, model or chat may be asked. */
    getLimits: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<LimitItemPage> =>
      call<LimitItemPage>('GET', '/api/limits', query, undefined, init),
    /** Change a limit; every process obeys it within five seconds. */
    patchLimitsByKey: (key: string, body?: PatchLimitRequest, init?: RequestInit): Promise<LimitItem> =>
      call<LimitItem>('PATCH', '/api/limits/' + encodeURIComponent(key), undefined, body, init),
    /** The models and what they are used for. */
    getModels: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<ModelItemPage> =>
      call<ModelItemPage>('GET', '/api/models', query, undefined, init),
    /** Set up a model; it predicts every story from then on. */
    postModels: (body: CreateModelRequest, init?: RequestInit): Promise<ModelItem> =>
      call<ModelItem>('POST', '/api/models', undefined, body, init),
    /** Give a model up: one that has predicted is retired, never deleted. */
    deleteModelsById: (id: number, init?: RequestInit): Promise<DeletedModel> =>
      call<DeletedModel>('DELETE', '/api/models/' + encodeURIComponent(id), undefined, undefined, init),
    /** Change a model's settings or its role. What it predicts by can only change before it has predicted. */
    patchModelsById: (id: number, body?: PatchModelRequest, init?: RequestInit): Promise<ModelItem> =>
      call<ModelItem>('PATCH', '/api/models/' + encodeURIComponent(id), undefined, body, init),
    /** Stories, newest first; with fold=false every article. */
    getNews: (query?: { limit?: number; cursor?: string; fold?: boolean; code?: string; q?: string; source?: string; press?: string; kind?: "disclosure" | "news"; origin?: "backtest" | "live"; from?: string; to?: string }, init?: RequestInit): Promise<NewsItemPage> =>
      call<NewsItemPage>('GET', '/api/news', query, undefined, init),
    /** An article with its story, echoes, matched companies, similar past news and predictions. */
    getNewsById: (id: number, init?: RequestInit): Promise<ArticleAnswer> =>
      call<ArticleAnswer>('GET', '/api/news/' + encodeURIComponent(id), undefined, undefined, init),
    /** Predictions, newest first, one per horizon. */
    getPredictions: (query?: { limit?: number; cursor?: string; code?: string; model?: number; horizon?: number; direction?: -1 | 0 | 1 | null; min_gap?: number; resolved?: boolean | null; void?: boolean | null; generation?: number; origin?: "backtest" | "live"; from?: string; to?: string }, init?: RequestInit): Promise<PredictionPage> =>
      call<PredictionPage>('GET', '/api/predictions', query, undefined, init),
    /** Order new predictions of past stories; with dry_run only count. */
    postPredictionsRepredict: (body?: RepredictRequest, init?: RequestInit): Promise<RepredictAnswer> =>
      call<RepredictAnswer>('POST', '/api/predictions/repredict', undefined, body, init),
    /** A prediction with its evidence, model call, outcome and other generations. */
    getPredictionsById: (id: number, init?: RequestInit): Promise<PredictionAnswer> =>
      call<PredictionAnswer>('GET', '/api/predictions/' + encodeURIComponent(id), undefined, undefined, init),
    /** The queues, what waits in them and how fast they drain. */
    getQueues: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<QueueItemPage> =>
      call<QueueItemPage>('GET', '/api/queues', query, undefined, init),
    /** Pause a queue, or change how many of its tasks run at once; every process obeys within five seconds. */
    patchQueuesByName: (name: string, body?: PatchQueueRequest, init?: RequestInit): Promise<QueueItem> =>
      call<QueueItem>('PATCH', '/api/queues/' + encodeURIComponent(name), undefined, body, init),
    /** Delete what waits in a queue. */
    deleteQueuesByNameTasks: (name: string, init?: RequestInit): Promise<PurgeAnswer> =>
      call<PurgeAnswer>('DELETE', '/api/queues/' + encodeURIComponent(name) + '/tasks', undefined, undefined, init),
    /** Who gets alerts, and why nothing is sent to some. */
    getRecipients: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<RecipientItemPage> =>
      call<RecipientItemPage>('GET', '/api/recipients', query, undefined, init),
    /** Switch a recipient on or off. */
    patchRecipientsById: (id: number, body?: PatchRecipientRequest, init?: RequestInit): Promise<RecipientItem> =>
      call<RecipientItem>('PATCH', '/api/recipients/' + encodeURIComponent(id), undefined, body, init),
    /** What is rung for periodically, with its last and next five ticks. */
    getSchedules: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<ScheduleItemPage> =>
      call<ScheduleItemPage>('GET', '/api/schedules', query, undefined, init),
    /** Change when a schedule ticks and what becomes of missed ticks, or pause it; obeyed within seconds. */
    patchSchedulesByName: (name: string, body?: PatchScheduleRequest, init?: RequestInit): Promise<ScheduleItem> =>
      call<ScheduleItem>('PATCH', '/api/schedules/' + encodeURIComponent(name), undefined, body, init),
    /** Have a schedule tick now, beside its own ticks and even while it is paused. */
    postSchedulesByNameRun: (name: string, init?: RequestInit): Promise<RanSchedule> =>
      call<RanSchedule>('POST', '/api/schedules/' + encodeURIComponent(name) + '/run', undefined, undefined, init),
    /** How fresh each source is, how it answers and what is left of its quota. */
    getSources: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<SourceItemPage> =>
      call<SourceItemPage>('GET', '/api/sources', query, undefined, init),
    /** Switch a source on or off, or set how often it is crawled. */
    patchSourcesByName: (name: string, body?: PatchSourceRequest, init?: RequestInit): Promise<SourceItem> =>
      call<SourceItem>('PATCH', '/api/sources/' + encodeURIComponent(name), undefined, body, init),
    /** What each model's record shows, live and in walks through history apart. */
    getStatistics: (query?: { limit?: number; cursor?: string; model?: number; horizon?: 1 | 3 | 5; origin?: "backtest" | "live" }, init?: RequestInit): Promise<StatisticsPage> =>
      call<StatisticsPage>('GET', '/api/statistics', query, undefined, init),
    /** How each record's probabilities and frequencies go together. */
    getStatisticsCalibration: (query?: { limit?: number; cursor?: string; model?: number; horizon?: 1 | 3 | 5; origin?: "backtest" | "live" }, init?: RequestInit): Promise<ReliabilityItemPage> =>
      call<ReliabilityItemPage>('GET', '/api/statistics/calibration', query, undefined, init),
    /** How each model fared, by base day, newest first. */
    getStatisticsDaily: (query?: { limit?: number; cursor?: string; model?: number; horizon?: 1 | 3 | 5; origin?: "backtest" | "live"; from?: string; to?: string }, init?: RequestInit): Promise<DailyItemPage> =>
      call<DailyItemPage>('GET', '/api/statistics/daily', query, undefined, init),
    /** Tracked stocks by code, with their last close and newest signals. */
    getStocks: (query?: { limit?: number; cursor?: string; q?: string; active?: boolean | null }, init?: RequestInit): Promise<StockItemPage> =>
      call<StockItemPage>('GET', '/api/stocks', query, undefined, init),
    /** One tracked stock. */
    getStocksByCode: (code: string, init?: RequestInit): Promise<StockItem> =>
      call<StockItem>('GET', '/api/stocks/' + encodeURIComponent(code), undefined, undefined, init),
    /** The stock's stories, newest first. */
    getStocksByCodeNews: (code: string, query?: { limit?: number; cursor?: string; q?: string; source?: string; press?: string; kind?: "disclosure" | "news"; origin?: "backtest" | "live"; from?: string; to?: string }, init?: RequestInit): Promise<NewsItemPage> =>
      call<NewsItemPage>('GET', '/api/stocks/' + encodeURIComponent(code) + '/news', query, undefined, init),
    /** The stock's predictions, newest first. */
    getStocksByCodePredictions: (code: string, query?: { limit?: number; cursor?: string; model?: number; horizon?: number; direction?: -1 | 0 | 1 | null; min_gap?: number; resolved?: boolean | null; void?: boolean | null; generation?: number; origin?: "backtest" | "live"; from?: string; to?: string }, init?: RequestInit): Promise<PredictionPage> =>
      call<PredictionPage>('GET', '/api/stocks/' + encodeURIComponent(code) + '/predictions', query, undefined, init),
    /** Bars, with markers of news and of the champion's predictions. */
    getStocksByCodePrices: (code: string, query?: { interval?: "day" | "minute"; from?: null | string; to?: null | string }, init?: RequestInit): Promise<PricesAnswer> =>
      call<PricesAnswer>('GET', '/api/stocks/' + encodeURIComponent(code) + '/prices', query, undefined, init),
    /** The stock's report, drawn from stored predictions; each version that was shown is kept. */
    getStocksByCodeReport: (code: string, query?: { version?: number }, init?: RequestInit): Promise<ReportAnswer> =>
      call<ReportAnswer>('GET', '/api/stocks/' + encodeURIComponent(code) + '/report', query, undefined, init),
    /** Take-downs, newest first. */
    getTakedowns: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<TakedownItemPage> =>
      call<TakedownItemPage>('GET', '/api/takedowns', query, undefined, init),
    /** Remove every word that is kept of an address, with the proof. Ordered again it answers the proof as it stands. */
    postTakedowns: (body: CreateTakedownRequest, init?: RequestInit): Promise<TakedownBody> =>
      call<TakedownBody>('POST', '/api/takedowns', undefined, body, init),
    /** Runs, newest first. */
    getTasks: (query?: { limit?: number; cursor?: string; kind?: "crawl" | "repredict" | "retry"; state?: "cancelled" | "done" | "failed" | "queued" | "running" }, init?: RequestInit): Promise<RunBodyPage> =>
      call<RunBodyPage>('GET', '/api/tasks', query, undefined, init),
    /** Order a run. Ordered twice while it is open, it is one run. */
    postTasks: (body: CreateTaskRequest, init?: RequestInit): Promise<RunBody> =>
      call<RunBody>('POST', '/api/tasks', undefined, body, init),
    /** Cancel a run for good, with a reason. */
    deleteTasksById: (id: number, body: CancelTaskRequest, init?: RequestInit): Promise<RunBody> =>
      call<RunBody>('DELETE', '/api/tasks/' + encodeURIComponent(id), undefined, body, init),
    /** A run, its progress and its result. */
    getTasksById: (id: number, init?: RequestInit): Promise<RunBody> =>
      call<RunBody>('GET', '/api/tasks/' + encodeURIComponent(id), undefined, undefined, init),
    /** Follow a run: an event run after each change, end when it is final. */
    getTasksByIdEvents: (id: number, init?: RequestInit): Promise<Response> =>
      request('GET', '/api/tasks/' + encodeURIComponent(id) + '/events', undefined, undefined, init),
    /** Take my chat from me: nothing is sent any more. */
    deleteTelegramLink: (init?: RequestInit): Promise<void> =>
      call<void>('DELETE', '/api/telegram/link', undefined, undefined, init),
    /** Make a one-time code that links a chat of the bot's to me. */
    postTelegramLink: (init?: RequestInit): Promise<LinkBody> =>
      call<LinkBody>('POST', '/api/telegram/link', undefined, undefined, init),
    /** What the bot's readers do, posted by Telegram with the webhook's secret. */
    postTelegramWebhook: (body: Record<string, unknown>, init?: RequestInit): Promise<void> =>
      call<void>('POST', '/api/telegram/webhook', undefined, body, init),
    /** Who may sign in, by id. */
    getUsers: (query?: { limit?: number; cursor?: string; role?: "admin" | "operator" | "user"; active?: boolean | null }, init?: RequestInit): Promise<AccountItemPage> =>
      call<AccountItemPage>('GET', '/api/users', query, undefined, init),
    /** Make an account. */
    postUsers: (body: CreateUserRequest, init?: RequestInit): Promise<AccountItem> =>
      call<AccountItem>('POST', '/api/users', undefined, body, init),
    /** Deactivate an account; what he did stays his. The last admin stays. */
    deleteUsersById: (id: number, init?: RequestInit): Promise<AccountItem> =>
      call<AccountItem>('DELETE', '/api/users/' + encodeURIComponent(id), undefined, undefined, init),
    /** Change somebody's role or password, or let him sign in or not; obeyed at once. */
    patchUsersById: (id: number, body?: PatchUserRequest, init?: RequestInit): Promise<AccountItem> =>
      call<AccountItem>('PATCH', '/api/users/' + encodeURIComponent(id), undefined, body, init),
    /** The stocks that I watch, and which of them I am alerted of. */
    getWatchlist: (init?: RequestInit): Promise<WatchlistBody> =>
      call<WatchlistBody>('GET', '/api/watchlist', undefined, undefined, init),
    /** Set the whole list. */
    putWatchlist: (body: PutWatchlistRequest, init?: RequestInit): Promise<WatchlistBody> =>
      call<WatchlistBody>('PUT', '/api/watchlist', undefined, body, init),
    /** Addresses that alerts are posted to. */
    getWebhooks: (query?: { limit?: number; cursor?: string }, init?: RequestInit): Promise<WebhookItemPage> =>
      call<WebhookItemPage>('GET', '/api/webhooks', query, undefined, init),
    /** Have every alert posted to an address, signed. */
    postWebhooks: (body: CreateWebhookRequest, init?: RequestInit): Promise<NewWebhookBody> =>
      call<NewWebhookBody>('POST', '/api/webhooks', undefined, body, init),
    /** Post nothing there any more. */
    deleteWebhooksById: (id: number, init?: RequestInit): Promise<void> =>
      call<void>('DELETE', '/api/webhooks/' + encodeURIComponent(id), undefined, undefined, init),
    /** The processes of the fleet, living and lately ended, and what each one does. */
    getWorkers: (query?: { limit?: number; cursor?: string; state?: "dead" | "draining" | "gone" | "running" }, init?: RequestInit): Promise<WorkerItemPage> =>
      call<WorkerItemPage>('GET', '/api/workers', query, undefined, init),
    /** Have a worker finish what it has in hand and take nothing new. */
    postWorkersByIdDrain: (id: string, init?: RequestInit): Promise<WorkerItem> =>
      call<WorkerItem>('POST', '/api/workers/' + encodeURIComponent(id) + '/drain', undefined, undefined, init),
    /** Whether the process lives. */
    getHealth: (init?: RequestInit): Promise<HealthAnswer> =>
      call<HealthAnswer>('GET', '/health', undefined, undefined, init),
    /** Whether every part that the API needs is up, and which one is not. */
    getHealthReady: (init?: RequestInit): Promise<ReadyAnswer> =>
      call<ReadyAnswer>('GET', '/health/ready', undefined, undefined, init),
    /** This document. */
    getOpenapiJson: (init?: RequestInit): Promise<unknown> =>
      call<unknown>('GET', '/openapi.json', undefined, undefined, init),
  };
}
