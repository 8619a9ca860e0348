package tasks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/tasks"
)

// oracle is a language model that answers what it is told to; every question may use 1,000 tokens and 100 of a reply.
type oracle struct {
	mu     sync.Mutex
	asked  []tasks.LLMQuestion
	answer func(n int, q tasks.LLMQuestion) (tasks.LLMReply, error)
}

func (o *oracle) Bound(forecast.LanguageModel, tasks.LLMQuestion) (int64, int64, error) {
	return 1000, 100, nil
}

func (o *oracle) Ask(_ context.Context, _ forecast.LanguageModel, q tasks.LLMQuestion) (tasks.LLMReply, error) {
	o.mu.Lock()
	o.asked = append(o.asked, q)
	n, answer := len(o.asked), o.answer
	o.mu.Unlock()
	if answer == nil {
		return said(.52), nil
	}
	return answer(n, q)
}

func (o *oracle) times() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.asked)
}

// said is a good answer with one probability for all horizons.
func said(p float64) tasks.LLMReply {
	one := fmt.Sprintf(`{"up_probability":%g,"expected_excess_pct":0.5}`, p)
	content := fmt.Sprintf(`{"reason":"수주가 늘었다","d1":%s,"d3":%s,"d5":%s}`, one, one, one)
	return tasks.LLMReply{JSON: json.RawMessage(content), Content: content, InputTokens: 800, OutputTokens: 50, Counted: true, Raw: []byte(`{"raw":true}`)}
}

func flawed(word string, repairable bool, kind fault.Kind) error {
	return &tasks.LLMError{Reply: tasks.LLMReply{Content: "글", InputTokens: 700, OutputTokens: 20, Counted: true, Raw: []byte("글")}, Flaw: word,
		Repairable: repairable, Err: fault.New(kind, "the reply is %s", word)}
}

// llm registers a language model that costs 1 won per token, and opens a story; it returns the model's call.
func (r *rig) llm(m forecast.Model) tasks.PredictStory {
	r.t.Helper()
	m.Name, m.Kind, m.Version = "gpt", forecast.KindLLM, "some-mini/ko-1"
	if m.Role == "" {
		m.Role = forecast.Challenger
	}
	m.Language.Name, m.Language.PromptVersion, m.Language.MaxTokens = "some-mini", "ko-1", 100
	m.Language.InputPrice, m.Language.OutputPrice = 1_000_000, 1_000_000
	made, err := r.db.CreateModel(r.t.Context(), m)
	r.must(err)
	return tasks.PredictStory{StoryID: r.open(story(0)), ModelID: made.ID, ModelKind: m.Kind, Generation: 1}
}

func budget(won int64) forecast.Model {
	return forecast.Model{Language: forecast.LanguageModel{DailyBudget: won}}
}

func (r *rig) asking(o *oracle) *tasks.Worker {
	return r.worker(func(w *tasks.Worker) { w.LLM = o })
}

func (r *rig) spent(model int64) int64 {
	r.t.Helper()
	all, err := r.db.Spent(r.t.Context())
	r.must(err)
	return all[model] / 1_000_000
}

func TestALanguageModelPredicts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	r.past()
	call := r.llm(budget(5000))
	o := &oracle{}
	for range 2 {
		r.must(r.asking(o).Do(t.Context(), call))
	}
	made := r.made(call)
	if len(made) != 3 || made[0].Probability != .52 || made[0].ExpectedPct != .5 || len(made[0].Evidence.Neighbours) == 0 {
		t.Fatalf("made %+v", made)
	}
	if o.times() != 1 {
		t.Errorf("it was asked %d times", o.times())
	}
	q := o.asked[0]
	if !strings.Contains(q.User, sentences[0]) || strings.Count(q.User, `"similarity"`) != 5 || q.Mend != nil {
		t.Errorf("asked %s", q.User)
	}
	kept, err := r.db.Call(t.Context(), call.StoryID, call.ModelID, 1)
	r.must(err)
	info, err := r.db.CallInfo(t.Context(), kept.CallID)
	r.must(err)
	if info.InputTokens != 800 || info.OutputTokens != 50 || info.CostMicroWon != 850_000_000 || len(info.PromptHash) != 64 || r.spent(call.ModelID) != 850 {
		t.Errorf("the call is %+v, %d won are booked", info, r.spent(call.ModelID))
	}
	if n := r.number(`select count(*) from model_texts where prompt like '%누리테크%' and reply = '{"raw":true}' and cardinality(quoted) = 6`); n != 1 {
		t.Errorf("%d kept texts, want one with its reply and what it quotes", n)
	}
}

