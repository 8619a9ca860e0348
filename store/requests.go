package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/market"
)

// ErrBudget means that a model's budget of the day has no room for what a request may cost.
var ErrBudget = errors.New("the model's budget of the day is used up")

// ModelRequest is a request to a language model that is about to leave.
type ModelRequest struct {
	CallID        int64
	ModelID       int64
	Code          market.Code
	Repair        bool
	BoundMicroWon int64 // what it may cost at most
	PromptVersion string
	PromptHash    string
	Prompt        string
	Quoted        []int64 // articles whose texts stand in it
}

// today is the KST day of budgets, on the wall clock, which is Postgres's own: one for all workers.
const today = `(now() at time zone 'Asia/Seoul')::date`

// ReserveRequest books what a request may cost against its model's budget of the day, and returns its id. It fails closed:
// ErrBudget unless all that was booked and settled today, and this, lie within the budget; workers that ask at once wait
// for each other. A reservation stands until EndRequest.
func (db *DB) ReserveRequest(ctx context.Context, r ModelRequest) (id int64, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`insert into model_spend (model_id, day) values (?, `+today+`) on conflict do nothing`, r.ModelID).Exec(ctx)
		if err != nil {
			return err
		}
		var day date
		err = tx.NewRaw(`
			update model_spend s set micro_won = s.micro_won + ?1 from models m
			where m.id = s.model_id and s.model_id = ?0 and s.day = `+today+` and s.micro_won + ?1 <= m.daily_budget * 1000000
			returning s.day`, r.ModelID, r.BoundMicroWon).Scan(ctx, &day)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrBudget
		}
		if err != nil {
			return err
		}
		err = tx.NewRaw(`
			insert into model_requests (call_id, model_id, code, repair, day, bound_micro_won, cost_micro_won, prompt_version, prompt_hash)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`, r.CallID, r.ModelID, r.Code, r.Repair, day, r.BoundMicroWon, r.BoundMicroWon,
			r.PromptVersion, r.PromptHash).Scan(ctx, &id)
		if err != nil {
			return err
		}
		// Of an article that was taken down since the prompt was worded nothing is kept.
		_, err = tx.NewRaw(`
			with locked as (select taken_down_at from articles where id = any(?2) order by id for key share),
			gone as (select max(taken_down_at) as at from locked)
			insert into model_texts (request_id, prompt, quoted, erased_at)
			select ?0, case when at is null then ?1 else '' end, ?2, at from gone`, id, legible(r.Prompt), pgdialect.Array(r.Quoted)).Exec(ctx)
		return err
	})
	return id, fail(err, "reserve a request of model %d", r.ModelID)
}

// States of a request that has ended.
const (
	RequestAnswered = "answered"
	RequestFlawed   = "flawed"  // an answer came that cannot be used; it is billed
	RequestRefused  = "refused" // nothing is billed
	RequestUnknown  = "unknown" // nobody knows whether it is billed: what was reserved stands
)

// RequestEnd says what a request came to.
type RequestEnd struct {
	ID           int64
	State        string
	Flaw         string
	InputTokens  int64
	OutputTokens int64
	CostMicroWon int64 // -1: nobody knows, what was reserved stands
	LatencyMS    int
	Reply        string
	Answer       json.RawMessage // nil: nothing in the reply can be used
}

// EndRequest settles a request once: what it cost takes the place of what was reserved.
func (db *DB) EndRequest(ctx context.Context, e RequestEnd) error {
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var r struct {
			ModelID       int64 `bun:"model_id"`
			Day           date  `bun:"day"`
			BoundMicroWon int64 `bun:"bound_micro_won"`
			CostMicroWon  int64 `bun:"cost_micro_won"`
		}
		err := tx.NewRaw(`
			update model_requests set state = ?, flaw = ?, input_tokens = ?, output_tokens = ?, latency_ms = ?, ended_at = now(),
				cost_micro_won = case when ?5 < 0 then bound_micro_won else ?5 end
			where id = ?6 and state = 'open' returning model_id, day, bound_micro_won, cost_micro_won`,
			e.State, legible(e.Flaw), e.InputTokens, e.OutputTokens, e.LatencyMS, e.CostMicroWon, e.ID).Scan(ctx, &r)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // settled already
		}
		if err != nil {
			return err
		}
		_, err = tx.NewRaw(`update model_spend set micro_won = greatest(0, micro_won + ?) where model_id = ? and day = ?`,
			r.CostMicroWon-r.BoundMicroWon, r.ModelID, r.Day).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewRaw(`update model_texts set reply = ?, answer = ? where request_id = ? and erased_at is null`,
			legible(e.Reply), nullable(e.Answer), e.ID).Exec(ctx)
		return err
	})
	return fail(err, "end request %d", e.ID)
}

func nullable(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	return string(raw)
}

