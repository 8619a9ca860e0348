// Package prompt words the question that a language model is asked about one story and one stock, and reads its answer.
// A wording is a version: whatever is changed in it makes another one, beside the old. Texts of others stand in a prompt
// as data only: within a fence, as JSON in which no text can close the fence. The package calls nobody and knows no
// service; the same input always makes the same bytes.
package prompt

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/template"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

//go:embed versions
var files embed.FS

// Versions lists the wordings, the oldest first.
func Versions() []string { return []string{"ko-1"} }

// Newest is the version of a new model.
func Newest() string {
	all := Versions()
	return all[len(all)-1]
}

const (
	shownPast  = 8    // similar past articles in a prompt
	mostTitle  = 300  // runes
	mostText   = 1000 // runes of a summary
	mostReason = 300  // runes of an answer's reason
)

// SchemaName is by which a service is told the schema.
const SchemaName = "forecast"

// Input is what a question is made of. Titles are of the articles of Query.Past, by id: what has none, say since it was
// taken down, is not shown.
type Input struct {
	Query     forecast.Query
	StockName string
	Article   news.Article // the story's first
	Titles    map[int64]string
	Names     map[market.Code]string // of the stocks of Query.Past
}

// Prompt is one question, to the byte.
type Prompt struct {
	Version string
	System  string
	User    string
	Schema  []byte              // JSON Schema of the answer
	Shown   []forecast.PastMove // the past moves that it shows
}

// Quoted returns the articles whose texts stand in the prompt, the story's own first.
func (p Prompt) Quoted(own int64) []int64 {
	ids := []int64{own}
	for _, past := range p.Shown {
		ids = append(ids, past.ArticleID)
	}
	return ids
}