// TestWhatCannotBeUsedLeavesNoPrediction: such an answer is no "neutral" one, whatever is wrong with it.
func TestWhatCannotBeUsedLeavesNoPrediction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		errs  []error // of one asking after the other
		kind  fault.Kind
		asked int
		won   int64 // that stay booked
		state string
	}{
		"refused":               {[]error{flawed("refused", false, fault.Invalid)}, fault.Invalid, 1, 720, "flawed"},
		"filtered":              {[]error{flawed("filtered", false, fault.Invalid)}, fault.Invalid, 1, 720, "flawed"},
		"cut":                   {[]error{flawed("cut", false, fault.Invalid)}, fault.Invalid, 1, 720, "flawed"},
		"empty":                 {[]error{flawed("empty", false, fault.Unavailable)}, fault.Unavailable, 1, 720, "flawed"},
		"prose twice":           {[]error{flawed("not json", true, fault.Unavailable), flawed("not json", true, fault.Unavailable)}, fault.Invalid, 2, 1440, "flawed"},
		"prose, then refused":   {[]error{flawed("not json", true, fault.Unavailable), flawed("refused", false, fault.Invalid)}, fault.Invalid, 2, 1440, "flawed"},
		"half a JSON, then out": {[]error{flawed("off schema", true, fault.Unavailable), fault.New(fault.Unavailable, "503")}, fault.Unavailable, 2, 720, "refused"},
		"nobody knows":          {[]error{&tasks.LLMError{Unknown: true, Err: fault.New(fault.Unavailable, "no answer")}}, fault.Unavailable, 1, 1100, "unknown"},
		"limited":               {[]error{fault.After(fault.Limited, time.Minute, "slow down")}, fault.Limited, 1, 0, "refused"},
		"out of credit":         {[]error{fault.New(fault.Forbidden, "insufficient_quota")}, fault.Forbidden, 1, 0, "refused"},
		"silent on its tokens":  {[]error{&tasks.LLMError{Reply: tasks.LLMReply{Raw: []byte("?")}, Flaw: "unreadable", Err: fault.New(fault.Unavailable, "?")}}, fault.Unavailable, 1, 1100, "flawed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.panel()
			call := r.llm(budget(5000))
			o := &oracle{answer: func(n int, _ tasks.LLMQuestion) (tasks.LLMReply, error) { return tasks.LLMReply{}, c.errs[n-1] }}
			err := r.asking(o).Do(t.Context(), call)
			if fault.KindOf(err) != c.kind || o.times() != c.asked {
				t.Errorf("%v after %d questions, want kind %v after %d", err, o.times(), c.kind, c.asked)
			}
			if n := r.number(`select count(*) from predictions where model_id = ?`, call.ModelID); n != 0 {
				t.Errorf("%d predictions", n)
			}
			if kept, err := r.db.Call(t.Context(), call.StoryID, call.ModelID, 1); err != nil || kept.State != store.CallStateDue {
				t.Errorf("the call is %s, want it due for another try", kept.State)
			}
			if got := r.spent(call.ModelID); got != c.won {
				t.Errorf("%d won stay booked, want %d", got, c.won)
			}
			if n := r.number(`select count(*) from model_requests where state = ? and ended_at is not null and repair = (? = 2)`, c.state, c.asked); n != 1 {
				t.Errorf("the last request is not kept as %s", c.state)
			}
		})
	}
}

func TestAnAnswerIsRepairedOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	call := r.llm(budget(5000))
	o := &oracle{answer: func(n int, q tasks.LLMQuestion) (tasks.LLMReply, error) {
		if n == 1 {
			return tasks.LLMReply{}, flawed("not json", true, fault.Unavailable)
		}
		return said(.48), nil
	}}
	r.must(r.asking(o).Do(t.Context(), call))
	if len(r.made(call)) != 3 || o.times() != 2 || o.asked[1].Mend == nil || o.asked[1].Mend.Said != "글" || o.asked[0].System != o.asked[1].System {
		t.Errorf("made %+v of %+v", r.made(call), o.asked)
	}
	if r.spent(call.ModelID) != 720+850 {
		t.Errorf("%d won are booked, want those of both", r.spent(call.ModelID))
	}
}

// TestWhatIsPaidForIsNotAskedAgain: a story of two stocks fails at the second one, and is tried again.
func TestWhatIsPaidForIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	call := r.llm(budget(50_000))
	two := story(1)
	two.Title = "누리테크와 가람소재, 합작 공장"
	two.Matches[0].Code = nuri
	two.Matches = append(two.Matches, two.Matches[0])
	two.Matches[1].Code = garam
	call.StoryID = r.open(two)
	o := &oracle{answer: func(n int, _ tasks.LLMQuestion) (tasks.LLMReply, error) {
		if n == 2 {
			return tasks.LLMReply{}, fault.New(fault.Unavailable, "503")
		}
		return said(.5), nil
	}}
	w := r.asking(o)
	if err := w.Do(t.Context(), call); fault.KindOf(err) != fault.Unavailable || len(r.made(call)) != 0 {
		t.Fatalf("%v, made %d", err, len(r.made(call)))
	}
	r.must(w.Do(t.Context(), call))
	if o.times() != 3 || len(r.made(call)) != 6 {
		t.Errorf("%d questions, %d predictions; want 3 and 6", o.times(), len(r.made(call)))
	}
}

