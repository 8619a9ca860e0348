package store

import (
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// modelFields are the columns of a model but its id.
type modelFields struct {
	Name           string  `bun:"name"`
	Kind           string  `bun:"kind"`
	Role           string  `bun:"role"`
	Version        string  `bun:"version"`
	Provider       string  `bun:"provider"`
	ProviderModel  string  `bun:"provider_model"`
	PromptVersion  string  `bun:"prompt_version"`
	TrainingCutoff date    `bun:"training_cutoff,nullzero"`
	InputPrice     int64   `bun:"input_price"`
	OutputPrice    int64   `bun:"output_price"`
	DailyBudget    int64   `bun:"daily_budget"`
	MaxTokens      int     `bun:"max_output_tokens"`
	OldMaxTokens   bool    `bun:"old_max_tokens"`
	Members        []int64 `bun:"members,array"`
	Horizons       []int64 `bun:"horizons,array,scanonly"`
}

// selectModel are the columns of modelFields, of models m.
const selectModel = `m.name, m.kind, m.role, m.version, m.provider, m.provider_model, m.prompt_version, m.training_cutoff,
	m.input_price, m.output_price, m.daily_budget, m.max_output_tokens, m.old_max_tokens, m.members,
	array(select ch.horizon::bigint from champions ch where ch.model_id = m.id order by 1) as horizons`

type modelRow struct {
	bun.BaseModel `bun:"table:models,alias:m"`

	ID int64 `bun:"id,pk,autoincrement"`
	modelFields
}

func modelRowOf(m forecast.Model) modelRow {
	l := m.Language
	members := m.Members
	if members == nil {
		members = []int64{}
	}
	return modelRow{ID: m.ID, modelFields: modelFields{Name: legible(m.Name), Kind: m.Kind, Role: string(m.Role), Version: legible(m.Version),
		Provider: l.BaseURL, ProviderModel: legible(l.Name), PromptVersion: l.PromptVersion, TrainingCutoff: date(l.TrainingCutoff),
		InputPrice: l.InputPrice, OutputPrice: l.OutputPrice, DailyBudget: l.DailyBudget, MaxTokens: l.MaxTokens,
		OldMaxTokens: l.OldMaxTokens, Members: members}}
}

func (r modelFields) toNoun(id int64) forecast.Model {
	m := forecast.Model{ID: id, Name: r.Name, Kind: r.Kind, Role: forecast.Role(r.Role), Version: r.Version,
		Language: forecast.LanguageModel{BaseURL: r.Provider, Name: r.ProviderModel, PromptVersion: r.PromptVersion,
			TrainingCutoff: market.Day(r.TrainingCutoff), InputPrice: r.InputPrice, OutputPrice: r.OutputPrice,
			DailyBudget: r.DailyBudget, MaxTokens: r.MaxTokens, OldMaxTokens: r.OldMaxTokens}}
	if len(r.Members) > 0 {
		m.Members = r.Members
	}
	for _, h := range r.Horizons {
		m.Horizons = append(m.Horizons, int(h))
	}
	return m
}

// Models returns every model, retired ones too, by id.
func (db *DB) Models(ctx context.Context) ([]forecast.Model, error) {
	var rows []modelRow
	if err := db.bun.NewSelect().Model(&rows).ColumnExpr("m.id, " + selectModel).Order("id").Scan(ctx); err != nil {
		return nil, fail(err, "models")
	}
	list := make([]forecast.Model, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun(r.ID)
	}
	return list, nil
}

// Model returns one model; NotFound when there is none.
func (db *DB) Model(ctx context.Context, id int64) (forecast.Model, error) {
	return readModel(ctx, db.bun, id)
}

func readModel(ctx context.Context, idb bun.IDB, id int64) (forecast.Model, error) {
	var row modelRow
	if err := idb.NewSelect().Model(&row).ColumnExpr("m.id, "+selectModel).Where("id = ?", id).Scan(ctx); err != nil {
		return forecast.Model{}, failOne(err, "model %d", id)
	}
	return row.toNoun(row.ID), nil
}

// CreateModel adds a model and returns it; as a champion it takes the horizons that it names. Conflict when its name is
// taken.
func (db *DB) CreateModel(ctx context.Context, m forecast.Model) (created forecast.Model, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lockRegistry(ctx, tx); err != nil {
			return err
		}
		if err := checkMembers(ctx, tx, m); err != nil {
			return err
		}
		row := modelRowOf(m)
		row.Role = string(forecast.Challenger)
		if _, err := tx.NewInsert().Model(&row).ExcludeColumn("id").Returning("id").Exec(ctx); err != nil {
			return nameTaken(err, m.Name)
		}
		m.ID = row.ID
		if err := saveRole(ctx, tx, forecast.Challenger, m); err != nil {
			return err
		}
		created, err = readModel(ctx, tx, m.ID)
		return err
	})
	return created, fail(err, "create model %q", m.Name)
}