// Answers returns the answers that a call has got, by stock: what is paid for need not be asked again.
func (db *DB) Answers(ctx context.Context, callID int64) (map[market.Code]json.RawMessage, error) {
	var rows []struct {
		Code   string          `bun:"code"`
		Answer json.RawMessage `bun:"answer"`
	}
	err := db.bun.NewRaw(`
		select distinct on (r.code) r.code, t.answer from model_requests r join model_texts t on t.request_id = r.id
		where r.call_id = ? and r.state = 'answered' and t.answer is not null order by r.code, r.id desc`, callID).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "answers of call %d", callID)
	}
	answers := make(map[market.Code]json.RawMessage, len(rows))
	for _, r := range rows {
		answers[market.Code(r.Code)] = r.Answer
	}
	return answers, nil
}

// eraseTexts empties the texts that quote any of some articles.
const eraseTexts = `
	update model_texts set prompt = '', reply = '', answer = null, erased_at = now() where quoted && ? and erased_at is null`

// EraseTexts empties the prompts and replies in which an article is quoted, and returns how many; the predictions made of
// them, their hashes and their seals stay as they are.
func (db *DB) EraseTexts(ctx context.Context, articleID int64) (erased int, err error) {
	res, err := db.bun.NewRaw(eraseTexts, pgdialect.Array([]int64{articleID})).Exec(ctx)
	if err != nil {
		return 0, fail(err, "erase the texts that quote article %d", articleID)
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "erase the texts that quote article %d", articleID)
}

// Spent returns what every model has cost today, in millionths of a won, with what is reserved; a model that cost nothing
// is left out.
func (db *DB) Spent(ctx context.Context) (map[int64]int64, error) {
	var rows []struct {
		ModelID  int64 `bun:"model_id"`
		MicroWon int64 `bun:"micro_won"`
	}
	err := db.bun.NewRaw(`select model_id, micro_won from model_spend where day = `+today).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "what models cost today")
	}
	spent := make(map[int64]int64, len(rows))
	for _, r := range rows {
		spent[r.ModelID] = r.MicroWon
	}
	return spent, nil
}

// sumRequests writes what a call's requests came to onto the call. Of several prompts the hash is that of their hashes.
const sumRequests = `
	update model_calls c set input_tokens = s.input, output_tokens = s.output, cost_micro_won = s.cost, latency_ms = s.latency,
		prompt_hash = s.hash
	from (
		select coalesce(sum(input_tokens), 0) as input, coalesce(sum(output_tokens), 0) as output,
			coalesce(sum(cost_micro_won), 0) as cost, coalesce(sum(latency_ms), 0) as latency,
			case when count(distinct prompt_hash) < 2 then coalesce(min(prompt_hash), '')
				else encode(sha256(convert_to(string_agg(distinct prompt_hash, '' order by prompt_hash), 'UTF8')), 'hex') end as hash
		from model_requests where call_id = ?0) s
	where c.id = ?0`

// RequestInfo is what one request to a language model came to, as those who look into a prediction see it.
type RequestInfo struct {
	Code          market.Code
	Repair        bool
	State         string
	Flaw          string
	PromptVersion string
	PromptHash    string
	InputTokens   int64
	OutputTokens  int64
	CostMicroWon  int64
	LatencyMS     int
	CreatedAt     time.Time
	Erased        bool
	Answer        json.RawMessage // nil: there is none, or it was erased
}

// Requests returns the requests of calls for a stock, in their order.
func (db *DB) Requests(ctx context.Context, callID int64, code market.Code) ([]RequestInfo, error) {
	var rows []struct {
		Code          string          `bun:"code"`
		Repair        bool            `bun:"repair"`
		State         string          `bun:"state"`
		Flaw          string          `bun:"flaw"`
		PromptVersion string          `bun:"prompt_version"`
		PromptHash    string          `bun:"prompt_hash"`
		InputTokens   int64           `bun:"input_tokens"`
		OutputTokens  int64           `bun:"output_tokens"`
		CostMicroWon  int64           `bun:"cost_micro_won"`
		LatencyMS     int             `bun:"latency_ms"`
		CreatedAt     time.Time       `bun:"created_at"`
		Erased        bool            `bun:"erased"`
		Answer        json.RawMessage `bun:"answer"`
	}
	err := db.bun.NewRaw(`
		select r.code, r.repair, r.state, r.flaw, r.prompt_version, r.prompt_hash, r.input_tokens, r.output_tokens, r.cost_micro_won,
			r.latency_ms, r.created_at, t.erased_at is not null as erased, t.answer
		from model_requests r join model_texts t on t.request_id = r.id
		where r.call_id = ? and r.code = ? order by r.id limit 100`, callID, code).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "requests of call %d", callID)
	}
	list := make([]RequestInfo, len(rows))
	for i, r := range rows {
		list[i] = RequestInfo{Code: market.Code(r.Code), Repair: r.Repair, State: r.State, Flaw: r.Flaw, PromptVersion: r.PromptVersion,
			PromptHash: r.PromptHash, InputTokens: r.InputTokens, OutputTokens: r.OutputTokens, CostMicroWon: r.CostMicroWon,
			LatencyMS: r.LatencyMS, CreatedAt: r.CreatedAt, Erased: r.Erased, Answer: r.Answer}
	}
	return list, nil
}