// TestABudgetThatIsGone: the champion's place is taken by a local model, and no row of its own is written.
func TestABudgetThatIsGone(t *testing.T) {
	t.Parallel()
	for _, localFirst := range []bool{true, false} {
		t.Run(fmt.Sprint("the local model first: ", localFirst), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.panel()
			r.prove()
			m := budget(1099) // one less than a question may cost
			m.Role, m.Horizons = forecast.Champion, forecast.Horizons[:]
			call := r.llm(m)
			o := &oracle{}
			w := r.asking(o)
			w.Predictors["analogue"] = sure
			local := call
			local.ModelID, local.ModelKind = int64(r.number(`select id from models where kind = 'analogue'`)), "analogue"
			order := []tasks.PredictStory{call, local}
			if localFirst {
				order = []tasks.PredictStory{local, call}
			}
			for _, c := range order {
				r.must(w.Do(t.Context(), c))
			}
			if o.times() != 0 || len(r.made(call)) != 0 || r.spent(call.ModelID) != 0 {
				t.Errorf("%d questions, %d predictions, %d won", o.times(), len(r.made(call)), r.spent(call.ModelID))
			}
			kept, err := r.db.Call(t.Context(), call.StoryID, call.ModelID, 1)
			if err != nil || kept.State != store.CallStateSkipped {
				t.Errorf("the call is %+v, %v", kept, err)
			}
			job := tasks.NotifyPrediction{StoryID: local.StoryID, ModelID: local.ModelID, Generation: 1}
			if !r.holds(tasks.QueueNotify, tasks.TaskID(job, 1)) {
				t.Fatal("nobody rang for the stand-in's decision")
			}
			r.must(w.Do(t.Context(), job))
			if n := r.number(`select count(*) from alerts a join predictions p on p.id = a.prediction_id where a.send and p.model_id = ?`, local.ModelID); n != 1 {
				t.Errorf("%d alerts by the stand-in, want 1", n)
			}
			signals, err := r.db.StockSignals(t.Context(), []market.Code{nuri}, noon.AddDate(1, 0, 0))
			if err != nil || len(signals) != 3 || signals[0].Prediction.ModelID != local.ModelID {
				t.Errorf("signals %+v, %v", signals, err)
			}
		})
	}
}

func TestAStoryFromTheTrainingIsNotAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	m := budget(5000)
	m.Language.TrainingCutoff = dayOf(noon)
	call := r.llm(m)
	o := &oracle{}
	r.must(r.asking(o).Do(t.Context(), call))
	if o.times() != 0 || r.number(`select count(*) from model_calls where model_id = ? and state = 'skipped' and note <> ''`, call.ModelID) != 1 {
		t.Errorf("it was asked %d times", o.times())
	}
}

// TestOneModelThatHangsDelaysNoOther: it holds some slots of its kind, never all.
func TestOneModelThatHangsDelaysNoOther(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	slow := r.llm(budget(1_000_000))
	second := budget(1_000_000)
	second.Language = forecast.LanguageModel{Name: "other", PromptVersion: "ko-1", MaxTokens: 100}
	second.Name, second.Kind, second.Role, second.Version = "other", forecast.KindLLM, forecast.Challenger, "other/ko-1"
	other, err := r.db.CreateModel(t.Context(), second)
	r.must(err)
	stories := []int64{slow.StoryID}
	for i := 1; i < 8; i++ {
		stories = append(stories, r.open(story(i)))
	}
	goOn := make(chan struct{})
	w := r.asking(&oracle{answer: func(int, tasks.LLMQuestion) (tasks.LLMReply, error) { return said(.5), nil }})
	w.LLM = hanging{w.LLM, "some-mini", goOn}
	r.serve(w)
	for _, s := range stories {
		slow.StoryID = s
		r.exec(`insert into model_calls (story_id, model_id) values (?, ?), (?, ?) on conflict do nothing`, s, slow.ModelID, s, other.ID)
		r.must(r.queue.Ring(t.Context(), slow))
	}
	poll(t, "the slow model to be busy", func() bool { return r.count(slow.Queue(), "active") >= 4 })
	fast := slow
	fast.ModelID = other.ID
	for _, s := range stories {
		fast.StoryID = s
		r.must(r.queue.Ring(t.Context(), fast))
	}
	poll(t, "the other model's predictions", func() bool {
		return r.number(`select count(*) from predictions where model_id = ?`, other.ID) == 3*len(stories)
	})
	if n := r.number(`select count(*) from predictions where model_id = ?`, slow.ModelID); n != 0 {
		t.Errorf("the slow one made %d predictions meanwhile", n)
	}
	close(goOn)
}

// hanging is a language model of which one name does not answer until it is let go on.
type hanging struct {
	tasks.LLM
	name string
	goOn chan struct{}
}

func (h hanging) Ask(ctx context.Context, m forecast.LanguageModel, q tasks.LLMQuestion) (tasks.LLMReply, error) {
	if m.Name == h.name {
		<-h.goOn
	}
	return h.LLM.Ask(ctx, m, q)
}
