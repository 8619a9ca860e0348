package bench_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/bench"
	"tickerwire/internal/simulator"
)

func figures() []bench.Figure {
	return []bench.Figure{
		{Name: "a.rate", Value: 0.95, Unit: "x", Goal: bench.AtLeast(0.9)},
		{Name: "a.latency", Value: 301.25, Unit: "ms", Goal: bench.AtMost(300)},
		{Name: "a.told", Value: 1623, Unit: "articles"},
	}
}

func TestResultsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out", "results.json")
	for i := range 2 { // the second replaces the first, and leaves alone what others found
		if i == 1 {
			other := []bench.Figure{{Name: "ab.told", Value: 1, Unit: "s"}}
			if err := bench.WriteResults(path, other, []string{"ab"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := bench.WriteResults(path, figures(), []string{"a"}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "name": "ab.told",
    "value": 1,
    "unit": "s",
    "goal": null,
    "met": null
  },
  {
    "name": "a.rate",
    "value": 0.95,
    "unit": "x",
    "goal": 0.9,
    "met": true
  },
  {
    "name": "a.latency",
    "value": 301.25,
    "unit": "ms",
    "goal": 300,
    "met": false
  },
  {
    "name": "a.told",
    "value": 1623,
    "unit": "articles",
    "goal": null,
    "met": null
  }
]
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := bench.WriteTable(&out, figures()); err != nil {
		t.Fatal(err)
	}
	want := `
name       value  unit      goal     met
a.rate     0.95   x         >= 0.90  yes
a.latency  301.2  ms        <= 300   NO
a.told     1623   articles           
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestGoalsAreMetAtTheirEdge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		goal  *bench.Goal
		value float64
		want  string
	}{
		{bench.AtLeast(4), 4, "yes"}, {bench.AtLeast(4), 3.99, "NO"}, {bench.AtLeast(4), 9, "yes"},
		{bench.AtMost(60), 60, "yes"}, {bench.AtMost(60), 60.01, "NO"}, {bench.AtMost(60), 0, "yes"},
		{bench.AtLeast(4), math.NaN(), "NO"}, {bench.AtMost(4), math.NaN(), "NO"}, // nothing was measured
	} {
		var out bytes.Buffer
		if err := bench.WriteTable(&out, []bench.Figure{{Name: "n", Value: c.value, Unit: "u", Goal: c.goal}}); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`\s` + c.want + `\n$`).Match(out.Bytes()) {
			t.Errorf("%v against %+v: %s", c.value, *c.goal, &out)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	ten := []float64{10, 3, 5, 1, 2, 4, 9, 8, 7, 6}
	for _, c := range []struct {
		values []float64
		p      float64
		want   float64
	}{{ten, 50, 5}, {ten, 99, 10}, {ten, 100, 10}, {ten, 10, 1}, {ten, 11, 2}, {ten, 0.1, 1}, {[]float64{7}, 50, 7}} {
		if got := bench.Percentile(c.values, c.p); got != c.want {
			t.Errorf("p%v of %v = %v, want %v", c.p, c.values, got, c.want)
		}
	}
	if ten[0] != 10 {
		t.Error("the values were sorted in place")
	}
	if got := bench.Percentile(nil, 50); !math.IsNaN(got) {
		t.Errorf("of no values: %v", got)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}, {[]float64{7}, 7}} {
		if got := bench.Median(c.values); got != c.want {
			t.Errorf("of %v = %v, want %v", c.values, got, c.want)
		}
	}
	if got := bench.Median(nil); !math.IsNaN(got) {
		t.Errorf("of no values: %v", got)
	}
}

func TestEveryBenchmarkHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	names, usual := map[string]bool{}, 0
	for _, b := range bench.All() {
		if names[b.Name] || b.Name == "" || b.Run == nil {
			t.Errorf("%q is twice there, or empty", b.Name)
		}
		names[b.Name] = true
		if b.Set == "" {
			usual++
		}
	}
	if usual == 0 || usual == len(names) {
		t.Errorf("%d of %d benchmarks are of the usual set", usual, len(names))
	}
}

func TestMissedGoalsAreNamed(t *testing.T) {
	t.Parallel()
	err := bench.Missed(figures())
	if err == nil || err.Error() != "1 goals were missed: a.latency" {
		t.Errorf("%v", err)
	}
	if err := bench.Missed(figures()[:1]); err != nil {
		t.Errorf("every goal is met: %v", err)
	}
}

func TestDifferenceAndItsNoise(t *testing.T) {
	t.Parallel()
	rise, noise := bench.Difference([]float64{1, 2, 3}, []float64{5, 7})
	// Variances of 1 and 2, in samples of 3 and 2.
	if want := 3 * math.Sqrt(1./3+2./2); rise != 4 || math.Abs(noise-want) > 1e-9 {
		t.Errorf("rise %v, noise %v, want 4 and %v", rise, noise, want)
	}
	if _, noise := bench.Difference([]float64{1}, []float64{1, 2}); !math.IsNaN(noise) {
		t.Errorf("noise of one value: %v", noise)
	}
}

func TestEachLaneOfTheLimitsHasItsOwnName(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, l := range bench.Lanes() {
		if names[l] {
			t.Errorf("%s is twice there", l)
		}
		names[l] = true
	}
	if len(names) == 0 {
		t.Error("there is no lane")
	}
}

func TestAChatsPaceIsTakenFromMessageToMessage(t *testing.T) {
	t.Parallel()
	var messages []simulator.Message
	for i := range 4 { // every three seconds, between those of chats that are not asked for
		at := time.Unix(int64(3*i), 0)
		messages = append(messages, simulator.Message{ChatID: 1, At: at}, simulator.Message{ChatID: 9, At: at})
	}
	if came, used := bench.PerChat(20, time.Minute, []int64{1, 2}, messages); came != 4 || used != 0.5 {
		t.Errorf("%d came and %v was used, want 4, and half: one chat at its limit, one silent", came, used)
	}
}
