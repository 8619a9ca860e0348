package measure

import (
	"fmt"
	"io"
	"time"

	"tickerwire/internal/news"
)

// Precision is how many of the pairs at a threshold or above tell the same story: as drawn, and weighted by how many
// pairs each band really has.
type Precision struct {
	Drawn    Share
	Weighted float64 // 0 where nothing was drawn
	Pairs    int     // how many there are, as the bands' sizes estimate it
	Same     float64 // how many of them tell the same
}

// Verdicts returns what readers said of pairs.
func Verdicts() (map[string]bool, error) {
	rows, err := lines("pairs.txt")
	if err != nil {
		return nil, err
	}
	verdicts := make(map[string]bool, len(rows))
	for _, row := range rows {
		if len(row) != 3 || row[0] >= row[1] || row[2] != "same" && row[2] != "other" {
			return nil, fmt.Errorf("measure: pairs.txt: %q is no pair with a verdict", row)
		}
		verdicts[Pair{A: row[0], B: row[1]}.key()] = row[2] == "same"
	}
	return verdicts, nil
}

// PrecisionAt measures the pairs of one kind at or above a threshold. Every drawn pair needs a verdict: leaving the
// others out would choose among them.
func PrecisionAt(strata []Stratum, verdicts map[string]bool, named bool, threshold float64) (Precision, error) {
	var p Precision
	for _, s := range strata {
		if s.Named != named {
			continue
		}
		weight := float64(s.Size) / float64(len(s.Drawn))
		for _, pair := range s.Drawn {
			same, read := verdicts[pair.key()]
			switch {
			case !read:
				return p, fmt.Errorf("measure: nobody has read the pair %s", pair.key())
			case pair.Cosine < threshold:
				continue
			}
			p.Drawn.N++
			p.Weighted += weight
			if same {
				p.Drawn.Hits++
				p.Same += weight
			}
		}
	}
	p.Pairs = int(p.Weighted + 0.5)
	if p.Weighted > 0 {
		p.Weighted = p.Same / p.Weighted
	}
	return p, nil
}

// reportPairs measures the flat embedder on the whole archive, and both versions on what came after the idf was fitted.
func (c Corpus) reportPairs(out io.Writer) error {
	verdicts, err := Verdicts()
	if err != nil {
		return err
	}
	fitted, articles := c.FitBefore(pairsSince)
	fmt.Fprintf(out, "pairs: %d read; idf fitted on %d articles before %s\n", len(verdicts), articles, pairsSince.Format(time.DateOnly))
	for _, version := range []struct {
		name     string
		embedder news.Embedder
		since    time.Time
	}{{"flat, everything", news.Embedder{}, time.Time{}}, {"fitted, after the fit", fitted, pairsSince}} {
		far := c.Background(version.embedder, version.since)
		if len(far) > 0 {
			fmt.Fprintf(out, "%s, any two articles: 50 %% below %.3f, 99 %% below %.3f, 99.9 %% below %.3f (%d pairs)\n",
				version.name, far[len(far)/2], far[len(far)*99/100], far[len(far)*999/1000], len(far))
		}
		strata := Strata(c.Pairs(version.embedder, version.since))
		for _, named := range []bool{true, false} {
			fmt.Fprintf(out, "%s, a company named: %t\n", version.name, named)
			for threshold := leastBand; threshold <= topBand; threshold += bandWidth {
				p, err := PrecisionAt(strata, verdicts, named, float64(threshold)/100)
				if err != nil {
					return err
				}
				fmt.Fprintf(out, "  .%d  %s, weighted %.3f of %d pairs\n", threshold, p.Drawn, p.Weighted, p.Pairs)
			}
		}
	}
	return nil
}
