package forecast

import (
	"cmp"
	_ "embed" // the words
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tickerwire/internal/market"
)

// LexiconVersion names the words, their weights and how a text is scored; changing one of them makes another.
const LexiconVersion = "lexicon-1"

//go:embed lexicon.txt
var lexiconText string

type lexiconWord struct {
	text   string
	weight float64
}

// lexiconWords are the words, the longest first. The list is our own: a line that cannot be read is a bug.
var lexiconWords = sync.OnceValue(func() []lexiconWord {
	var words []lexiconWord
	for line := range strings.Lines(lexiconText) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexByte(line, ' ')
		if line == "" || line[0] == '#' {
			continue
		}
		weight, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			panic("lexicon.txt: " + line)
		}
		words = append(words, lexiconWord{line[:at], weight})
	}
	slices.SortFunc(words, func(a, b lexiconWord) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.text, b.text))
	})
	return words
})

const (
	lexiconTitle = 2  // a word in the title counts so many times
	lexiconMost  = 6  // beyond which a score is cut off
	lexiconLeast = 40 // stock-days without which nothing is learned
	lexiconRidge = 5  // pulls the slope towards 0, as so many stock-days without skill would
)

// LexiconScore returns how good the words of a text are, -6 to 6; 0 when none is in the list. Each word counts once in the
// title, twofold, and once in the summary.
func LexiconScore(title, summary string) float64 {
	score := lexiconTitle*wordSum(title) + wordSum(summary)
	return min(max(score, -lexiconMost), lexiconMost)
}

func wordSum(text string) float64 {
	sum := 0.0
	for _, w := range lexiconWords() {
		if strings.Contains(text, w.text) {
			sum += w.weight
			text = strings.ReplaceAll(text, w.text, "\n") // no shorter word is found within it
		}
	}
	return sum
}

// LexiconExample is a past story's words, and whether the stock rose against the others afterwards.
type LexiconExample struct {
	Code  market.Code
	Day   market.Day // of the base close
	Score float64
	Up    bool
}

// LexiconFit says what a score has been worth: Slope is the change of log-odds per point. A slope of 0 is the honest answer
// of words without skill, and that of too short a past.
type LexiconFit struct {
	Slope     float64
	StockDays int
}

// FitLexicon fits a logistic of the score to what followed, one vote per stock and day: the mean score of its stories. The
// order of the examples does not matter. With fewer than 40 stock-days the slope is 0.
func FitLexicon(examples []LexiconExample) LexiconFit {
	days := stockDays(examples)
	fit := LexiconFit{StockDays: len(days)}
	if len(days) < lexiconLeast {
		return fit
	}
	var a, b float64
	for range 50 { // Newton; the penalised loss is strictly convex in both
		var ga, gb, haa, hab, hbb float64
		for _, d := range days {
			p := 1 / (1 + math.Exp(-(a + b*d.Score)))
			y := 0.0
			if d.Up {
				y = 1
			}
			w := p * (1 - p)
			ga += p - y
			gb += (p - y) * d.Score
			haa += w
			hab += w * d.Score
			hbb += w * d.Score * d.Score
		}
		ga, haa = ga+1e-3*a, haa+1e-3
		gb, hbb = gb+lexiconRidge*b, hbb+lexiconRidge
		det := haa*hbb - hab*hab
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		a, b = a-da, b-db
		if math.Abs(da)+math.Abs(db) < 1e-12 {
			break
		}
	}
	if !math.IsNaN(b - b) {
		fit.Slope = b
	}
	return fit
}

// stockDays averages the examples of one stock and day, in the order of (day, code).
func stockDays(examples []LexiconExample) []LexiconExample {
	sorted := slices.Clone(examples)
	slices.SortFunc(sorted, func(a, b LexiconExample) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Score, b.Score))
	})
	var days []LexiconExample
	n := 0.0
	for _, e := range sorted {
		last := len(days) - 1
		if last < 0 || days[last].Code != e.Code || days[last].Day != e.Day {
			days, n = append(days, e), 1
			continue
		}
		n++
		days[last].Score += (e.Score - days[last].Score) / n
	}
	return days
}

// Notes of the lexicon.
const (
	NoteNoWords   = "no word of the list"
	NoteShortPast = "too little past to learn from"
)

// Lexicon says the base rate, moved by what the words of the text have been worth in the past: logit(p) = logit(base) +
// slope*score, clipped to base +-.15. The expected return is that of a stock that moves .8 sigma on average. Without a word,
// or a slope that was fitted, it says the base rate and why.
func Lexicon(q Query) ([]Prediction, error) {
	if err := check(q); err != nil {
		return nil, err
	}
	score := LexiconScore(q.Title, q.Summary)
	made := make([]Prediction, 0, len(Horizons))
	for _, h := range Horizons {
		p, fit := blank(q, h), q.Lexicon[h]
		switch {
		case score == 0:
			p.Note = joinNotes(NoteNoWords, p.Note)
		case fit.StockDays < lexiconLeast:
			p.Note = joinNotes(NoteShortPast, p.Note)
		default:
			odds := math.Log(p.BaseRate/(1-p.BaseRate)) + fit.Slope*score
			p.Probability = reach(1/(1+math.Exp(-odds)), p.BaseRate)
			p.ExpectedPct = 2*(p.Probability-p.BaseRate)*.8*q.Features.SigmaPct*math.Sqrt(float64(h)) + 0 // never -0
			p.LowPct += p.ExpectedPct
			p.HighPct += p.ExpectedPct
		}
		made = append(made, p)
	}
	return made, nil
}