// Hash names the exact bytes of a prompt: hex SHA-256 over its parts, each after its length.
func (p Prompt) Hash() string {
	h := sha256.New()
	for _, part := range []string{p.Version, p.System, p.User, string(p.Schema)} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Text is the whole prompt as it is kept for those who look into it.
func (p Prompt) Text() string { return p.System + "\n----\n" + p.User }

// Build words the question of a version. Invalid when there is no such version, and for a past move that looks ahead.
func Build(version string, in Input) (Prompt, error) {
	p := Prompt{Version: version}
	var err error
	if p.System, err = read(version, "system.txt"); err != nil {
		return Prompt{}, err
	}
	schema, err := read(version, "schema.json")
	if err != nil {
		return Prompt{}, err
	}
	p.Schema = []byte(schema)
	shown, err := forecast.Comparable(titled(in), shownPast)
	if err != nil {
		return Prompt{}, err
	}
	p.Shown = shown
	p.User, err = word(version, in, shown)
	return p, err
}

// Repair returns what a model is told when its answer does not obey the schema.
func Repair(version string) (string, error) { return read(version, "repair.txt") }

func read(version, part string) (string, error) {
	text, err := files.ReadFile("versions/" + version + "." + part)
	if err != nil {
		return "", fault.InvalidField("prompt_version", "there is no prompt %q", version)
	}
	return string(text), nil
}

// titled is the query without the past moves of articles that have no title.
func titled(in Input) forecast.Query {
	q := in.Query
	q.Past = nil
	for _, past := range in.Query.Past {
		if in.Titles[past.ArticleID] != "" {
			q.Past = append(q.Past, past)
		}
	}
	return q
}

// document is the data in a prompt. Its strings are the only place for texts of others.
type document struct {
	Stock   stockDoc  `json:"stock"`
	News    newsDoc   `json:"news"`
	Market  marketDoc `json:"market"`
	Similar []pastDoc `json:"similar_past_news"`
}

type stockDoc struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type newsDoc struct {
	Kind    string `json:"kind"`
	Press   string `json:"press"`
	Title   string `json:"title"`
	Summary string `json:"summary,omitempty"`
}

type marketDoc struct {
	LastDay    string          `json:"last_close_day,omitempty"`
	LastClose  int64           `json:"last_close_won,omitempty"`
	SigmaPct   json.Number     `json:"daily_sigma_pct"`
	BaseRates  json.RawMessage `json:"base_rates"`
	PanelDays  int             `json:"base_rate_days"`
	PanelStock int             `json:"base_rate_stocks"`
}

type pastDoc struct {
	Day    string          `json:"day"`
	Stock  string          `json:"stock"`
	Title  string          `json:"title"`
	Cosine json.Number     `json:"similarity"`
	Excess json.RawMessage `json:"excess_pct_after"`
}

func word(version string, in Input, shown []forecast.PastMove) (string, error) {
	text, err := read(version, "user.tmpl")
	if err != nil {
		return "", err
	}
	t, err := template.New(version).Parse(text)
	if err != nil {
		return "", fmt.Errorf("prompt %s: %w", version, err)
	}
	// Marshal writes <, > and & as escapes, so that no text can hold the end of the fence.
	data, err := json.MarshalIndent(documentOf(in, shown), "", "  ")
	if err != nil {
		return "", fmt.Errorf("prompt %s: %w", version, err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct{ AsOf, Data string }{in.Query.AsOf.In(market.KST).Format("2006-01-02 15:04:05"), string(data)})
	return b.String(), err
}

func documentOf(in Input, shown []forecast.PastMove) document {
	f, a := in.Query.Features, in.Article
	d := document{Stock: stockDoc{string(in.Query.Code), in.StockName},
		News: newsDoc{Kind: string(a.Kind), Press: cut(a.Press, mostTitle), Title: cut(a.Title, mostTitle), Summary: cut(a.Summary, mostText)},
		Market: marketDoc{LastClose: f.LastClose, SigmaPct: decimal(f.SigmaPct, 2), PanelDays: f.PanelDays, PanelStock: f.PanelStock,
			BaseRates: byHorizon(func(h int) (float64, bool) { return f.BaseRate[h], true }, 3)},
		Similar: []pastDoc{}}
	if f.LastDay != 0 {
		d.Market.LastDay = f.LastDay.String()
	}
	for _, past := range shown {
		name := in.Names[past.Code]
		if name == "" {
			name = string(past.Code)
		}
		d.Similar = append(d.Similar, pastDoc{Day: market.DayOf(past.At).String(), Stock: name, Title: cut(in.Titles[past.ArticleID], mostTitle),
			Cosine: decimal(past.Cosine, 2), Excess: byHorizon(func(h int) (float64, bool) { m, ok := past.Moves[h]; return m.ExcessPct, ok }, 2)})
	}
	return d
}

// byHorizon writes {"d1": ..., "d3": ...}, in the order of the horizons, without those that are not known.
func byHorizon(value func(h int) (float64, bool), decimals int) json.RawMessage {
	var parts []string
	for _, h := range forecast.Horizons {
		if v, ok := value(h); ok {
			parts = append(parts, fmt.Sprintf(`"d%d":%s`, h, decimal(v, decimals)))
		}
	}
	return json.RawMessage("{" + strings.Join(parts, ",") + "}")
}

func decimal(v float64, decimals int) json.Number {
	return json.Number(strconv.FormatFloat(v, 'f', decimals, 64))
}

// cut returns the first runes of a text, in valid UTF-8.
func cut(text string, most int) string {
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	return string(runes[:min(len(runes), most)])
}

// Answer is what a model said.
type Answer struct {
	Said   map[int]forecast.Statement
	Reason string // the model's words, to be marked as such
}

// Read reads an answer that obeys the schema of any version. Invalid when it is none.
func Read(answer []byte) (Answer, error) {
	type estimate struct {
		Probability *float64 `json:"up_probability"`
		ExpectedPct *float64 `json:"expected_excess_pct"`
	}
	var w struct {
		Reason string   `json:"reason"`
		D1     estimate `json:"d1"`
		D3     estimate `json:"d3"`
		D5     estimate `json:"d5"`
	}
	if err := json.Unmarshal(answer, &w); err != nil {
		return Answer{}, fault.InvalidField("answer", "it is no answer: %v", err)
	}
	a := Answer{Said: make(map[int]forecast.Statement, len(forecast.Horizons)), Reason: cut(strings.TrimSpace(w.Reason), mostReason)}
	for h, e := range map[int]estimate{1: w.D1, 3: w.D3, 5: w.D5} {
		if e.Probability == nil || e.ExpectedPct == nil {
			return Answer{}, fault.InvalidField("answer", "it says nothing of %d days", h)
		}
		a.Said[h] = forecast.Statement{Probability: *e.Probability, ExpectedPct: *e.ExpectedPct}
	}
	return a, nil
}
