// Package forecast holds how the effect of a story on a stock is predicted and judged: base rates, analogues, labels,
// outcomes. Everything in it is a pure function of what was known at an as_of that the caller names; nothing in it
// reads a clock. A probability here is always P(excess return over the horizon > 0).
package forecast

import (
	"time"

	"tickerwire/internal/market"
)

// Horizons are the trading days ahead that every model predicts.
var Horizons = [...]int{1, 3, 5}

// Role is what a model's predictions are used for.
type Role string

// The roles. Every horizon has one champion, whose predictions drive alerts and "newest signal"; a model is a champion
// when it is that of any horizon.
const (
	Champion   Role = "champion"
	Challenger Role = "challenger"
	Retired    Role = "retired"
)

// Query asks a model about one story and one stock.
type Query struct {
	StoryID   int64
	ArticleID int64  // the story's first article; kept as the evidence's query
	Embedder  string // version of the vector that Past was searched with; "" for models without retrieval
	Code      market.Code
	AsOf      time.Time // the story's available_at: nothing later may be looked at
	Features  Features
	Title     string             // of the story's first article; for models that read it
	Summary   string             // likewise
	Lexicon   map[int]LexiconFit // per horizon, fitted on what was known before as_of; for the lexicon
	Past      []PastMove         // similar earlier articles and what followed, in any order; empty for models without retrieval
}

// Features is the market's state for one stock as of a query.
type Features struct {
	BaseRate   map[int]float64 // per horizon: share of positive excess returns over the panel known by as_of, 0..1
	SigmaPct   float64         // the stock's trailing 20-day sd of daily excess return, percent; 0 when unknown
	LastClose  int64           // won; the last close known by as_of
	LastDay    market.Day
	PanelDays  int // how many days the base rate rests on
	PanelStock int // how many stocks
}

// PastMove is an earlier article, how similar it is and what the stock's excess return was afterwards.
type PastMove struct {
	ArticleID int64
	StoryID   int64
	Cluster   int64 // stories that echo each other share it; one neighbour per cluster
	Code      market.Code
	Embedder  string
	Cosine    float64
	At        time.Time    // its story's available_at, before the query's as_of
	Moves     map[int]Move // per horizon; only outcomes known by the query's as_of
}

// Move is one known outcome in a form that compares across stocks.
type Move struct {
	TargetDay  market.Day
	ExcessPct  float64
	SigmaUnits float64 // ExcessPct / (sigma at its as_of * sqrt(horizon)); 0 when sigma was unknown
	KnownAt    time.Time
}

// Prediction is one model's statement on one story, stock and horizon. Rows are append-only.
type Prediction struct {
	ID            int64
	StoryID       int64
	Code          market.Code
	ModelID       int64
	CallID        int64
	Horizon       int // trading days
	Generation    int // 1 for the first, +1 for each ordered re-prediction
	AsOf          time.Time
	MadeAt        time.Time
	Probability   float64 // of a positive excess return, 0..1
	Raw           float64 // Probability before recalibration; 0 when there was none
	BaseRate      float64 // what would be said without the story, 0..1
	CalibrationID int64   // that it was recalibrated by; 0 when it was not
	ExpectedPct   float64 // expected excess return, percent
	LowPct        float64 // 80 % interval of the excess return, percent
	HighPct       float64
	Late          bool // made after the target session opened: kept, left out of the headline
	Origin        Origin
	Note          string // e.g. "no comparable past news"; "" when there is nothing to say
	Evidence      Evidence
}

// Origin tells live predictions from those of a walk through history.
type Origin string

// The origins.
const (
	Live     Origin = "live"
	Backtest Origin = "backtest"
)

// Direction is sign(Probability - BaseRate): 1, -1, or 0 when the model has nothing to say.
func (p Prediction) Direction() int {
	switch {
	case p.Probability > p.BaseRate:
		return 1
	case p.Probability < p.BaseRate:
		return -1
	}
	return 0
}

// Evidence is what a prediction rests on. Every article in it resolves in the vector index by (ID, Embedder).
type Evidence struct {
	Query      int64  // the story's first article
	Embedder   string // version of the query's vector
	Neighbours []Neighbour
	Effective  float64 // effective number of neighbours, (sum w)^2 / sum w^2
	PanelDays  int
}

// Neighbour is one past article that a prediction used.
type Neighbour struct {
	ArticleID int64
	StoryID   int64
	Code      market.Code
	Cosine    float64
	Weight    float64
	TargetDay market.Day
	ExcessPct float64
	KnownAt   time.Time // of its outcome: not after the prediction's as_of
}

// Outcome is what a stock did after a story, for one horizon. A price correction makes a new version.
type Outcome struct {
	StoryID   int64
	Code      market.Code
	Horizon   int
	Version   int
	BaseDay   market.Day
	TargetDay market.Day
	ReturnPct float64
	ExcessPct float64 // against the mean of the other tracked stocks over the same days
	SigmaPct  float64 // the stock's daily sigma as of the story; 0 when unknown
	Flat      bool    // within the flat band
	Void      string  // why there is no label: "halted", "no price", "thin panel", "corporate action"; "" when there is one
	KnownAt   time.Time
}