// UpdateModel reads a model, lets edit change it and keeps the result, while no other model is changed. NotFound when
// there is none; Conflict when its new name is taken, when it would leave a horizon without a champion, or when edit
// changes what its predictions were made by.
func (db *DB) UpdateModel(ctx context.Context, id int64, edit func(*forecast.Model) error) (changed forecast.Model, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lockRegistry(ctx, tx); err != nil {
			return err
		}
		old, err := readModel(ctx, tx, id)
		if err != nil {
			return err
		}
		m := old
		if err := edit(&m); err != nil {
			return err
		}
		if err := checkUsed(ctx, tx, old, m); err != nil {
			return err
		}
		if err := checkMembers(ctx, tx, m); err != nil {
			return err
		}
		row := modelRowOf(m)
		if _, err := tx.NewUpdate().Model(&row).ExcludeColumn("role", "kind").WherePK().Exec(ctx); err != nil {
			return nameTaken(err, m.Name)
		}
		if err := saveRole(ctx, tx, old.Role, m); err != nil {
			return err
		}
		changed, err = readModel(ctx, tx, id)
		return err
	})
	return changed, failOne(err, "model %d", id)
}

// DeleteModel removes a model that never predicted, and retires any other; it reports which. Conflict for a champion, and
// for a member of a pool that is not retired.
func (db *DB) DeleteModel(ctx context.Context, id int64) (deleted bool, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lockRegistry(ctx, tx); err != nil {
			return err
		}
		m, err := readModel(ctx, tx, id)
		if err != nil {
			return err
		}
		old := m.Role
		m.Role = forecast.Retired
		if err := saveRole(ctx, tx, old, m); err != nil {
			return err
		}
		if used, err := isUsed(ctx, tx, id); err != nil || used {
			deleted = false
			return err
		}
		err = tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewRaw(`delete from model_calls where model_id = ?`, id).Exec(ctx); err != nil {
				return err
			}
			_, err := tx.NewRaw(`delete from models where id = ?`, id).Exec(ctx)
			return err
		})
		if deleted = err == nil; sqlState(err) == "23503" {
			return nil // other records name it, say what its calls cost: it stays, retired
		}
		return err
	})
	return deleted, failOne(err, "model %d", id)
}

