package backtest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// WriteText writes the report for a terminal.
func (r Report) WriteText(out io.Writer) error {
	a := r.Archive
	fmt.Fprintf(out, "%d articles from %s to %s, %d of them new; %d stories name one of %d stocks; %d daily bars; %d lines refused\n",
		a.Articles, a.From, a.To, a.New, a.Stories, a.Stocks, a.Bars, a.Refused)
	if a.Failed > 0 {
		fmt.Fprintf(out, "%d calls of language models failed: no prediction was written\n", a.Failed)
	}
	if a.Unasked > 0 {
		fmt.Fprintf(out, "%d calls of language models were not made, since the day's budget had no room for them: no prediction was written\n", a.Unasked)
	}
	fmt.Fprintf(out, "judged by stock-days, against the panel's base rate, on what was known by %s\n\n", r.Until)
	if err := table(out, r.Records); err != nil {
		return err
	}
	if len(r.NotEvidence) > 0 {
		fmt.Fprint(out, "\nNOT EVIDENCE: language models on news from before the end of their training, or with none known: they may have read what followed\n\n")
		if err := table(out, r.NotEvidence); err != nil {
			return err
		}
	}
	fmt.Fprint(out, "\nalerts, had the model been the champion: 'sent' is what the gate lets pass, 'score' its best candidates whether or not the\nrecord is proven, 'random' and 'sigma' are the silent controls; at most 3 a day\n\n")
	return r.alertTable(out)
}

func table(out io.Writer, list []Record) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "model\th\tarticles\tstock-days\tdays\tvoid\tBrier skill [95 %]\taccuracy [95 %]\tIC [95 %]\tverdict")
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\n", r.Model, r.Horizon, r.Articles, r.StockDays, r.Days, r.Void,
			r.Skill.text("%+.4f"), r.Accuracy.text("%.3f"), r.IC.text("%+.3f"), r.verdict())
	}
	return w.Flush()
}

// verdict is the word, and what it lacks.
func (r Record) verdict() string {
	switch {
	case r.NeedsStockDays > 0 && r.NeedsDays > 0:
		return fmt.Sprintf("%s (%d stock-days and %d days short)", r.Verdict, r.NeedsStockDays, r.NeedsDays)
	case r.NeedsDays > 0:
		return fmt.Sprintf("%s (%d days short)", r.Verdict, r.NeedsDays)
	case r.NeedsStockDays > 0:
		return fmt.Sprintf("%s (%d stock-days short)", r.Verdict, r.NeedsStockDays)
	}
	return r.Verdict
}

// text shows a figure, with its interval when there is one; "-" stands for none.
func (f *Figure) text(format string) string {
	switch {
	case f == nil:
		return "-"
	case f.Low == nil:
		return fmt.Sprintf(format, f.Value)
	}
	return fmt.Sprintf(format+" ["+format+", "+format+"]", f.Value, *f.Low, *f.High)
}

func (r Report) alertTable(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "model\tcandidates\tchooser\tpicks\tdays\tright\tprecision [95 %]\tbase rate\tnet mean % [95 %]")
	for _, a := range r.Alerts {
		for _, p := range a.Picks {
			if p.K != plainK {
				continue
			}
			base := "-"
			if p.BaseRate != nil {
				base = fmt.Sprintf("%.3f", *p.BaseRate)
			}
			fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%d\t%d\t%s\t%s\t%s\n", a.Model, a.Candidates, p.Chooser, p.Picks, p.Days, p.Right,
				p.Precision.text("%.3f"), base, p.NetMeanPct.text("%+.2f"))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprint(out, "\nwhy not, of the stocks of stories of which the model said something:\n")
	for _, a := range r.Alerts {
		fmt.Fprintf(out, "  %s: %d decided", a.Model, a.Decided)
		for _, reason := range slices.Sorted(maps.Keys(a.Reasons)) {
			fmt.Fprintf(out, ", %d %s", a.Reasons[reason], reason)
		}
		fmt.Fprintln(out)
	}
	return nil
}

// plainK is the picks a day that a reader is shown first: as many alerts as a recipient gets.
const plainK = 3