// lockRegistry lets one change of the registry in at a time: which horizon has which champion is read and written apart.
func lockRegistry(ctx context.Context, tx bun.Tx) error {
	_, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext(current_schema()), ?)`, modelsLock)
	return err
}

// isUsed reports whether a model has predicted.
func isUsed(ctx context.Context, tx bun.Tx, id int64) (used bool, err error) {
	err = tx.NewRaw(`select exists (select from predictions where model_id = ?)`, id).Scan(ctx, &used)
	return used, err
}

// checkUsed refuses to make another model of one that has predicted.
func checkUsed(ctx context.Context, tx bun.Tx, old, m forecast.Model) error {
	a, b := old.Language, m.Language
	if m.Kind == old.Kind && m.Version == old.Version && slices.Equal(m.Members, old.Members) && a.Name == b.Name &&
		a.PromptVersion == b.PromptVersion {
		return nil
	}
	used, err := isUsed(ctx, tx, m.ID)
	if err == nil && (used || m.Kind != old.Kind) {
		err = fault.New(fault.Conflict, "what %q predicts by cannot change any more: make another model, and retire this one", old.Name)
	}
	return err
}

// checkMembers refuses a pool whose members are not there, or are pools themselves: two pools could wait for each other.
func checkMembers(ctx context.Context, tx bun.Tx, m forecast.Model) error {
	if len(m.Members) == 0 {
		return nil
	}
	var n int
	err := tx.NewRaw(`select count(*) from models where id = any(?) and kind <> 'pool' and role <> 'retired'`,
		pgdialect.Array(m.Members)).Scan(ctx, &n)
	if err == nil && n < len(m.Members) && m.Role != forecast.Retired {
		err = fault.InvalidField("members", "every member must be a model in use that is no pool")
	}
	return err
}

// saveRole writes the role that m was given; old is the one that it has. A champion takes the horizons that it names from
// whoever has them, and must keep those that it has.
func saveRole(ctx context.Context, tx bun.Tx, old forecast.Role, m forecast.Model) error {
	if old == forecast.Champion {
		var lost int
		err := tx.NewRaw(`select count(*) from champions where model_id = ? and horizon <> all(?)`, m.ID,
			pgdialect.Array(championed(m))).Scan(ctx, &lost)
		if err != nil {
			return err
		}
		if lost > 0 {
			return fault.New(fault.Conflict, "%q is the champion: make another model that of its horizons first", m.Name)
		}
	}
	if m.Role == forecast.Retired {
		return retire(ctx, tx, m)
	}
	for _, h := range championed(m) {
		_, err := tx.NewRaw(`insert into champions (horizon, model_id) values (?, ?)
			on conflict (horizon) do update set model_id = excluded.model_id`, h, m.ID).Exec(ctx)
		if err != nil {
			return err
		}
	}
	_, err := tx.NewRaw(`
		update models m set role = r.role
		from (select x.id, case when exists (select from champions c where c.model_id = x.id) then 'champion' else 'challenger' end as role
			from models x where x.role <> 'retired' or x.id = ?) r
		where r.id = m.id and m.role <> r.role`, m.ID).Exec(ctx)
	return err
}

func championed(m forecast.Model) []int {
	if m.Role != forecast.Champion {
		return []int{}
	}
	return m.Horizons
}

// retire ends a model: what it was still to predict is skipped.
func retire(ctx context.Context, tx bun.Tx, m forecast.Model) error {
	var pools int
	err := tx.NewRaw(`select count(*) from models where role <> 'retired' and ? = any(members)`, m.ID).Scan(ctx, &pools)
	if err != nil {
		return err
	}
	if pools > 0 {
		return fault.New(fault.Conflict, "%q is a member of a pool in use: change or retire that first", m.Name)
	}
	if _, err := tx.NewRaw(`update models set role = 'retired' where id = ?`, m.ID).Exec(ctx); err != nil {
		return err
	}
	_, err = tx.NewRaw(`update model_calls set state = 'skipped', note = ?, done_at = now(), decided_at = now()
		where model_id = ? and state = 'due'`, noteRetired, m.ID).Exec(ctx)
	return err
}

// noteRetired is the note of calls that were due when their model was retired.
const noteRetired = "the model was retired"

func nameTaken(err error, name string) error {
	if sqlState(err) == "23505" {
		return errors.Join(fault.New(fault.Conflict, "there is a model named %q", name), err)
	}
	return err
}

// SpeaksFor returns the horizons for which a call's predictions drive alerts: those of which its model, or the one whose
// place it takes, is the champion.
func (db *DB) SpeaksFor(ctx context.Context, c Call) ([]int, error) {
	var horizons []int
	err := db.bun.NewRaw(`select horizon from champions where model_id in (?, ?) order by horizon`, c.ModelID, c.StandsFor).Scan(ctx, &horizons)
	return horizons, fail(err, "horizons that call %d speaks for", c.CallID)
}

// StandIn has the first generation of another model's call on a story take the place of a champion's that could not be
// made, and returns it; whoever came first stays. NotFound when no such model has a call that is due or done. kinds are
// those that may stand in, the best first.
func (db *DB) StandIn(ctx context.Context, call Call, kinds []string) (ref CallRef, done bool, err error) {
	var row struct {
		callRow
		State string `bun:"state"`
	}
	err = db.bun.NewRaw(`
		update model_calls c set stands_for = ?1,
			decided_at = case when c.state = 'done' and c.stands_for is null then null else c.decided_at end
		from models m
		where m.id = c.model_id and c.id = (
			select x.id from model_calls x join models y on y.id = x.model_id
			where x.story_id = ?0 and x.generation = 1 and x.state in ('due', 'done') and y.role <> 'retired' and y.kind = any(?2)
				and (x.stands_for is null or x.stands_for = ?1)
			order by x.stands_for is not distinct from ?1 desc, array_position(?2, y.kind), y.id limit 1)
			and (c.stands_for is null or c.stands_for = ?1)
		returning c.id, c.story_id, c.model_id, m.kind, c.generation, c.origin, c.state`,
		call.StoryID, call.ModelID, pgdialect.Array(kinds)).Scan(ctx, &row)
	if err != nil {
		return CallRef{}, false, fail(err, "a call that stands in for %q on story %d", call.Model.Name, call.StoryID)
	}
	return row.toRef(), row.State == CallStateDone, nil
}

// KindUse says whether a kind of model has work to expect. Champion: somebody waits for it.
type KindUse struct {
	Kind     string
	Champion bool
}

// KindsInUse returns the kinds of the models that are not retired, or have calls that are due.
func (db *DB) KindsInUse(ctx context.Context) ([]KindUse, error) {
	var list []KindUse
	err := db.bun.NewRaw(`
		select kind, bool_or(role = 'champion') as champion from models m
		where role <> 'retired' or exists (select from model_calls c where c.state = 'due' and c.model_id = m.id)
		group by kind order by kind`).Scan(ctx, &list)
	return list, fail(err, "kinds of model in use")
}
